import type { Medicine } from '../../population/history.ts';
import { stableId } from '../../population/stable-id.ts';
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

/** A statement for each medicine, its plan, the product, and on request each issue. */
export const medication: Area = {
  parameter: 'includeMedication',
  parts: [{ name: 'includePrescriptionIssues', required: false }],
  content(record, parts) {
    const withIssues = parts.get('includePrescriptionIssues') === true;
    const courses = record.history.medicines.map((medicine) => course(record, medicine));
    return {
      lists: [
        listed(
          '933361000000108',
          'Medications and medical devices',
          courses.map(({ statement }) => statement),
        ),
      ],
      others: courses.flatMap(({ product, plan, issue }) => [product, plan, ...(withIssues ? [issue] : [])]),
    };
  },
};

interface Course {
  readonly product: Resource;
  readonly statement: Resource;
  readonly plan: Resource;
  readonly issue: Resource;
}

function course(record: PatientRecord, medicine: Medicine): Course {
  const product = productOf(medicine);
  const plan = request(record, medicine, product, 'plan', {});
  const issue = request(record, medicine, product, 'order', { basedOn: [referTo(plan)] });
  return { product, plan, issue, statement: statementOf(record, medicine, product, plan) };
}

/** Products are shared by all who take them. */
function productOf({ code }: Medicine): Resource {
  return {
    resourceType: 'Medication',
    id: stableId('Medication', code.code),
    meta: { profile: ['https://fhir.nhs.uk/STU3/StructureDefinition/CareConnect-GPC-Medication-1'] },
    code: concept(code),
  };
}

function statementOf(record: PatientRecord, medicine: Medicine, product: Resource, plan: Resource): Resource {
  return made(record, 'MedicationStatement', medicine.id, {
    extension: [
      {
        url: 'https://fhir.nhs.uk/STU3/StructureDefinition/Extension-CareConnect-GPC-PrescribingAgency-1',
        valueCodeableConcept: { coding: [prescribedHere] },
      },
      {
        url: 'https://fhir.nhs.uk/STU3/StructureDefinition/Extension-CareConnect-GPC-MedicationStatementLastIssueDate-1',
        valueDateTime: at(medicine.date),
      },
    ],
    basedOn: [referTo(plan)],
    status: medicine.end === null ? 'active' : 'completed',
    medicationReference: referTo(product),
    effectivePeriod: { start: medicine.date, ...(medicine.end !== null && { end: medicine.end }) },
    dateAsserted: at(medicine.date),
    subject: patientReference(record),
    taken: 'unk',
    dosage: [{ text: medicine.text }],
  });
}

const prescribedHere = {
  system: 'https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-PrescribingAgency-1',
  code: 'prescribed-at-gp-practice',
  display: 'Prescribed at GP practice',
};

function request(
  record: PatientRecord,
  medicine: Medicine,
  product: Resource,
  intent: 'plan' | 'order',
  elements: object,
): Resource {
  return made(record, 'MedicationRequest', `${medicine.id}-${intent}`, {
    extension: [prescriptionType(medicine)],
    ...elements,
    groupIdentifier: { value: medicine.id },
    status: medicine.end === null && intent === 'plan' ? 'active' : 'completed',
    intent,
    medicationReference: referTo(product),
    subject: patientReference(record),
    authoredOn: at(medicine.date),
    recorder: doctorReference(record),
    dosageInstruction: [{ text: medicine.text }],
    dispenseRequest: {
      validityPeriod: { start: medicine.date, ...(medicine.end !== null && { end: medicine.end }) },
      quantity: { value: 28, unit: 'tablet' },
    },
  });
}

function prescriptionType({ repeat }: Medicine): object {
  return {
    url: 'https://fhir.nhs.uk/STU3/StructureDefinition/Extension-CareConnect-GPC-PrescriptionType-1',
    valueCodeableConcept: {
      coding: [
        {
          system: 'https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-PrescriptionType-1',
          code: repeat ? 'repeat' : 'acute',
          display: repeat ? 'Repeat' : 'Acute',
        },
      ],
    },
  };
}
