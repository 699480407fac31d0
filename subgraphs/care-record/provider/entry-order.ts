/** FHIR date or dateTime: a year, a month, a day, or a moment; without a zone it is read as UTC. */
const isoDate = /^(\d{4}(?:-\d{2}(?:-\d{2})?)?)(?:T(\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * Where a clinical date stands in the order of a section, in milliseconds since 1970. A partial date stands at its beginning
 * (`2019` is 1 January 2019); no date, or words, is negative infinity. Does NOT read what only `Date.parse` would understand,
 * since that differs with the machine's time zone.
 */
export function instantOf(order: string | null): number {
  const [, day, time, zone = 'Z'] = isoDate.exec(order ?? '') ?? [];
  const instant = Date.parse(time === undefined ? (day ?? '') : `${day}T${time}${zone}`);
  return Number.isNaN(instant) ? Number.NEGATIVE_INFINITY : instant;
}
