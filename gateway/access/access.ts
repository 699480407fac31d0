import type { AccessContext, TracedPatient } from '../../consent-policy/access-context.ts';
import { englishDate } from '../../consent-policy/english-date.ts';
import { factsOf } from '../../consent-policy/facts.ts';
import type { Decision, Policy } from '../../consent-policy/policy.ts';
import { isNhsNumber } from '../../subgraphs/nhs-number.ts';
import { GatewayFault } from '../fault.ts';
import type { Identity } from '../identity.ts';
import type { Access } from '../passage.ts';
import type { Store } from '../store/store.ts';
import type { PersonTrace } from './person-trace.ts';
import { regionalDissentOf, relationshipOf } from './recorded-facts.ts';

/** What the stage rests on. */
export interface AccessHouse {
  readonly policy: Policy;
  readonly trace: PersonTrace;
  readonly store: Store;
  readonly now: () => Date;
}

/**
 * Stage 3: from an NHS number to leave to see that person's record, or INVALID_NHS_NUMBER, PATIENT_NOT_FOUND,
 * NO_RELATIONSHIP, ACCESS_REFUSED, PERSON_TRACE_UNAVAILABLE.
 */
export async function grantAccess(
  house: AccessHouse,
  identity: Identity,
  nhsNumber: string,
  correlationId: string,
): Promise<Access> {
  refuseBeforeTheTrace(house.policy, identity, nhsNumber, correlationId);
  const { patient, person } = await house.trace(nhsNumber, correlationId);
  const today = englishDate(house.now());
  const [relationship, dissent] = await Promise.all([
    relationshipOf(house.store, identity, patient, today),
    regionalDissentOf(house.store, patient),
  ]);
  const context = { ...standing(identity, correlationId), relationship, patient, dissent };
  refuseUnlessAllowed(house.policy.decide(factsOf(context, 'person')));
  return { context, person };
}

/** The number as a string of ten digits with a right check digit, or INVALID_NHS_NUMBER. */
export function checkedNhsNumber(sent: unknown): string {
  if (!isNhsNumber(sent)) throw new GatewayFault('INVALID_NHS_NUMBER');
  return sent;
}

/**
 * Decides first with the facts about the patient at their most open. What is refused then is refused whatever PDS would say, so
 * that nobody without standing here learns whether a number belongs to somebody; a patient asks with the number of their token.
 */
function refuseBeforeTheTrace(
  policy: Policy,
  identity: Identity,
  nhsNumber: string,
  correlationId: string,
): void {
  const ownRelationship = identity.ownNhsNumber === nhsNumber ? 'self' : 'none';
  const context: AccessContext = {
    ...standing(identity, correlationId),
    relationship: identity.requester.role === 'patient' ? ownRelationship : 'registered-practice',
    patient: openPatient,
    dissent: 'none',
  };
  refuseUnlessAllowed(policy.decide(factsOf(context, 'person')));
}

const openPatient: TracedPatient = {
  nhsNumber: '',
  formerNhsNumbers: [],
  birthDate: null,
  familyName: null,
  state: 'ordinary',
  registeredPractice: null,
};

function standing({ requester, purpose, training }: Identity, correlationId: string) {
  return { requester, purpose, training, correlationId };
}

/** Rules about the requester alone may be named to them; what is about the patient may not. */
const reasonsOfTheRequester: Readonly<Record<string, string>> = {
  training: 'your information-governance training has lapsed or is not known',
  purpose: 'the purpose of use is not stated, or not one of your role',
};

/** Everyone who may see anything of a person may see who they are, so that `person` decides on the access as a whole. */
function refuseUnlessAllowed({ allowed, policies }: Decision): void {
  if (allowed) return;
  // Whoever does not care for a person does not learn more of them, such as that they are restricted.
  if (policies.includes('relationship')) throw new GatewayFault('NO_RELATIONSHIP', { policies });
  const reasons = policies.flatMap((id) => reasonsOfTheRequester[id] ?? []);
  const detail = reasons.length > 0 ? { detail: reasons.join('; ') } : {};
  throw new GatewayFault('ACCESS_REFUSED', { policies, ...detail });
}
