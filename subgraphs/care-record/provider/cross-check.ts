import type { TracedPatient } from '../../../consent-policy/access-context.ts';
import { isCalendarDate } from './calendar-date.ts';
import { type Warning, warnings } from './warnings.ts';

/** What a provider says of the person whose record it gives. */
export interface ClaimedPerson {
  readonly nhsNumber: string | null;
  readonly birthDate: string | null;
  readonly familyName: string | null;
}

/**
 * Compares the person a provider answered about with the one PDS traced (GP Connect: "SHALL cross-check"). Another NHS
 * number or birth date means another person; people change their names, so a name that differs is a warning.
 */
export function crossCheck(
  traced: TracedPatient,
  claimed: ClaimedPerson,
): { readonly samePerson: boolean; readonly warnings: readonly Warning[] } {
  const found: Warning[] = [];
  const number = claimed.nhsNumber?.replaceAll(' ', '') ?? null;
  const known = number !== null && [traced.nhsNumber, ...traced.formerNhsNumbers].includes(number);
  if (!known) return { samePerson: false, warnings: [] };
  if (number !== traced.nhsNumber) found.push(warnings.formerNumber);
  const [born, bornAsTraced] = [dayOf(claimed.birthDate), dayOf(traced.birthDate)];
  if (born === null || bornAsTraced === null) found.push(warnings.birthDateMissing);
  else if (!datesAgree(born, bornAsTraced)) return { samePerson: false, warnings: [] };
  if (fold(claimed.familyName) !== fold(traced.familyName)) found.push(warnings.nameDiffers);
  return { samePerson: true, warnings: found };
}

/** The year, month or day of a date, with or without a time; null for what is none, which agrees with nothing. */
function dayOf(date: string | null): string | null {
  const day = /^(\d{4}-\d\d-\d\d)(?:T.*)?$/.exec(date ?? '')?.[1] ?? date;
  return day !== null && isCalendarDate(day) ? day : null;
}

/** Partial dates agree as far as both go: 1962 and 1962-04-01 do. */
function datesAgree(one: string, other: string): boolean {
  const length = Math.min(one.length, other.length);
  return one.slice(0, length) === other.slice(0, length);
}

function fold(name: string | null): string {
  return (name ?? '')
    .normalize('NFKD')
    .replace(/\p{M}|[^\p{L}]/gu, '')
    .toLowerCase();
}
