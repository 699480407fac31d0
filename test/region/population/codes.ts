/** A SNOMED CT or dm+d concept, as public examples show it. */
export interface Code {
  readonly code: string;
  readonly display: string;
}

type Codes = readonly [Code, ...Code[]];

const code = (id: string, display: string): Code => ({ code: id, display });

/** Problems and diagnoses. */
export const problemCodes: Codes = [
  code('38341003', 'Hypertensive disorder'),
  code('73211009', 'Diabetes mellitus'),
  code('195967001', 'Asthma'),
  code('49436004', 'Atrial fibrillation'),
  code('13645005', 'Chronic obstructive lung disease'),
  code('40930008', 'Hypothyroidism'),
  code('396275006', 'Osteoarthritis'),
  code('90560007', 'Gout'),
  code('37796009', 'Migraine'),
  code('22298006', 'Myocardial infarction'),
];

/** Medicines, dm+d virtual medicinal products. */
export const medicineCodes: Codes = [
  code('320030001', 'Atorvastatin 20mg tablets'),
  code('319284000', 'Amlodipine 10mg tablets'),
  code('325278007', 'Metformin 500mg tablets'),
  code('317291008', 'Omeprazole 20mg gastro-resistant capsules'),
  code('322236009', 'Paracetamol 500mg tablets'),
  code('321987003', 'Citalopram 20mg tablets'),
  code('317972000', 'Furosemide 40mg tablets'),
  code('39113611000001102', 'Salbutamol 100micrograms/dose inhaler CFC free'),
  code('325427002', 'Prednisolone 5mg tablets'),
];

/** Allergy to penicillin: what a hospital knows of the person whose practice knows of no allergy. */
export const penicillinAllergy = code('91936005', 'Allergy to penicillin');

/** Only meaningful within the list that it stands in (GP Connect, Allergies). */
export const noKnownAllergy = code('716186003', 'No known allergy');

/** Allergies and intolerances. */
export const allergyCodes: Codes = [
  penicillinAllergy,
  code('91935009', 'Allergy to peanut'),
  code('300916003', 'Latex allergy'),
  code('293586001', 'Allergy to aspirin'),
];

/** What an allergy does. */
export const reactionCodes: Codes = [
  code('247472004', 'Urticarial rash'),
  code('230145002', 'Difficulty breathing'),
  code('249519007', 'Diarrhoea and vomiting'),
];

/** Groups of tests. */
export const reportCodes: Codes = [
  code('1022441000000101', 'FBC - full blood count'),
  code('721981007', 'Diagnostic studies report'),
];

/** Single tests with what is usual for them. */
export const testCodes: readonly [MeasuredTest, ...MeasuredTest[]] = [
  { ...code('1022431000000105', 'Haemoglobin estimation'), unit: 'g/L', low: 120, high: 165 },
  { ...code('1022541000000102', 'Total white cell count'), unit: '10*9/L', low: 4, high: 11 },
  { ...code('1022651000000100', 'Platelet count'), unit: '10*9/L', low: 150, high: 400 },
];

/** A test with its unit and reference range. */
export interface MeasuredTest extends Code {
  readonly unit: string;
  readonly low: number;
  readonly high: number;
}

/** Kinds of contact in a practice. */
export const consultationNames = [
  'GP Surgery',
  'Telephone consultation',
  'Home visit',
  'Nurse clinic',
] as const;

/** Kinds of contact in a hospital, with their v3-ActCode class. */
export const hospitalVisits = [
  { ...code('185212007', 'Seen in hospital ward'), class: 'IMP' },
  { ...code('4525004', 'Emergency department patient visit'), class: 'EMER' },
  { ...code('390906007', 'Follow-up encounter'), class: 'AMB' },
] as const;

/** Kinds of document. */
export const documentCodes: Codes = [
  code('25611000000107', 'Referral letter'),
  code('823691000000103', 'Clinical letter'),
];
