import type { EntryDraft } from '../../connector.ts';
import type { Concept } from './element-reader.ts';
import { unlabelled } from './label.ts';
import { type Element, isElement, type Resource } from './resource.ts';
import { entryOf, type SectionReader } from './section-reader.ts';

/** Courses of therapy as EPS R4 writes them: repeat prescribing and repeat dispensing are repeats. */
const repeats: ReadonlyMap<string | null, boolean> = new Map([
  ['acute', false],
  ['continuous', true],
  ['continuous-repeat-dispensing', true],
]);

/** The Medication that an entry is about. */
export function medicationParts({ medicationReference }: Element): readonly Element[] {
  return isElement(medicationReference) ? [medicationReference] : [];
}

/**
 * A MedicationRequest or MedicationStatement as a Medication; null, and noted, for a request *not* to give one: among medicines
 * it would look like one that is given to whoever does not read the one field that says otherwise. Anything but a plain no counts.
 */
export function medication(resource: Resource, read: SectionReader): EntryDraft | null {
  if (resource.doNotPerform !== undefined && resource.doNotPerform !== false)
    return read.notCarried(resource);
  return resource.resourceType === 'MedicationRequest' ? requested(resource, read) : stated(resource, read);
}

function requested(request: Resource, read: SectionReader): EntryDraft {
  const authoredOn = read.date(request.authoredOn);
  const prescriber = read.name(request.requester, request);
  const doses = read.list(request.dosageInstruction);
  const bounds = boundsOf(doses, read);
  const validity = read.object(read.object(request.dispenseRequest).validityPeriod);
  const author = read.name(request.recorder, request) ?? prescriber;
  return entry(request, read, doses, {
    frame: { order: authoredOn ?? bounds.start, author, recordedAt: authoredOn },
    intent: read.text(request.intent),
    started: bounds.start ?? read.date(validity.start),
    ended: bounds.end ?? read.date(validity.end),
    repeat: repeats.get(read.code(request.courseOfTherapyType)) ?? null,
    prescriber,
  });
}

function stated(statement: Resource, read: SectionReader): EntryDraft {
  read.oneOf(statement, 'effective');
  const period = read.object(statement.effectivePeriod);
  const started = read.date(statement.effectiveDateTime) ?? read.date(period.start);
  const recordedAt = read.date(statement.dateAsserted);
  const author = read.name(statement.informationSource, statement);
  return entry(statement, read, read.list(statement.dosage), {
    frame: { order: started ?? recordedAt, author, recordedAt },
    intent: null,
    started,
    ended: read.date(period.end),
    repeat: null,
    prescriber: null,
  });
}

interface Course {
  readonly frame: {
    readonly order: string | null;
    readonly author: string | null;
    readonly recordedAt: string | null;
  };
  readonly intent: string | null;
  readonly started: string | null;
  readonly ended: string | null;
  readonly repeat: boolean | null;
  readonly prescriber: string | null;
}

function entry(
  resource: Resource,
  read: SectionReader,
  doses: readonly Element[],
  { frame, ...course }: Course,
): EntryDraft {
  const { code, parts } = medicineOf(resource, read);
  return entryOf(
    resource,
    read,
    { ...frame, parts },
    {
      code,
      dose: doseOf(doses, read),
      route: doses.map(({ route }) => read.concept(route)).find((route) => route !== null) ?? null,
      status: read.text(resource.status),
      ...course,
      reason: read.reason(resource),
      note: read.notes(resource.note),
    },
  );
}

function medicineOf(
  resource: Resource,
  read: SectionReader,
): { readonly code: Concept | null; readonly parts: readonly Element[] } {
  const { medicationCodeableConcept, medicationReference } = resource;
  read.oneOf(resource, 'medication');
  if (!isElement(medicationReference)) return { code: read.concept(medicationCodeableConcept), parts: [] };
  const medicine = read.part(medicationReference, resource);
  if (medicine !== null && !read.shared.allows(medicine)) return { code: null, parts: [unlabelled] };
  const code = read.concept(medicine?.code) ?? read.displayedConcept(medicationReference);
  if (code === null) read.notCarried(medicationReference);
  return { code, parts: medicine === null ? [] : [medicine] };
}

/** As written; structured doses are not put into words here, since words of ours could be read as the prescriber's. */
function doseOf(doses: readonly Element[], read: SectionReader): string | null {
  const written = doses.flatMap(
    ({ text, patientInstruction }) => read.text(text) ?? read.text(patientInstruction) ?? [],
  );
  if (written.length < doses.length && doses.some(({ doseAndRate }) => doseAndRate !== undefined)) {
    read.unreadable = true;
  }
  return written.length === 0 ? null : written.join('; ');
}

function boundsOf(
  doses: readonly Element[],
  read: SectionReader,
): { readonly start: string | null; readonly end: string | null } {
  const bounds = doses
    .map(({ timing }) => read.object(read.object(read.object(timing).repeat).boundsPeriod))
    .find(({ start, end }) => start !== undefined || end !== undefined);
  return { start: read.date(bounds?.start), end: read.date(bounds?.end) };
}
