import type { TracedPatient } from '../../../../../consent-policy/access-context.ts';
import { type Connector, emptyAnswer, type SectionAnswer, type SystemCall } from '../../connector.ts';
import { crossCheck } from '../../cross-check.ts';
import type { Warning } from '../../warnings.ts';
import { activePatients, claimedPerson, type Subject, subjectOf } from './patient.ts';
import { gather, type SearchResult, searchPatient } from './read.ts';
import { plans, type SectionPlan, type Shortfall, translate } from './translate.ts';

/** UK Core R4 over the FHIR REST API: a search for the patient, then one or two searches a section. */
export const fhirR4: Connector = {
  sections: [...plans.keys()],
  read(call, wanted) {
    let started: Promise<Found> | undefined;
    const patient = () => {
      started ??= findPatient(call);
      return started;
    };
    return new Map(wanted.map((section) => [section, readSection(call, plans.get(section), patient)]));
  },
};

/** The patient at this server, or the answer that stands for every section without one. */
type Found = FoundPatient | { readonly answer: SectionAnswer };

interface FoundPatient {
  readonly subject: Subject;
  readonly warnings: readonly Warning[];
  /** What was already missing when the patient was looked up is missing from every section. */
  readonly shortfalls: ReadonlySet<Shortfall>;
}

async function readSection(
  { http }: SystemCall,
  plan: SectionPlan | undefined,
  patient: () => Promise<Found>,
): Promise<SectionAnswer> {
  if (plan === undefined) return emptyAnswer('NOT_HELD');
  const found = await patient();
  if ('answer' in found) return found.answer;
  const gathered = await gather(http, plan, found.subject);
  if (gathered === null) return emptyAnswer('WITHHELD', ...found.warnings);
  const shortfalls = new Set([...found.shortfalls, ...gathered.shortfalls]);
  return translate(plan, { ...gathered, shortfalls }, found.warnings);
}

/** By the current NHS number, or else by those that it superseded and that the provider may still index. */
async function findPatient({ http, access: { patient } }: SystemCall): Promise<Found> {
  const current = await searchPatient(http, [patient.nhsNumber]);
  const former = patient.formerNhsNumbers;
  const found = current.withheld || former.length === 0 || activePatients(current.matches).length > 0;
  return identify(found ? current : await searchPatient(http, former), patient);
}

function identify(result: SearchResult, traced: TracedPatient): Found {
  if (result.withheld) return { answer: emptyAnswer('WITHHELD') };
  const [match, other] = activePatients(result.matches);
  // Between several records of one person nobody may choose here.
  if (match === undefined || other !== undefined) return { answer: emptyAnswer('NO_RECORD_GIVEN') };
  const check = crossCheck(traced, claimedPerson(match.resource, traced));
  if (!check.samePerson) return { answer: emptyAnswer('INVALID_ANSWER') };
  return { subject: subjectOf(match, traced), warnings: check.warnings, shortfalls: result.shortfalls };
}
