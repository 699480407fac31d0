import type { Problem } from '../../population/history.ts';
import {
  at,
  concept,
  doctorReference,
  made,
  type PatientRecord,
  patientReference,
  type Resource,
} from '../stu3.ts';
import { type Area, listed } from './area.ts';

/** Problem headers, and nothing of what is linked to them. */
export const problems: Area = {
  parameter: 'includeProblems',
  parts: [],
  content: (record) => ({
    lists: [
      listed(
        '717711000000103',
        'Problems',
        record.history.problems.map((problem) => condition(record, problem)),
      ),
    ],
    others: [],
  }),
};

const significanceUrl =
  'https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-ProblemSignificance-1';

function condition(record: PatientRecord, problem: Problem): Resource {
  const condition = made(
    record,
    'Condition',
    problem.id,
    {
      extension: [{ url: significanceUrl, valueCode: problem.significance }],
      clinicalStatus: problem.end === null ? 'active' : 'inactive',
      category: [{ coding: [problemListItem] }],
      code: concept(problem.code, problem.text),
      subject: patientReference(record),
      onsetDateTime: problem.date,
      ...(problem.end !== null && { abatementDateTime: problem.end }),
      assertedDate: at(problem.date),
      asserter: doctorReference(record),
    },
    'ProblemHeader-Condition',
  );
  return problem.label === 'NOPAT' ? notForPatient(condition) : condition;
}

const problemListItem = {
  system: 'https://fhir.hl7.org.uk/STU3/CodeSystem/CareConnect-ConditionCategory-1',
  code: 'problem-list-item',
  display: 'Problem List Item',
};

function notForPatient(resource: Resource): Resource {
  const label = {
    system: 'http://hl7.org/fhir/v3/ActCode',
    code: 'NOPAT',
    display: 'no disclosure to patient, family or caregivers without attending provider’s authorization',
  };
  const meta = typeof resource.meta === 'object' ? resource.meta : {};
  return { ...resource, meta: { ...meta, security: [label] } };
}
