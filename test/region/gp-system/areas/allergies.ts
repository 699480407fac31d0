import { type Code, noKnownAllergy } from '../../population/codes.ts';
import type { Allergy } from '../../population/history.ts';
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

/** Allergies; nobody here has an ended one, and the list of those says so. */
export const allergies: Area = {
  parameter: 'includeAllergies',
  parts: [{ name: 'includeResolvedAllergies', required: true }],
  content(record, parts) {
    const held = record.history.allergies.map((allergy) => allergyIntolerance(record, allergy));
    const active = listed('886921000000105', 'Allergies and adverse reactions', held);
    const ended = listed('1103671000000101', 'Ended allergies', []);
    return {
      lists: parts.get('includeResolvedAllergies') === true ? [active, ended] : [active],
      others: [],
    };
  },
};

function allergyIntolerance(record: PatientRecord, { id, date, code, text, reaction }: Allergy): Resource {
  return made(record, 'AllergyIntolerance', id, {
    clinicalStatus: 'active',
    verificationStatus: 'unconfirmed',
    ...(code !== noKnownAllergy && { category: [category(code)] }),
    code: concept(code, text),
    patient: patientReference(record),
    onsetDateTime: date,
    assertedDate: at(date),
    recorder: doctorReference(record),
    ...(reaction !== null && { reaction: [{ manifestation: [concept(reaction)], severity: 'moderate' }] }),
  });
}

function category({ code }: Code): string {
  if (code === '91935009') return 'food';
  return code === '300916003' ? 'environment' : 'medication';
}
