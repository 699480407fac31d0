import type { Person } from '../population/person.ts';

/** A hospital of the region: who it is, and how its system behaves. */
export interface Hospital {
  readonly odsCode: string;
  readonly name: string;
  readonly resourceTypes: readonly string[];
  /** What this hospital has on record of a person's identity, or null if it has no record. */
  identity(person: Person): Identity | null;
  /** What becomes of a request that concerns a person. */
  behaviour(person: Person): 'answers' | 'slow' | 'dead' | 'lies';
}

/** Who a hospital thinks a person is. */
export interface Identity {
  readonly nhsNumber: string;
  readonly familyName: string;
  readonly birthDate: string;
}

const allTypes = [
  'AllergyIntolerance',
  'Condition',
  'DiagnosticReport',
  'DocumentReference',
  'Encounter',
  'Location',
  'MedicationRequest',
  'MedicationStatement',
  'Observation',
  'Organization',
  'Patient',
  'Practitioner',
];

/** Northgate knows one person by a former surname, and another by a wrong birth date. */
export const northgate: Hospital = {
  odsCode: 'RXX01',
  name: 'Northgate General Hospital',
  resourceTypes: allTypes,
  identity: ({ nhsNumber, familyName, birthDate, situation }) => ({
    nhsNumber,
    familyName: situation === 'renamed' ? 'Formerly-Mossop' : familyName,
    birthDate: situation === 'wrong-birth-date' ? '1951-12-30' : birthDate,
  }),
  behaviour: () => 'answers',
};

/**
 * Eastfield has no documents, still indexes a person by their superseded number, lost one's record, and is slow, dead or
 * lying for one person each.
 */
export const eastfield: Hospital = {
  odsCode: 'RXX02',
  name: 'Eastfield Infirmary',
  resourceTypes: allTypes.filter((type) => type !== 'DocumentReference'),
  identity: ({ nhsNumber, familyName, birthDate, situation, supersededNumbers }) =>
    situation === 'no-record'
      ? null
      : { nhsNumber: supersededNumbers[0] ?? nhsNumber, familyName, birthDate },
  behaviour({ situation }) {
    if (situation === 'slow-provider') return 'slow';
    if (situation === 'dead-provider') return 'dead';
    return situation === 'lying-provider' ? 'lies' : 'answers';
  },
};
