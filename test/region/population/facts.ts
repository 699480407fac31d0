import { people } from './people.ts';

/** A row of `relationships.yaml`: on what fact an organisation cares for a person, and until when. */
export interface RelationshipFact {
  readonly nhsNumber: string;
  readonly organisation: string;
  readonly basis: 'encounter' | 'referral' | 'caseload';
  readonly issuer: string;
  readonly validUntil: string | null;
}

/** A row of `preferences.yaml`: what a person has told the region. */
export interface PreferenceFact {
  readonly nhsNumber: string;
  readonly kind: 'dissent';
  readonly scope: 'region';
}

const bases: Readonly<Record<string, RelationshipFact['basis']>> = {
  RXX01: 'encounter',
  RXX02: 'encounter',
  '999': 'caseload',
  RXX09: 'encounter',
  RYY01: 'encounter',
  FXX01: 'referral',
  RXX05: 'referral',
  VXX01: 'referral',
  TXX01: 'referral',
};

/** Whom the organisations of the region care for: everybody but `unrelated`, whose one relationship has run out. */
export function relationships(): RelationshipFact[] {
  return people.flatMap(({ nhsNumber, situation, restricted, registeredPractice }) =>
    situation === 'unrelated'
      ? [relationship(nhsNumber, 'RXX01', 'encounter', '2024-06-30')]
      : [
          ...Object.entries(bases).map(([odsCode, basis]) => relationship(nhsNumber, odsCode, basis, null)),
          // PDS does not tell a restricted person's practice, so that the practice's own caseload does.
          ...(restricted ? [relationship(nhsNumber, registeredPractice, 'caseload', null)] : []),
        ],
  );
}

/** Who has dissented to the shared record with the region itself. */
export function preferences(): PreferenceFact[] {
  return people
    .filter(({ situation }) => situation === 'regional-dissent')
    .map(({ nhsNumber }) => ({ nhsNumber, kind: 'dissent', scope: 'region' }));
}

function relationship(
  nhsNumber: string,
  organisation: string,
  basis: RelationshipFact['basis'],
  validUntil: string | null,
): RelationshipFact {
  return { nhsNumber, organisation, basis, issuer: `${organisation} patient administration`, validUntil };
}
