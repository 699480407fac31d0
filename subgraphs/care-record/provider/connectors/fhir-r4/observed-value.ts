import type { ElementReader } from './element-reader.ts';
import type { Element } from './resource.ts';

/** A result: a number, or words, and the unit of a number. */
export interface ObservedValue {
  readonly value: string | null;
  readonly unit: string | null;
}

type ValueReader = (value: unknown, read: ElementReader) => ObservedValue;

/** The choice of types of Observation.value[x] (FHIR R4, 10.1.4); SampledData, a wave form, has no words. */
const choices: ReadonlyMap<string, ValueReader> = new Map<string, ValueReader>([
  ['valueQuantity', quantity],
  ['valueCodeableConcept', (value, read) => words(read.words(value))],
  ['valueString', (value, read) => words(read.text(value))],
  [
    'valueBoolean',
    (value, read) => words(typeof value === 'boolean' ? String(value) : read.notCarried(value)),
  ],
  ['valueInteger', (value, read) => words(read.decimal(value))],
  ['valueRange', range],
  ['valueRatio', ratio],
  ['valueTime', (value, read) => words(read.text(value))],
  ['valueDateTime', (value, read) => words(read.date(value))],
  ['valuePeriod', period],
  ['valueSampledData', (value, read) => words(read.notCarried(value))],
]);

/** The value of an Observation or of one of its components; without one, the source's words for why there is none. */
export function observedValue(observation: Element, read: ElementReader): ObservedValue {
  read.oneOf(observation, 'value');
  for (const [choice, reader] of choices) {
    if (observation[choice] !== undefined) return reader(observation[choice], read);
  }
  for (const key of Object.keys(observation)) if (/^value[A-Z]/.test(key)) read.notCarried(observation[key]);
  return words(read.words(observation.dataAbsentReason));
}

function words(value: string | null): ObservedValue {
  return { value, unit: null };
}

function quantity(value: unknown, read: ElementReader): ObservedValue {
  const { value: number, comparator, unit, code } = read.object(value);
  const amount = read.decimal(number);
  const sign = read.text(comparator);
  return {
    value: amount === null || sign === null ? amount : `${sign} ${amount}`,
    unit: read.text(unit) ?? read.text(code),
  };
}

function range(value: unknown, read: ElementReader): ObservedValue {
  const { low, high } = read.object(value);
  const from = quantity(low, read);
  const to = quantity(high, read);
  if (from.value !== null && to.value !== null) {
    return { value: `${from.value} to ${to.value}`, unit: from.unit ?? to.unit };
  }
  const sign = from.value === null ? '≤' : '≥';
  const known = from.value === null ? to : from;
  return { value: known.value === null ? null : `${sign} ${known.value}`, unit: known.unit };
}

/** Both quantities with their units, since a titre such as 1:64 and an amount per time are written alike. */
function ratio(value: unknown, read: ElementReader): ObservedValue {
  const { numerator, denominator } = read.object(value);
  const terms = [quantity(numerator, read), quantity(denominator, read)].map(({ value: amount, unit }) =>
    [amount, unit].filter((word) => word !== null).join(' '),
  );
  return words(terms.some((term) => term === '') ? read.notCarried(value) : terms.join(' : '));
}

function period(value: unknown, read: ElementReader): ObservedValue {
  const { start, end } = read.object(value);
  const known = [read.date(start), read.date(end)].filter((date) => date !== null);
  return words(known.length === 0 ? null : known.join(' to '));
}
