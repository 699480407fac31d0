import type { Report } from '../../population/history.ts';
import {
  at,
  concept,
  doctorReference,
  made,
  type PatientRecord,
  patientReference,
  type Resource,
  referTo,
} from '../stu3.ts';
import { type Area, listed } from './area.ts';

/** A report for each group of tests, with its specimen, the group and the single results. */
export const investigations: Area = {
  parameter: 'includeInvestigations',
  parts: [],
  content(record) {
    const groups = record.history.reports.map((report) => groupOf(record, report));
    return {
      lists: [
        listed(
          '887191000000108',
          'Investigations and results',
          groups.map(({ report }) => report),
        ),
      ],
      others: groups.flatMap(({ specimen, header, results }) => [specimen, header, ...results]),
    };
  },
};

interface Group {
  readonly report: Resource;
  readonly specimen: Resource;
  readonly header: Resource;
  readonly results: readonly Resource[];
}

function groupOf(record: PatientRecord, held: Report): Group {
  const specimen = specimenOf(record, held);
  const results = held.tests.map((test, index) => result(record, held, test, index, specimen));
  const header = observation(record, held, `${held.id}-group`, {
    code: concept(held.code, held.text),
    specimen: referTo(specimen),
    related: results.map((single) => ({ type: 'has-member', target: referTo(single) })),
  });
  const report = made(record, 'DiagnosticReport', held.id, {
    status: 'final',
    category: { coding: [{ system: 'http://hl7.org/fhir/v2/0074', code: 'HM', display: 'Hematology' }] },
    code: concept(held.code, held.text),
    subject: patientReference(record),
    issued: at(held.date),
    performer: [{ actor: doctorReference(record) }],
    specimen: [referTo(specimen)],
    result: [referTo(header)],
  });
  return { report, specimen, header, results };
}

function specimenOf(record: PatientRecord, { id, date }: Report): Resource {
  return made(record, 'Specimen', id, {
    type: { text: 'Venous blood' },
    subject: patientReference(record),
    receivedTime: at(date),
    collection: { collectedDateTime: at(date) },
  });
}

function result(
  record: PatientRecord,
  held: Report,
  { code, display, unit, low, high, value }: Report['tests'][number],
  index: number,
  specimen: Resource,
): Resource {
  return observation(record, held, `${held.id}-${index}`, {
    category: [
      {
        coding: [
          { system: 'http://hl7.org/fhir/observation-category', code: 'laboratory', display: 'Laboratory' },
        ],
      },
    ],
    code: concept({ code, display }),
    valueQuantity: { value, unit },
    ...(value > high && {
      interpretation: { coding: [{ system: 'http://hl7.org/fhir/v2/0078', code: 'H', display: 'High' }] },
    }),
    specimen: referTo(specimen),
    referenceRange: [{ low: { value: low, unit }, high: { value: high, unit } }],
  });
}

function observation(record: PatientRecord, { date }: Report, name: string, elements: object): Resource {
  return made(record, 'Observation', name, {
    status: 'final',
    subject: patientReference(record),
    effectiveDateTime: at(date),
    issued: at(date),
    performer: [doctorReference(record)],
    ...elements,
  });
}
