import { createHash } from 'node:crypto';
import type { Person } from '../population/person.ts';

/** One pointer of the National Record Locator: this organisation holds a record of this person. */
export interface Pointer {
  readonly nhsNumber: string;
  readonly custodian: string;
}

const hospitals = ['RXX01', 'RXX02'];
const snomed = 'http://snomed.info/sct';
const nhsNumberSystem = 'https://fhir.nhs.uk/Id/nhs-number';
const odsSystem = 'https://fhir.nhs.uk/Id/ods-organization-code';

/** The hospitals' pointers, by each number that a person goes or went by. */
export function pointersTo(people: readonly Person[]): readonly Pointer[] {
  return people.flatMap(({ nhsNumber, supersededNumbers, heldBy }) =>
    [nhsNumber, ...supersededNumbers].flatMap((number) =>
      hospitals
        .filter((hospital) => heldBy.includes(hospital))
        .map((custodian) => ({ nhsNumber: number, custodian })),
    ),
  );
}

/** A pointer as the consumer API gives it (R4 DocumentReference). */
export function documentReference({ nhsNumber, custodian }: Pointer) {
  const organisation = { identifier: { system: odsSystem, value: custodian } };
  return {
    resourceType: 'DocumentReference',
    id: pointerId(nhsNumber, custodian),
    meta: { lastUpdated: '2026-01-05T08:00:00.000Z' },
    status: 'current',
    docStatus: 'final',
    type: concept('824321000000109', 'Summary record'),
    category: [concept('823651000000106', 'Clinical note')],
    subject: { identifier: { system: nhsNumberSystem, value: nhsNumber } },
    date: '2026-01-05T08:00:00.000Z',
    author: [organisation],
    custodian: organisation,
    content: [
      {
        attachment: {
          contentType: 'application/fhir+json',
          url: `https://${custodian.toLowerCase()}.example/r4`,
        },
        format: {
          system: 'https://fhir.nhs.uk/England/CodeSystem/England-NRLFormatCode',
          code: 'urn:nhs-ic:structured',
          display: 'Structured Document',
        },
      },
    ],
  };
}

/** The custodian's code and a part of its own; it does not give the NHS number away. */
function pointerId(nhsNumber: string, custodian: string): string {
  return `${custodian}-${createHash('sha256').update(nhsNumber).digest('hex').slice(0, 20)}`;
}

function concept(code: string, display: string) {
  return { coding: [{ system: snomed, code, display }] };
}
