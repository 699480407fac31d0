import type { Code } from '../../population/codes.ts';
import { between, mark, seeded } from '../../population/seed.ts';
import {
  at,
  concept,
  doctorReference,
  made,
  type PatientRecord,
  patientReference,
  type Resource,
} from '../stu3.ts';
import { type Area, snomed } from './area.ts';

/** Whatever is in no other area; here too stands what the patient said about sharing. */
export const uncategorised: Area = {
  parameter: 'includeUncategorisedData',
  parts: [],
  content: (record) => ({
    lists: [
      {
        title: 'Uncategorised data',
        coding: snomed('826501000000100', 'Miscellaneous record'),
        items: [weight(record), ...sharing(record)],
      },
    ],
    others: [],
  }),
};

const consent: Code = {
  code: '417528008',
  display: 'Consent given for upload to local shared electronic record',
};
const dissent: Code = {
  code: '416409005',
  display: 'Refused consent for upload to local shared electronic record',
};

/** What each situation's person has said, and when. */
const said: Readonly<Record<string, readonly (readonly [Code, string])[]>> = {
  'gp-dissent': [
    [consent, '2019-03-04'],
    [dissent, '2024-06-18'],
  ],
  'gp-dissent-same-day': [
    [consent, '2023-05-09'],
    [dissent, '2023-05-09'],
  ],
  'gp-consent-later': [
    [dissent, '2018-11-20'],
    [consent, '2024-02-27'],
  ],
};

function sharing(record: PatientRecord): Resource[] {
  return (said[record.person.situation] ?? []).map(([code, date], index) =>
    observation(record, `sharing-${index}`, date, { code: concept(code) }),
  );
}

function weight(record: PatientRecord): Resource {
  const next = seeded(`weight/${record.practice.odsCode}/${record.person.nhsNumber}`);
  return observation(record, 'weight', '2025-09-16', {
    code: concept({ code: '27113001', display: 'Body weight' }),
    valueQuantity: { value: between(next, 48, 104), unit: 'kg' },
    comment: `weighed in outdoor shoes (${mark(next)})`,
  });
}

function observation(record: PatientRecord, name: string, date: string, elements: object): Resource {
  return made(record, 'Observation', name, {
    status: 'final',
    subject: patientReference(record),
    effectiveDateTime: at(date),
    issued: at(date),
    performer: [doctorReference(record)],
    ...elements,
  });
}
