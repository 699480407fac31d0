import type { Section } from '../../../../../consent-policy/vocabulary.ts';
import type { EntryItem } from '../../connector.ts';
import type { Warning } from '../../warnings.ts';
import { allergies } from './allergies.ts';
import { documents } from './documents.ts';
import { encounters } from './encounters.ts';
import type { Json, Resource } from './json.ts';
import { medications } from './medications.ts';
import { problems } from './problems.ts';
import type { StructuredRecord } from './record.ts';
import { results } from './results.ts';
import type { ValueReader } from './value-reader.ts';

/** An entry found in a record: the resource it is, and those that are parts of it. */
export interface Found {
  readonly root: Resource;
  readonly parts: readonly Resource[];
}

/** How one section stands in a structured record; each has a file of its own with this one shape. */
export interface ClinicalArea {
  /** The parameter of `$gpc.getstructuredrecord` that asks for it, as a `Parameters.parameter`. */
  readonly parameter: Json & { readonly name: string };
  /** Code of the primary List, which is there whenever the area was asked for, even empty. */
  readonly primaryList: string;
  /** Codes of further Lists whose warnings are about this area's entries. */
  readonly furtherLists: RegExp;
  /** Whether a resource that is another patient's would be an entry here. */
  holds(resource: Resource): boolean;
  /** Asked for as well, for a system that does not know `parameter`: gives some of the entries, and says so. */
  readonly fallback?: { readonly parameter: ClinicalArea['parameter']; readonly warning: Warning };
  /** Finds one entry at a time, so that whoever reads them can stop; each costs no more than the record's size. */
  find(record: StructuredRecord): Iterable<Found>;
  /** The entry's clinical date and its fields, as in entries.graphql. */
  translate(found: Found, record: StructuredRecord, read: ValueReader): Translated;
}

/** An entry without identity and label. */
export interface Translated {
  readonly order: string | null;
  readonly item: EntryItem;
}

/** The sections that GP Connect Access Record Structured carries. */
export const clinicalAreas: ReadonlyMap<Section, ClinicalArea> = new Map<Section, ClinicalArea>([
  ['problems', problems],
  ['medications', medications],
  ['allergies', allergies],
  ['results', results],
  ['encounters', encounters],
  ['documents', documents],
]);
