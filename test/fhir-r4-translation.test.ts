import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Section } from '../consent-policy/vocabulary.ts';
import type { SectionAnswer } from '../subgraphs/care-record/provider/connector.ts';
import { labelOf } from '../subgraphs/care-record/provider/connectors/fhir-r4/label.ts';
import {
  type Resource,
  ResourceIndex,
} from '../subgraphs/care-record/provider/connectors/fhir-r4/resource.ts';
import { plans, translate } from '../subgraphs/care-record/provider/connectors/fhir-r4/translate.ts';
import { warnings } from '../subgraphs/care-record/provider/warnings.ts';
import { schemaErrors } from './fhir-r4-entry-schema.ts';

function translated(section: Section, ...matches: readonly Resource[]): SectionAnswer {
  const plan = plans.get(section);
  if (plan === undefined) throw new Error(`no such section: ${section}`);
  return translate(plan, { matches, index: new ResourceIndex(null, matches), shortfalls: new Set() }, []);
}

function itemOf(section: Section, ...matches: readonly Resource[]) {
  return translated(section, ...matches).entries[0]?.item;
}

function condition(id: string, changes: Readonly<Record<string, unknown>> = {}) {
  return { resourceType: 'Condition', id, code: { text: `problem ${id}` }, ...changes };
}

function observation(id: string, changes: Readonly<Record<string, unknown>> = {}) {
  return { resourceType: 'Observation', id, code: { text: id }, ...changes };
}

