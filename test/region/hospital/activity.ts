import { hospitalVisits } from '../population/codes.ts';
import type { Contact, Report } from '../population/history.ts';
import { dayAfter } from '../population/seed.ts';
import {
  at,
  concept,
  type HospitalRecord,
  hl7,
  made,
  ownReference,
  patientReference,
  type Resource,
  referTo,
} from './resources.ts';

/** A visit or an admission. */
export function encounter(record: HospitalRecord, { id, date, text, kind, days }: Contact): Resource {
  const visit = hospitalVisits[kind % hospitalVisits.length] ?? hospitalVisits[0];
  const admitted = visit.class === 'IMP';
  return made(record, 'Encounter', id, {
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: visit.class },
    type: [concept(visit)],
    subject: patientReference(record),
    participant: [{ individual: ownReference(record.hospital, 'Practitioner') }],
    period: { start: at(date), end: at(admitted ? dayAfter(date, days) : date, '16:30:00') },
    reasonCode: [{ text }],
    ...(admitted && { hospitalization: { dischargeDisposition: { text: 'Usual place of residence' } } }),
    location: [{ location: ownReference(record.hospital, 'Location') }],
    serviceProvider: ownReference(record.hospital, 'Organization'),
  });
}

/** A laboratory report, then its results. */
export function laboratory(record: HospitalRecord, report: Report): Resource[] {
  const results = report.tests.map((test, index) => result(record, report, test, index));
  const summary = made(record, 'DiagnosticReport', report.id, {
    status: 'final',
    category: [hl7('v2-0074', 'LAB')],
    code: concept(report.code, report.text),
    subject: patientReference(record),
    effectiveDateTime: at(report.date),
    issued: at(report.date, '15:40:00'),
    performer: [ownReference(record.hospital, 'Organization')],
    result: results.map(referTo),
  });
  return [summary, ...results];
}

function result(
  record: HospitalRecord,
  { id, date }: Report,
  { code, display, unit, low, high, value }: Report['tests'][number],
  index: number,
): Resource {
  const quantity = (amount: number) => ({
    value: amount,
    unit,
    system: 'http://unitsofmeasure.org',
    code: unit,
  });
  return made(record, 'Observation', `${id}-${index}`, {
    status: 'final',
    category: [hl7('observation-category', 'laboratory')],
    code: concept({ code, display }),
    subject: patientReference(record),
    effectiveDateTime: at(date),
    issued: at(date, '15:40:00'),
    performer: [ownReference(record.hospital, 'Practitioner')],
    valueQuantity: quantity(value),
    ...(value > high && { interpretation: [hl7('v3-ObservationInterpretation', 'H')] }),
    referenceRange: [{ low: quantity(low), high: quantity(high) }],
  });
}

/** A pulse taken at the bedside: an Observation that is no laboratory result. */
export function pulse(record: HospitalRecord): Resource {
  return made(record, 'Observation', 'pulse', {
    status: 'final',
    category: [hl7('observation-category', 'vital-signs')],
    code: concept({ code: '364075005', display: 'Heart rate' }),
    subject: patientReference(record),
    effectiveDateTime: at('2025-11-03'),
    performer: [ownReference(record.hospital, 'Practitioner')],
    valueQuantity: { value: 72, unit: 'beats/minute', system: 'http://unitsofmeasure.org', code: '/min' },
  });
}
