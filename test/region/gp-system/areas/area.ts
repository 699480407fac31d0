import type { PatientRecord, Resource } from '../stu3.ts';

/** One clinical area of the structured record: what a consumer asks for with one `include…` parameter. */
export interface Area {
  readonly parameter: string;
  /** The part parameters that this system honours; `required` ones must be given. */
  readonly parts: readonly { readonly name: string; readonly required: boolean }[];
  content(record: PatientRecord, parts: ReadonlyMap<string, unknown>): AreaContent;
}

/** The lists of an area, and the resources that the listed ones refer to. */
export interface AreaContent {
  readonly lists: readonly Listed[];
  readonly others: readonly Resource[];
}

/** One list, before warnings and dates. */
export interface Listed {
  readonly title: string;
  readonly coding: Readonly<Record<string, string>>;
  readonly items: readonly Resource[];
}

/** The coding of a primary list. */
export function snomed(code: string, display: string): Readonly<Record<string, string>> {
  return { system: 'http://snomed.info/sct', code, display };
}

/** A list whose title is its code's display. */
export function listed(code: string, title: string, items: readonly Resource[]): Listed {
  return { title, coding: snomed(code, title), items };
}