describe('translating', () => {
  const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
  const actCode = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
  it.each([
    ['none', []],
    ['none', [{ system: confidentiality, code: 'U' }]],
    [
      'restricted',
      [
        { system: confidentiality, code: 'N' },
        { system: confidentiality, code: 'R' },
      ],
    ],
    [
      'very-restricted',
      [
        { system: confidentiality, code: 'V' },
        { system: confidentiality, code: 'R' },
      ],
    ],
    ['not-for-patient', [{ system: actCode, code: 'NOPAT' }]],
    ['not-for-patient', [{ system: 'http://hl7.org/fhir/v3/ActCode', code: 'NOPAT' }]],
    [
      'very-restricted',
      [
        { system: actCode, code: 'NOPAT' },
        { system: confidentiality, code: 'V' },
      ],
    ],
    [
      'unknown',
      [
        { system: actCode, code: 'NOPAT' },
        { system: confidentiality, code: 'R' },
      ],
    ],
    ['unknown', [{ system: actCode, code: 'HIV' }]],
    ['unknown', [{ code: 'R' }]],
    ['unknown', ['R']],
    ['unknown', 'R'],
  ])('labels an entry %s for %j', (label, security) => {
    expect(labelOf([{ meta: { security } }])).toBe(label);
  });

  it('labels an entry as strictly as its parts', () => {
    const secret = observation('o', { meta: { security: [{ system: confidentiality, code: 'V' }] } });
    const report = { resourceType: 'DiagnosticReport', id: 'r', result: [{ reference: 'Observation/o' }] };
    expect(translated('results', report, secret).entries.map(({ label }) => label)).toEqual([
      'very-restricted',
    ]);
  });

  it.each([
    [{ onsetDateTime: '2011-04' }, '2011-04', '2011-04'],
    [{ onsetPeriod: { start: '2011-04-30' } }, '2011-04-30', '2011-04-30'],
    [{ onsetAge: { value: 40, unit: 'years' } }, 'at age 40 years', '2012'],
    [
      { onsetRange: { low: { value: 4, code: 'a' }, high: { value: 6, code: 'a' } } },
      'at age 4 a to 6 a',
      '2012',
    ],
    [{ onsetString: 'in childhood' }, 'in childhood', '2012'],
    [{}, null, '2012'],
  ])('reads the onset of %j', (onset, shown, order) => {
    const { entries, state } = translated('problems', condition('c', { recordedDate: '2012', ...onset }));
    expect({ state, onset: entries[0]?.item.onset, order: entries[0]?.order }).toEqual({
      state: 'COMPLETE',
      onset: shown,
      order,
    });
  });

  it.each([
    [{ valueQuantity: { value: 5, comparator: '<', code: 'mmol/L' } }, '< 5', 'mmol/L'],
    [{ valueCodeableConcept: { coding: [{ display: 'Positive' }] } }, 'Positive', null],
    [{ valueString: 'trace' }, 'trace', null],
    [{ valueBoolean: false }, 'false', null],
    [{ valueInteger: 3 }, '3', null],
    [{ valueRange: { low: { value: 1, unit: 'g' }, high: { value: 2, unit: 'g' } } }, '1 to 2', 'g'],
    [{ valueRange: { high: { value: 2, unit: 'g' } } }, '≤ 2', 'g'],
    [{ valueRatio: { numerator: { value: 1 }, denominator: { value: 64 } } }, '1 : 64', null],
    [{ valueTime: '10:00:00' }, '10:00:00', null],
    [{ valueDateTime: '2024-01' }, '2024-01', null],
    [{ valuePeriod: { start: '2024-01', end: '2024-02' } }, '2024-01 to 2024-02', null],
    [{ dataAbsentReason: { text: 'specimen unsatisfactory' } }, 'specimen unsatisfactory', null],
    [{}, null, null],
  ])('reads the value of %j', (value, shown, unit) => {
    expect(itemOf('results', observation('o', value))).toMatchObject({ value: shown, unit });
  });

  it('shows a statement that was taken back as such', () => {
    const coded = (code: string) => ({ coding: [{ code }] });
    const back = (code: string) => ({ clinicalStatus: coded('active'), verificationStatus: coded(code) });
    expect(itemOf('problems', condition('c', back('refuted')))).toMatchObject({
      status: 'refuted',
      verification: 'refuted',
    });
    const none = { code: { coding: [{ system: 'http://snomed.info/sct', code: '716186003' }] } };
    const allergy = { resourceType: 'AllergyIntolerance', id: 'a', ...none };
    expect(itemOf('allergies', allergy)?.noKnownAllergies).toBe(true);
    expect(itemOf('allergies', { ...allergy, ...back('entered-in-error') })).toMatchObject({
      status: 'entered-in-error',
      verification: 'entered-in-error',
      noKnownAllergies: false,
    });
  });

  it.each([
    [[{ code: 'confirmed' }], 'active', 'confirmed'],
    [[{ code: 'provisional' }], 'active', 'provisional'],
    [[{ code: 'X9' }, { code: 'refuted' }], 'refuted', 'refuted'],
    [undefined, 'active', null],
  ])('gives the verification of %j beside the clinical status', (coding, status, verification) => {
    const sent = { clinicalStatus: { coding: [{ code: 'active' }] }, verificationStatus: { coding } };
    const statuses = coding === undefined ? { clinicalStatus: sent.clinicalStatus } : sent;
    for (const item of [
      itemOf('problems', condition('c', statuses)),
      itemOf('allergies', { resourceType: 'AllergyIntolerance', id: 'a', ...statuses }),
    ]) {
      expect(item).toMatchObject({ status, verification });
    }
  });

  it.each([
    [{ status: 'superseded' }, 'superseded'],
    [{ status: 'entered-in-error' }, 'entered-in-error'],
    [{ status: 'current', docStatus: 'entered-in-error' }, 'entered-in-error'],
    [{ status: 'current', docStatus: 'final' }, 'current'],
    [{}, null],
  ])('shows a document of %j with its status', (sent, status) => {
    const answer = translated('documents', { resourceType: 'DocumentReference', id: 'd', ...sent });
    expect(answer).toMatchObject({ state: 'COMPLETE', warnings: [], entries: [{ item: { status } }] });
  });

  it.each([true, 'true', null])('leaves out a medicine not to be given (%j) and says so', (doNotPerform) => {
    const request = { resourceType: 'MedicationRequest', id: 'm', doNotPerform };
    expect(translated('medications', request)).toMatchObject({
      state: 'INCOMPLETE',
      warnings: [warnings.unreadableEntries],
      entries: [],
    });
  });

  it('tells a proposal from an order, and both from a statement', () => {
    const request = { resourceType: 'MedicationRequest', id: 'm', status: 'active', doNotPerform: false };
    expect(itemOf('medications', { ...request, intent: 'proposal' })?.intent).toBe('proposal');
    expect(itemOf('medications', { ...request, intent: 'order' })?.intent).toBe('order');
    const statement = { resourceType: 'MedicationStatement', id: 's', intent: 'order' };
    expect(itemOf('medications', statement)?.intent).toBeNull();
  });

  const note = [{ text: 'as told by her son' }, { text: 'see letter' }, { text: 'see letter' }];
  it.each<[Section, string, string]>([
    ['problems', 'Condition', ''],
    ['medications', 'MedicationRequest', ''],
    ['medications', 'MedicationStatement', ''],
    ['allergies', 'AllergyIntolerance', '\nwithin the hour\nafter nuts'],
    ['results', 'Observation', ''],
  ])('keeps the notes of %s (%s), each once', (section, resourceType, ofReaction) => {
    const reaction = [
      {
        manifestation: [{ text: 'rash' }],
        description: 'within the hour',
        note: [{ text: 'after nuts' }],
      },
    ];
    const item = itemOf(section, { resourceType, id: 'x', note, reaction });
    expect(item?.note).toBe(`as told by her son\nsee letter${ofReaction}`);
    expect(itemOf(section, { resourceType, id: 'x' })?.note).toBeNull();
  });

  it('keeps the notes of each result in a report', () => {
    const report = { resourceType: 'DiagnosticReport', id: 'r', result: [{ reference: 'Observation/o' }] };
    const item = itemOf('results', report, observation('o', { note: [{ text: 'haemolysed' }] }));
    expect(item).toMatchObject({ note: null, members: [{ note: 'haemolysed' }] });
  });

  it('takes the label of an entry for its notes', () => {
    const meta = { security: [{ system: confidentiality, code: 'R' }] };
    expect(translated('problems', condition('c', { meta, note })).entries).toMatchObject([
      { label: 'restricted', item: { note: 'as told by her son\nsee letter' } },
    ]);
  });

  it('loses only the field of a malformed value', () => {
    const answer = translated(
      'problems',
      condition('c', { onsetDateTime: '30/04/2011', recordedDate: '2012' }),
    );
    expect(answer).toMatchObject({ state: 'INCOMPLETE', warnings: [warnings.unreadableEntries] });
    expect(answer.entries[0]?.item).toMatchObject({ code: { text: 'problem c' }, onset: null });
  });

  it.each<[Section, Record<string, unknown>]>([
    ['results', { resourceType: 'Observation', valueString: 'trace', valueQuantity: { value: 5 } }],
    ['results', { resourceType: 'Observation', component: [{ valueString: 'trace', valueInteger: 5 }] }],
    ['results', { resourceType: 'Observation', effectiveDateTime: '2024', effectivePeriod: {} }],
    ['results', { resourceType: 'Observation', valueAttachment: { title: 'x-ray' } }],
    ['problems', { resourceType: 'Condition', onsetDateTime: '2024', onsetString: 'in May' }],
    ['allergies', { resourceType: 'AllergyIntolerance', onsetDateTime: '2024', onsetString: 'in May' }],
    [
      'medications',
      {
        resourceType: 'MedicationRequest',
        medicationCodeableConcept: { text: 'timolol' },
        medicationReference: { display: 'atenolol' },
      },
    ],
  ])('says what of %s has no place beside another (%j)', (section, sent) => {
    const answer = translated(section, { resourceType: '', id: 'x', ...sent });
    expect(answer).toMatchObject({ state: 'INCOMPLETE', warnings: [warnings.unreadableEntries] });
    expect(answer.entries).toHaveLength(1);
  });

  it.each(['2024-02-31', '2023-02-29', '2024-04-31T10:00:00Z'])('reads no date in %s', (onsetDateTime) => {
    const answer = translated('problems', condition('c', { onsetDateTime }));
    expect(answer).toMatchObject({ state: 'INCOMPLETE', warnings: [warnings.unreadableEntries] });
    expect(answer.entries).toMatchObject([{ order: null, item: { onset: null } }]);
  });

  it('keeps every coding and the source’s own words', () => {
    const coding = [
      { system: 'http://snomed.info/sct', code: '38341003', display: 'Hypertensive disorder' },
      { system: 'http://local.example', code: 'HT' },
      { display: 'high pressure' },
    ];
    expect(itemOf('problems', condition('c', { code: { coding } }))?.code).toEqual({
      text: 'Hypertensive disorder',
      codings: [coding[0], { ...coding[1], display: null }],
    });
  });

  it('reads contained resources', () => {
    const request = {
      resourceType: 'MedicationRequest',
      id: 'm',
      contained: [{ resourceType: 'Medication', id: 'd', code: { text: 'timolol' } }],
      medicationReference: { reference: '#d' },
    };
    expect(itemOf('medications', request)?.code).toEqual({ text: 'timolol', codings: [] });
  });

  it('shows results that are members of one another once', () => {
    const one = observation('one', { hasMember: [{ reference: 'Observation/two' }] });
    const two = observation('two', { hasMember: [{ reference: 'Observation/one' }] });
    const { entries } = translated('results', one, two);
    expect(entries.map(({ localId, item }) => [localId, item.members])).toMatchObject([
      ['Observation/one', [{ code: { text: 'two' } }]],
    ]);
  });

  it('translates any JSON into values of the schema', () => {
    const names = [...elementNames];
    const resource = fc.dictionary(fc.constantFrom(...names), fc.oneof(fc.jsonValue(), fhirLike()));
    fc.assert(
      fc.property(fc.constantFrom(...plans.keys()), resource, (section, fields) => {
        const resourceType = plans.get(section)?.searches[0]?.resourceType ?? '';
        const answer = translated(section, { ...fields, resourceType, id: 'x' });
        expect(schemaErrors(section, answer)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });
});

const elementNames = new Set(
  `meta contained extension clinicalStatus verificationStatus code recorder onsetDateTime onsetPeriod onsetAge
  onsetRange onsetString abatementDateTime abatementPeriod category criticality reaction authoredOn requester
  dosageInstruction dispenseRequest medicationReference medicationCodeableConcept courseOfTherapyType reasonCode
  reasonReference status issued performer result hasMember component valueQuantity valueRatio valueRange
  dataAbsentReason referenceRange interpretation conclusion conclusionCode effectiveDateTime effectivePeriod period
  type class participant location hospitalization content author date description note intent doNotPerform docStatus`.split(
    /\s+/,
  ),
);

/** Shapes near to FHIR's, with anything in them. */
function fhirLike(): fc.Arbitrary<unknown> {
  const any = fc.jsonValue();
  const coding = fc.record({ system: any, code: any, display: any });
  const concept = fc.record({ text: any, coding: fc.array(fc.oneof(coding, any)) });
  const reference = fc.record({ reference: fc.oneof(any, fc.constant('#a')), display: any });
  const shape = fc.record({ attachment: any, timing: any, route: concept, text: any, manifestation: any });
  const one = fc.oneof(concept, reference, coding, shape, fc.record({ security: any, source: any }));
  return fc.oneof(one, fc.array(fc.oneof(one, any)));
}
