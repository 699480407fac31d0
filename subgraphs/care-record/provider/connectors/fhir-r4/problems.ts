import type { EntryDraft } from '../../connector.ts';
import type { ElementReader } from './element-reader.ts';
import { type Element, elements, type Resource } from './resource.ts';
import { entryOf, type SectionReader } from './section-reader.ts';

/** Verifications that take the statement back, so that its clinical status must not be shown. */
const takenBack: ReadonlySet<string> = new Set(['entered-in-error', 'refuted']);

/** A Condition of any category (problem-list-item, encounter-diagnosis) as a Problem. */
export function problem(condition: Resource, read: SectionReader): EntryDraft {
  read.oneOf(condition, 'onset');
  read.oneOf(condition, 'abatement');
  const began = read.date(condition.onsetDateTime) ?? read.date(read.object(condition.onsetPeriod).start);
  const recordedAt = read.date(condition.recordedDate);
  const author = read.name(condition.recorder, condition) ?? read.name(condition.asserter, condition);
  return entryOf(
    condition,
    read,
    { order: began ?? recordedAt, author, recordedAt },
    {
      code: read.concept(condition.code),
      ...verifiedStatus(condition, read),
      onset: began ?? onsetInWords(condition, read),
      end: endOf(condition, read),
      significance: significanceOf(condition, read),
      note: read.notes(condition.note),
    },
  );
}

/** Whether the statement holds. */
export interface VerifiedStatus {
  /** The clinical status, or the verification where that takes the statement back. */
  readonly status: string | null;
  readonly verification: string | null;
}

/** A verification in several code systems takes the statement back if it does so in one of them. */
export function verifiedStatus(
  { clinicalStatus, verificationStatus }: Element,
  read: ElementReader,
): VerifiedStatus {
  const codes = read.codes(verificationStatus);
  const back = codes.find((code) => takenBack.has(code)) ?? null;
  const clinical = read.code(clinicalStatus);
  return { status: back ?? clinical, verification: back ?? codes[0] ?? read.words(verificationStatus) };
}

/** An onset that was sent as an age, a range of ages or words. */
export function onsetInWords(
  { onsetAge, onsetRange, onsetString }: Element,
  read: ElementReader,
): string | null {
  const words = read.text(onsetString);
  if (words !== null) return words;
  const age = onsetAge === undefined ? ageRange(read.object(onsetRange), read) : ageOf(onsetAge, read);
  return age === '' ? null : `at age ${age}`;
}

function ageRange({ low, high }: Element, read: ElementReader): string {
  return [ageOf(low, read), ageOf(high, read)].filter((age) => age !== '').join(' to ');
}

function ageOf(quantity: unknown, read: ElementReader): string {
  const { value, unit, code } = read.object(quantity);
  return [read.decimal(value), read.text(unit) ?? read.text(code)].filter((word) => word !== null).join(' ');
}

/** The field holds a date; an age or words have no place in it. */
function endOf(condition: Resource, read: ElementReader): string | null {
  const { abatementDateTime, abatementPeriod, abatementAge, abatementRange, abatementString } = condition;
  const { start, end } = read.object(abatementPeriod);
  for (const other of [abatementAge, abatementRange, abatementString]) read.notCarried(other);
  return read.date(abatementDateTime) ?? read.date(end) ?? read.date(start);
}

/** The problem's significance, as the extension that UK Core took over from CareConnect says it. */
function significanceOf({ extension }: Element, read: ElementReader): string | null {
  const found = elements(extension).find(
    ({ url }) => typeof url === 'string' && /ProblemSignificance(-1)?$/.test(url),
  );
  return found === undefined ? null : (read.text(found.valueCode) ?? read.code(found.valueCodeableConcept));
}
