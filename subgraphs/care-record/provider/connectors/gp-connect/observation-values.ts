import { type Json, list, object, type Resource } from './json.ts';
import type { Concept, ValueReader } from './value-reader.ts';

/** What was found: shared by `Result` and `ResultMember` in entries.graphql. */
export interface ObservationValue {
  readonly value: string | null;
  readonly unit: string | null;
  readonly range: string | null;
  readonly interpretation: Concept | null;
  readonly note: string | null;
}

/** One member of a group, in the fields of `ResultMember`. */
export interface ResultMember extends ObservationValue {
  readonly code: Concept | null;
}

/** The value of an Observation or one of its components; `comment` is a note, or the result itself where it is narrative. */
export function observationValue(observation: Json, read: ValueReader): ObservationValue {
  const { value, unit } = measured(observation, read);
  const comment = read.text(observation.comment);
  return {
    value: value ?? comment,
    unit,
    range: ranges(observation, read),
    interpretation: read.concept(list(observation.interpretation)[0]),
    note: value === null ? null : comment,
  };
}

/** The single results among the parts of an entry, groups flattened; a group's own name stays as one of them. */
export function resultMembers(
  root: Resource | null,
  parts: readonly Resource[],
  read: ValueReader,
): readonly ResultMember[] {
  const observations = parts.filter(({ resourceType }) => resourceType === 'Observation');
  const ofRoot = root ? list(root.component).map(object) : [];
  const ofParts = observations.flatMap((one) => [one, ...list(one.component).map(object)]);
  return [...ofRoot, ...ofParts].map((one) => ({
    code: read.concept(one.code),
    ...observationValue(one, read),
  }));
}

function measured(
  observation: Json,
  read: ValueReader,
): { readonly value: string | null; readonly unit: string | null } {
  const { valueQuantity, valueCodeableConcept, valueRange } = observation;
  if (valueQuantity !== undefined) {
    const { comparator, value, unit, code } = object(valueQuantity);
    const number = read.number(value);
    const compared = number === null ? null : `${read.text(comparator) ?? ''}${number}`;
    return { value: compared, unit: read.text(unit) ?? read.text(code) };
  }
  if (valueCodeableConcept !== undefined) {
    const concept = read.concept(valueCodeableConcept);
    return { value: concept?.text ?? concept?.codings[0]?.code ?? null, unit: null };
  }
  if (valueRange !== undefined) return { value: between(object(valueRange), read), unit: null };
  return { value: plain(observation, read), unit: null };
}

/** A value that is one word or number; any other kind is counted as unreadable. */
function plain(observation: Json, read: ValueReader): string | null {
  const name = Object.keys(observation).find((key) => /^value[A-Z]/.test(key));
  const value = name === undefined ? undefined : observation[name];
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'number' ? read.number(value) : read.text(value);
}

function ranges(observation: Json, read: ValueReader): string | null {
  const words = list(observation.referenceRange).map((one) => {
    const range = object(one);
    const limits = read.text(range.text) ?? between(range, read);
    const kind = read.concept(range.type)?.text;
    return limits !== null && kind ? `${kind}: ${limits}` : limits;
  });
  return words.filter((range) => range !== null).join('; ') || null;
}

function between({ low, high }: Json, read: ValueReader): string | null {
  const [from, to] = [limit(low, read), limit(high, read)];
  if (from !== null && to !== null) return `${from} - ${to}`;
  if (from !== null) return `>= ${from}`;
  return to === null ? null : `<= ${to}`;
}

function limit(quantity: unknown, read: ValueReader): string | null {
  const { value, unit } = object(quantity);
  const [number, words] = [read.number(value), read.text(unit)];
  return number === null || words === null ? number : `${number} ${words}`;
}
