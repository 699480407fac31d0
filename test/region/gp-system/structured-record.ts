import type { Person } from '../population/person.ts';
import { administration } from './administration.ts';
import { allergies } from './areas/allergies.ts';
import type { Area, Listed } from './areas/area.ts';
import { consultations } from './areas/consultations.ts';
import { documents } from './areas/documents.ts';
import { investigations } from './areas/investigations.ts';
import { medication } from './areas/medication.ts';
import { problems } from './areas/problems.ts';
import { uncategorised } from './areas/uncategorised.ts';
import { GpConnectRefusal, unsupportedOutcome } from './outcome.ts';
import type { StructuredRecordRequest } from './request.ts';
import { type PatientRecord, patientReference, type Resource, referTo } from './stu3.ts';

/** Every area that the practices serve. */
const areas: readonly Area[] = [
  allergies,
  medication,
  problems,
  consultations,
  investigations,
  uncategorised,
  documents,
];

/** The collection Bundle of `$gpc.getstructuredrecord`: only the areas asked for. */
export function structuredRecord(record: PatientRecord, { included }: StructuredRecordRequest): object {
  const served = areas.filter(({ parameter }) => serves(record.person, parameter));
  const unsupported: string[] = [];
  const resources = administration(record);
  for (const [parameter, parts] of included) {
    const area = served.find((one) => one.parameter === parameter);
    if (area === undefined) unsupported.push(parameter);
    else {
      unsupported.push(...unknownParts(area, parts));
      resources.push(...areaResources(record, area, parts));
    }
  }
  const outcomes = unsupported.length > 0 ? [unsupportedOutcome(unsupported)] : [];
  return {
    resourceType: 'Bundle',
    meta: { profile: ['https://fhir.nhs.uk/STU3/StructureDefinition/GPConnect-StructuredRecord-Bundle-1'] },
    type: 'collection',
    entry: [...distinct(resources), ...outcomes].map((resource) => ({ resource })),
  };
}

/** For one person the practice has switched investigations off. */
function serves({ situation }: Person, parameter: string): boolean {
  return !(situation === 'switched-off' && parameter === investigations.parameter);
}

function unknownParts({ parameter, parts }: Area, given: ReadonlyMap<string, unknown>): string[] {
  const missing = parts.find(({ name, required }) => required && typeof given.get(name) !== 'boolean');
  if (missing) throw new GpConnectRefusal('INVALID_PARAMETER', `${parameter}.${missing.name} must be given`);
  return [...given.keys()]
    .filter((name) => !parts.some((part) => part.name === name))
    .map((name) => `${parameter}.${name}`);
}

function areaResources(record: PatientRecord, area: Area, parts: ReadonlyMap<string, unknown>): Resource[] {
  const { lists, others } = area.content(record, parts);
  if (record.person.situation === 'all-confidential') {
    return lists.map((one) => list(record, { ...one, items: [] }));
  }
  return [...lists.map((one) => list(record, one)), ...lists.flatMap(({ items }) => items), ...others];
}

/** Warning code and fixed words by situation (GP Connect, “List” resource guidance). */
const warnings: Readonly<Record<string, readonly [code: string, note: string]>> = {
  'in-transit': [
    'data-in-transit',
    'Patient record transfer from previous GP practice not yet complete; information recorded before 14-Jan-2026 may be missing.',
  ],
  'awaiting-filing': [
    'data-awaiting-filing',
    'Patient data may be incomplete as there is data supplied by a third party awaiting review before becoming available.',
  ],
  'all-confidential': [
    'confidential-items',
    'Items excluded due to confidentiality and/or patient preferences.',
  ],
};

function list(record: PatientRecord, { title, coding, items }: Listed): Resource {
  const warning = warnings[record.person.situation];
  const notes = [
    ...(warning ? [warning[1]] : []),
    ...(items.length === 0 ? ['Information not available'] : []),
  ];
  return {
    resourceType: 'List',
    meta: { profile: ['https://fhir.nhs.uk/STU3/StructureDefinition/CareConnect-GPC-List-1'] },
    extension: [clinicalSetting, ...(warning ? [warningCode(warning[0])] : [])],
    status: 'current',
    mode: 'snapshot',
    title,
    code: { coding: [coding] },
    subject: patientReference(record),
    date: '2026-04-15T08:00:00+00:00',
    orderedBy: { coding: [{ system: 'http://hl7.org/fhir/list-order', code: 'event-date' }] },
    ...(notes.length > 0 && { note: [{ text: notes.join(' ') }] }),
    ...(items.length > 0 ? { entry: items.map((item) => ({ item: referTo(item) })) } : { emptyReason }),
  };
}

const clinicalSetting = {
  url: 'https://fhir.nhs.uk/STU3/StructureDefinition/Extension-CareConnect-GPC-ClinicalSetting-1',
  valueCodeableConcept: {
    coding: [
      { system: 'http://snomed.info/sct', code: '1060971000000108', display: 'General practice service' },
    ],
  },
};

function warningCode(valueCode: string): object {
  return {
    url: 'https://fhir.nhs.uk/STU3/StructureDefinition/Extension-CareConnect-GPC-ListWarningCode-1',
    valueCode,
  };
}

const emptyReason = {
  coding: [
    {
      system: 'https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-ListEmptyReasonCode-1',
      code: 'no-content-recorded',
      display: 'No Content Recorded',
    },
  ],
};

/** Areas share resources (products, documents): each stands once in an answer. Lists of areas have no id. */
function distinct(resources: readonly Resource[]): Resource[] {
  const seen = new Set<string>();
  return resources.filter((resource) => {
    if (resource.id === undefined) return true;
    const { reference } = referTo(resource);
    if (seen.has(reference)) return false;
    seen.add(reference);
    return true;
  });
}
