import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import fastify, { type FastifyInstance } from 'fastify';
import {
  buildSchema,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  graphqlSync,
  isObjectType,
} from 'graphql';
import { afterEach, describe, expect, it } from 'vitest';
import type { AccessContext, TracedPatient } from '../consent-policy/access-context.ts';
import type { Section } from '../consent-policy/vocabulary.ts';
import type { SectionAnswer } from '../subgraphs/care-record/provider/connector.ts';
import { account } from '../subgraphs/care-record/provider/connectors/gp-connect/account.ts';
import { clinicalAreas } from '../subgraphs/care-record/provider/connectors/gp-connect/clinical-area.ts';
import { gpConnect } from '../subgraphs/care-record/provider/connectors/gp-connect/connect.ts';
import { type Json, list, object } from '../subgraphs/care-record/provider/connectors/gp-connect/json.ts';
import { readRecord } from '../subgraphs/care-record/provider/connectors/gp-connect/record.ts';
import {
  translate,
  translateArea,
} from '../subgraphs/care-record/provider/connectors/gp-connect/translate.ts';
import { systemHttp } from '../subgraphs/care-record/provider/system-http.ts';
import { warnings } from '../subgraphs/care-record/provider/warnings.ts';
import { gpSystem } from './region/gp-system/practices.ts';
import { people } from './region/population/people.ts';

const shared = new URL('../../shared/data/', import.meta.url);
const folders = [
  'gpconnect-structured/uat/TC4/',
  'gpconnect-structured/integration/',
  'gpconnect-structured/wiremock-rendered/',
  'gpconnect-spec/accessrecord_structured/',
];
const hasShared = existsSync(shared);
const published = hasShared
  ? folders.flatMap((folder) =>
      readdirSync(new URL(folder, shared))
        .filter((name) => name.endsWith('.json') && !name.includes('request'))
        .map((name) => ({
          name,
          json: JSON.parse(readFileSync(new URL(folder + name, shared), 'utf8')) as Json,
        })),
    )
  : [];
const publishedBundles = published.filter(({ json }) => json.resourceType === 'Bundle');
const whenShared = describe.skipIf(!hasShared);
const sections = [...clinicalAreas.keys()];

const nhsNumber = '9990000018';
const traced: TracedPatient = {
  nhsNumber,
  formerNhsNumbers: [],
  birthDate: '1962-04-01',
  familyName: 'Brackwater',
  state: 'ordinary',
  registeredPractice: 'RXX90',
};
const snomed = 'http://snomed.info/sct';
const nopat = { system: 'http://hl7.org/fhir/v3/ActCode', code: 'NOPAT' };
const restricted = { system: 'http://hl7.org/fhir/v3/Confidentiality', code: 'R' };

function coded(code: string, display = 'Invented term'): Json {
  return { coding: [{ system: snomed, code, display }] };
}

function listOf(code: string, references: readonly string[], more: Json = {}): Json {
  const empty = references.length === 0 && { emptyReason: { coding: [{ code: 'no-content-recorded' }] } };
  const entry = references.map((reference) => ({ item: { reference } }));
  return {
    resourceType: 'List',
    code: coded(code),
    ...empty,
    ...(references.length > 0 && { entry }),
    ...more,
  };
}

const patient: Json = {
  resourceType: 'Patient',
  id: 'p',
  identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: nhsNumber }],
  name: [{ use: 'official', family: 'Brackwater' }],
  birthDate: '1962-04-01',
};

function consentRecord(id: string, code: string, effectiveDateTime?: string): Json {
  return {
    resourceType: 'Observation',
    id,
    status: 'final',
    code: coded(code),
    ...(effectiveDateTime && { effectiveDateTime }),
  };
}

/** A small record of every area, as a practice's system would send it. */
function bundle(...more: readonly Json[]): Json {
  const uncategorised = more.filter(({ resourceType }) => resourceType === 'Observation');
  return bundleOf([
    patient,
    { resourceType: 'Practitioner', id: 'g', name: [{ prefix: ['Dr'], given: ['Ada'], family: 'Fenn' }] },
    {
      resourceType: 'Condition',
      id: 'c',
      code: coded('90560007'),
      assertedDate: '2020-01-02',
      clinicalStatus: 'active',
      asserter: { reference: 'Practitioner/g' },
    },
    { resourceType: 'Medication', id: 'm', code: { ...coded('319773006'), text: 'Aspirin 75 mg' } },
    {
      resourceType: 'MedicationStatement',
      id: 's',
      status: 'active',
      medicationReference: { reference: 'Medication/m' },
      basedOn: [{ reference: 'MedicationRequest/plan' }],
      effectivePeriod: { start: '2019-03' },
      dosage: [{ text: 'one each day', patientInstruction: 'after food' }],
    },
    {
      resourceType: 'MedicationRequest',
      id: 'plan',
      intent: 'plan',
      status: 'active',
      requester: { agent: { reference: 'Practitioner/g' } },
      medicationReference: { reference: 'Medication/m' },
      extension: [
        {
          url: 'https://fhir.nhs.uk/STU3/StructureDefinition/Extension-CareConnect-GPC-PrescriptionType-1',
          valueCodeableConcept: { coding: [{ code: 'repeat' }] },
        },
      ],
    },
    {
      resourceType: 'MedicationRequest',
      id: 'issue',
      intent: 'order',
      status: 'completed',
      basedOn: [{ reference: 'MedicationRequest/plan' }],
      medicationReference: { reference: 'Medication/m' },
    },
    {
      resourceType: 'AllergyIntolerance',
      id: 'a',
      code: coded('716186003'),
      clinicalStatus: 'active',
      category: ['medication'],
      onsetDateTime: '2001',
    },
    {
      resourceType: 'DiagnosticReport',
      id: 'd',
      status: 'final',
      code: coded('721981007'),
      issued: '2021-05-06T10:00:00+01:00',
      result: [{ reference: 'Observation/group' }],
    },
    {
      resourceType: 'Observation',
      id: 'group',
      code: coded('26604007'),
      related: [{ type: 'has-member', target: { reference: 'Observation/one' } }],
    },
    {
      resourceType: 'Observation',
      id: 'one',
      code: coded('1022431000000105'),
      valueQuantity: { value: 131, unit: 'g/L' },
      referenceRange: [{ low: { value: 115 }, high: { value: 165 } }],
    },
    {
      resourceType: 'Observation',
      id: 'alone',
      code: coded('1000661000000107'),
      category: [{ coding: [{ code: 'laboratory' }] }],
      valueString: 'trace',
      effectiveDateTime: '2022-02-03',
    },
    {
      resourceType: 'Encounter',
      id: 'e',
      status: 'finished',
      type: [{ text: 'GP Surgery' }],
      period: { start: '2021-05-06T09:00:00+01:00' },
    },
    {
      resourceType: 'DocumentReference',
      id: 'r',
      status: 'current',
      type: { text: 'Letter' },
      created: '2021-05-07',
      content: [{ attachment: { contentType: 'text/plain', size: 120 } }],
    },
    listOf('717711000000103', ['Condition/c']),
    listOf('933361000000108', ['MedicationStatement/s']),
    listOf('886921000000105', ['AllergyIntolerance/a']),
    listOf('887191000000108', ['DiagnosticReport/d', 'Observation/alone']),
    listOf('1149501000000101', ['Encounter/e']),
    listOf('documents', ['DocumentReference/r']),
    listOf(
      '826501000000100',
      uncategorised.map(({ id }) => `Observation/${String(id)}`),
    ),
    ...more,
  ]);
}

function notSupported(diagnostics: string): Json {
  return {
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity: 'warning',
        code: 'not-supported',
        diagnostics,
        details: { coding: [{ code: 'NOT_IMPLEMENTED' }] },
      },
    ],
  };
}

function bundleOf(resources: readonly Json[]): Json {
  return {
    resourceType: 'Bundle',
    type: 'collection',
    entry: resources.map((one) => ({ resource: about(one) })),
  };
}

/** Whatever names nobody is about the patient, where that matters. */
function about(resource: Json): Json {
  const contained = list(resource.contained).map((inner) => about(object(inner)));
  const within = contained.length > 0 ? { ...resource, contained } : resource;
  if (resource.resourceType === 'Patient' || resource.subject !== undefined) return within;
  return { ...within, subject: { reference: 'Patient/p' } };
}

/** The same record with one resource changed, found by its id or, for a List, its code. */
function changed(id: string, change: Json): Json {
  const resources = list(bundle().entry).map((entry) => object(object(entry).resource));
  const isIt = (one: Json) => one.id === id || object(list(object(one.code).coding)[0]).code === id;
  return bundleOf(resources.map((one) => (isIt(one) ? { ...one, ...change } : one)));
}

function without(id: string): Json {
  const entries = list(changed(id, { removed: true }).entry);
  return { ...bundle(), entry: entries.filter((entry) => object(object(entry).resource).removed !== true) };
}

function answers(json: unknown, wanted: readonly Section[] = sections, status = 200) {
  return translate({ status, json }, traced, wanted, '2026-03-01');
}

function answer(json: unknown, section: Section): SectionAnswer {
  const found = answers(json, [section]).get(section);
  if (!found) throw new Error(`no answer for ${section}`);
  return found;
}

function states(json: unknown, status = 200): readonly string[] {
  return [...new Set([...answers(json, sections, status).values()].map(({ state }) => state))];
}

const entryTypes: Readonly<Record<string, string>> = {
  problems: 'Problem',
  medications: 'Medication',
  allergies: 'Allergy',
  results: 'Result',
  encounters: 'Encounter',
  documents: 'Document',
};
const schema: GraphQLSchema = buildSchema(
  `${readFileSync(new URL('../subgraphs/care-record/entries.graphql', import.meta.url), 'utf8')}
   directive @shareable repeatable on OBJECT | FIELD_DEFINITION
   type Query { ${Object.entries(entryTypes)
     .map(([name, type]) => `${name}: [${type}!]!`)
     .join('\n')} }`,
);

/** Every field of a type, to any depth; `organisation` and `retrievedAt` are added by whoever calls the connector. */
function selection(type: GraphQLOutputType): string {
  const named = getNamedType(type);
  if (!isObjectType(named)) return '';
  const fields = Object.values(named.getFields()).filter(({ name }) => name !== 'organisation');
  return `{ ${fields.map((field) => `${field.name} ${selection(field.type)}`).join(' ')} }`;
}

/** Executes entries through the schema and compares: a number where a string belongs, or a field too many, differs. */
function expectValid(section: Section, answered: Pick<SectionAnswer, 'entries'>): void {
  const items = answered.entries.map(({ localId, item }) => ({
    id: localId,
    ...item,
    source: { ...item.source, retrievedAt: 'now' },
  }));
  const type = schema.getQueryType()?.getFields()[section]?.type;
  const source = `{ ${section} ${type ? selection(type) : ''} }`;
  const { data, errors } = graphqlSync({ schema, source, rootValue: { [section]: items } });
  expect(errors).toBeUndefined();
  expect(JSON.parse(JSON.stringify(data))).toStrictEqual({ [section]: items });
}

whenShared('records that others published (skipped where ../shared/data is absent)', () => {
  it('accounts for every resource by name', () => {
    const rows = publishedBundles.flatMap(({ name, json }) => {
      const sent = list(json.entry).map((entry) => object(object(entry).resource));
      const total = sent.reduce((sum, one) => sum + 1 + list(one.contained).length, 0);
      const counted = account(json);
      expect(counted.reduce((sum, { count }) => sum + count, 0)).toBe(total);
      return counted.map((row) => ({ name, ...row }));
    });
    const grouped = Map.groupBy(rows, ({ use, section, kind }) => [use, section ?? '', kind].join(' | '));
    const table = [...grouped].map(
      ([key, group]) => `${String(group.reduce((sum, { count }) => sum + count, 0)).padStart(6)} | ${key}`,
    );
    process.stdout.write(`\n count | use | section | kind, over ${publishedBundles.length} bundles\n`);
    process.stdout.write(
      `${table.sort((one, other) => one.slice(9).localeCompare(other.slice(9))).join('\n')}\n`,
    );
    expect(rows.length).toBeGreaterThan(0);
  });

  it.each(publishedBundles)('gives valid entries with unique ids: $name', ({ json }) => {
    const record = readRecord(json);
    for (const [section, area] of clinicalAreas) {
      const translated = translateArea(area, record);
      expectValid(section, translated);
      expect(new Set(translated.entries.map(({ localId }) => localId)).size).toBe(translated.entries.length);
      const entries = account(json).filter((row) => row.use === 'entry' && row.section === section);
      expect(entries.reduce((sum, { count }) => sum + count, 0)).toBe(translated.entries.length);
    }
  });

  it.each([
    ['operationOutcomePatientNotFound.json', 404, 'NO_RECORD_GIVEN'],
    ['operationOutcomeInvalidNHSNumber.json', 400, 'NO_RECORD_GIVEN'],
    ['operationOutcomeInvalidDemographic.json', 400, 'NO_RECORD_GIVEN'],
    ['operationOutcomeNoRelationship.json', 403, 'WITHHELD'],
    ['operationOutcomeBadRequest.json', 400, 'UNAVAILABLE'],
    ['operationOutcomeInvalidParameter.json', 422, 'UNAVAILABLE'],
    ['operationOutcomeInvalidResource.json', 422, 'UNAVAILABLE'],
    ['operationOutcomeInternalServerError.json', 500, 'UNAVAILABLE'],
    ['malformedStructuredRecordMissingPatientResource.json', 200, 'INVALID_ANSWER'],
  ])('answers the state that %s stands for', (name, status, state) => {
    const file = published.find((one) => one.name === name);
    expect(states(file?.json, status)).toEqual([state]);
  });

  it('loses only the malformed date of a record', () => {
    const file = published.find(({ name }) => name === 'malformedDateStructuredRecord.json');
    const person = object(list(file?.json.entry).map((entry) => object(object(entry).resource))[0]);
    const owner: TracedPatient = {
      ...traced,
      nhsNumber: String(object(list(person.identifier)[0]).value),
      birthDate: String(person.birthDate),
    };
    const found = translate({ status: 200, json: file?.json }, owner, sections, '2026-03-01');
    const allergies = found.get('allergies');
    expect(allergies).toMatchObject({
      state: 'INCOMPLETE',
      warnings: expect.arrayContaining([warnings.unreadableEntries]),
    });
    expect(allergies?.entries.map(({ item }) => item.onset)).toContain(null);
    expect(allergies?.entries).toHaveLength(2);
    expect(found.get('problems')?.state).toBe('COMPLETE');
    expect(found.get('medications')?.state).toBe('PARTLY_WITHHELD');
  });

  it('keeps entries marked NOPAT from the patient', () => {
    const file = published.find(({ name }) => name.startsWith('EMISPatient'));
    const area = clinicalAreas.get('medications');
    if (!file || !area) throw new Error('the published record is gone');
    const labels = translateArea(area, readRecord(file.json)).entries.map(({ label }) => label);
    expect(labels.filter((label) => label === 'not-for-patient').length).toBeGreaterThan(0);
  });
});

describe('translation', () => {
  it('gives every area of a record', () => {
    const found = answers(bundle());
    expect(
      [...found].map(([section, { state, entries }]) => `${section} ${state} ${entries.length}`),
    ).toEqual([
      'problems COMPLETE 1',
      'medications COMPLETE 1',
      'allergies COMPLETE 1',
      'results COMPLETE 2',
      'encounters COMPLETE 1',
      'documents COMPLETE 1',
    ]);
    for (const [section, answered] of found) expectValid(section, answered);
  });

  it('joins a medicine with its plan', () => {
    const [entry] = answer(bundle(), 'medications').entries;
    expect(entry).toMatchObject({
      localId: 'MedicationStatement/s',
      order: '2019-03',
      item: {
        dose: 'one each day; after food',
        repeat: true,
        prescriber: 'Dr Ada Fenn',
        code: { text: 'Aspirin 75 mg' },
      },
    });
  });

  it('flattens groups of results and keeps single ones', () => {
    const [report, alone] = answer(bundle(), 'results').entries;
    expect(report?.item.members).toMatchObject([
      { code: { codings: [{ code: '26604007' }] }, value: null },
      { value: '131', unit: 'g/L', range: '115 - 165' },
    ]);
    expect(alone).toMatchObject({
      localId: 'Observation/alone',
      order: '2022-02-03',
      item: { value: 'trace' },
    });
  });

  it('shows a source statement of no known allergies', () => {
    expect(answer(bundle(), 'allergies').entries[0]?.item.noKnownAllergies).toBe(true);
  });

  it.each([
    ['confirmed', 'active', 'confirmed', true],
    ['unconfirmed', 'active', 'unconfirmed', true],
    ['refuted', 'refuted', 'refuted', false],
    ['entered-in-error', 'entered-in-error', 'entered-in-error', false],
    [undefined, 'active', null, true],
  ])('gives the verification %s beside the clinical status', (sent, status, verification, noneKnown) => {
    const verified = (id: string, section: Section) =>
      answer(changed(id, { verificationStatus: sent }), section).entries[0]?.item;
    expect(verified('c', 'problems')).toMatchObject({ status, verification });
    expect(verified('a', 'allergies')).toMatchObject({ status, verification, noKnownAllergies: noneKnown });
  });

  it('takes no ended statement for no known allergies', () => {
    const { entries } = answer(changed('a', { clinicalStatus: 'resolved' }), 'allergies');
    expect(entries[0]?.item.noKnownAllergies).toBe(false);
  });

  it.each([
    [{ status: 'superseded' }, 'superseded'],
    [{ status: 'entered-in-error' }, 'entered-in-error'],
    [{ status: 'current', docStatus: 'entered-in-error' }, 'entered-in-error'],
    [{ status: 'current', docStatus: 'final' }, 'current'],
  ])('shows a document of %j with its status', (sent, status) => {
    expect(answer(changed('r', sent), 'documents')).toMatchObject({
      state: 'COMPLETE',
      entries: [{ item: { status } }],
    });
  });

  it('gives the intent of a request that no statement leads to', () => {
    const intents = answer(without('s'), 'medications').entries.map(({ localId, item }) => [
      localId,
      item.intent,
    ]);
    expect(intents).toEqual([['MedicationRequest/plan', 'plan']]);
    expect(answer(bundle(), 'medications').entries[0]?.item.intent).toBeNull();
  });

  const note = [{ text: 'as told by her son' }, { text: 'see letter' }];
  const words = 'as told by her son\nsee letter';
  it.each([
    ['a problem', 'c', 'problems', { note }, words],
    ['an allergy', 'a', 'allergies', { note }, words],
    ['a medicine', 's', 'medications', { note }, words],
    ['the plan of a medicine', 'plan', 'medications', { note }, words],
    ['an issue of a medicine', 'issue', 'medications', { note }, words],
    ['a note sent twice', 'c', 'problems', { note: [...note, ...note] }, words],
    ['a note that is no list', 'c', 'problems', { note: note[1] }, 'see letter'],
  ] as const)('keeps the notes of %s', (_what, id, section, sent, kept) => {
    expect(answer(changed(id, sent), section).entries[0]?.item.note).toBe(kept);
    expect(answer(bundle(), section).entries[0]?.item.note).toBeNull();
  });

  it('shows the description of a reaction once', () => {
    const reaction = (manifestation: readonly Json[]) => ({
      reaction: [{ manifestation, description: 'lips swelled' }],
    });
    const shown = (manifestation: readonly Json[]) =>
      answer(changed('a', reaction(manifestation)), 'allergies').entries[0]?.item;
    expect(shown([coded('271807003')])).toMatchObject({
      reaction: [{ text: 'Invented term' }],
      note: 'lips swelled',
    });
    expect(shown([])).toMatchObject({ reaction: [{ text: 'lips swelled' }], note: null });
  });

  it('keeps the comment beside a value, and the notes of a specimen', () => {
    const [report] = answer(changed('one', { comment: 'repeat in a week' }), 'results').entries;
    expect(report?.item.members).toMatchObject([{}, { value: '131', note: 'repeat in a week' }]);
    const specimen: Json = { resourceType: 'Specimen', id: 'blood', note: [{ text: 'haemolysed' }] };
    const resources = list(
      changed('alone', { comment: 'repeat', specimen: { reference: 'Specimen/blood' } }).entry,
    ).map((entry) => object(object(entry).resource));
    const [, alone] = answer(bundleOf([...resources, specimen]), 'results').entries;
    expect(alone?.item).toMatchObject({ value: 'trace', note: 'repeat\nhaemolysed' });
  });

  it('shows a comment that is the whole result as its value', () => {
    const sent = { valueString: undefined, comment: 'no growth' };
    const [, alone] = answer(changed('alone', sent), 'results').entries;
    expect(alone?.item).toMatchObject({ value: 'no growth', note: null });
  });

  it('gives only documents of consultations where there is no parameter for all', () => {
    const found = answer(bundle(notSupported('includeDocuments')), 'documents');
    expect(found).toMatchObject({ state: 'INCOMPLETE', warnings: [warnings.consultationDocumentsOnly] });
    expect(found.entries).toHaveLength(1);
  });

  it('shows an ended allergy once, however many lists hold it', () => {
    const ended: Json = {
      resourceType: 'AllergyIntolerance',
      id: '1',
      identifier: [{ system: 'urn:practice', value: 'x1' }],
      code: coded('91935009'),
      clinicalStatus: 'resolved',
      onsetDateTime: '1999-02-30',
    };
    const lists = ['1103671000000101', 'problems-allergies-that-have-been-ended-related-to-problems'];
    const found = answer(
      bundle(...lists.map((code) => listOf(code, ['#1'], { contained: [ended] }))),
      'allergies',
    );
    expect(found.entries.map(({ localId, item }) => [localId, item.status, item.onset])).toEqual([
      ['AllergyIntolerance/a', 'active', '2001'],
      ['AllergyIntolerance/#urn:practice|x1', 'resolved', null],
    ]);
    expect(found).toMatchObject({ state: 'INCOMPLETE', warnings: [warnings.unreadableEntries] });
  });

  it('shows a request that no statement leads to', () => {
    const orphan: Json = {
      resourceType: 'MedicationRequest',
      id: 'lost',
      intent: 'order',
      status: 'active',
      medicationReference: { reference: 'Medication/m' },
    };
    const ids = answer(bundle(orphan), 'medications').entries.map(({ localId }) => localId);
    expect(ids).toEqual(['MedicationStatement/s', 'MedicationRequest/lost']);
  });

  it('stays valid whatever one value becomes', () => {
    const text = JSON.stringify(bundle());
    const values = text.match(/"[^"]*"(?=[,}\]])|\d+(?=[,}\]])/g)?.length ?? 0;
    const junk = fc.constantFrom(
      'null',
      '7',
      '-1.5',
      'true',
      '""',
      '"19"',
      '{}',
      '[]',
      '[null]',
      '{"reference":5}',
    );
    fc.assert(
      fc.property(fc.nat(values - 1), junk, (place, value) => {
        let index = -1;
        const broken = text.replace(/"[^"]*"(?=[,}\]])|\d+(?=[,}\]])/g, (found) => {
          index += 1;
          return index === place ? value : found;
        });
        for (const [section, answered] of answers(JSON.parse(broken))) expectValid(section, answered);
      }),
      { numRuns: 300 },
    );
  });
});

describe('labels', () => {
  it.each([
    ['the plan of a medicine', 'plan', 'medications', [nopat], 'not-for-patient'],
    ['the medicine itself', 'm', 'medications', [restricted], 'restricted'],
    ['one member of a report', 'one', 'results', [restricted], 'restricted'],
    ['the list that names it', '717711000000103', 'problems', [nopat], 'not-for-patient'],
    ['two kinds at once', 'c', 'problems', [nopat, restricted], 'unknown'],
    ['a label nobody knows', 'c', 'problems', [{ system: 'urn:x', code: 'N' }], 'unknown'],
    ['ordinary confidentiality', 'c', 'problems', [{ ...restricted, code: 'N' }], 'none'],
  ] as const)('follows %s', (_what, id, section, security, label) => {
    expect(answer(changed(id, { meta: { security } }), section).entries[0]?.label).toBe(label);
  });

  it('follows the encounter of a document', () => {
    const resources = list(changed('e', { meta: { security: [restricted] } }).entry).map((entry) =>
      object(object(entry).resource),
    );
    const linked = resources.map((one) =>
      one.id === 'r' ? { ...one, context: { encounter: { reference: 'Encounter/e' } } } : one,
    );
    expect(answer(bundleOf(linked), 'documents').entries[0]?.label).toBe('restricted');
  });
});

describe('dissent to the shared record', () => {
  const refused = '416409005';
  const given = '417528008';
  it.each([
    ['a dissent alone refuses', [[refused, '2020-05-01']], 'local'],
    [
      'a later consent wins',
      [
        [refused, '2020-05-01'],
        [given, '2021-01-01T09:00:00Z'],
      ],
      'none',
    ],
    [
      'a later dissent wins',
      [
        [given, '2020-05-01'],
        [refused, '2021-01-01'],
      ],
      'local',
    ],
    [
      'the same day refuses',
      [
        [refused, '2020-05-01T08:00:00Z'],
        [given, '2020-05-01T17:00:00Z'],
      ],
      'local',
    ],
    ['an undated dissent refuses', [[refused], [given, '2021-01-01']], 'local'],
    ['an undated consent never wins', [[refused, '2020-05-01'], [given]], 'local'],
    [
      'a partial date wins only where it is later',
      [
        [refused, '2020-05-01'],
        [given, '2020'],
      ],
      'local',
    ],
    ['consent alone is no dissent', [[given, '2020-05-01']], 'none'],
  ] as const)('%s', (_name, recorded, dissent) => {
    const observations = recorded.map(([code, date], index) => consentRecord(`k${index}`, code, date));
    expect([...answers(bundle(...observations)).values()].every((one) => one.dissent === dissent)).toBe(true);
  });
});

describe('the state of a source', () => {
  function refusal(code: string): Json {
    return {
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', details: { coding: [{ code }] } }],
    };
  }
  function warned(code: string): Json {
    const url = 'https://fhir.nhs.uk/STU3/StructureDefinition/Extension-CareConnect-GPC-ListWarningCode-1';
    return changed('717711000000103', { extension: [{ url, valueCode: code }] });
  }

  it.each([
    'NO_PATIENT_CONSENT',
    'NO_ORGANISATION_CONSENT',
    'NO_RELATIONSHIP',
    'ACCESS DENIED',
    'ACCESS_DENIED',
  ])('is WITHHELD, without a dissent, for %s', (code) => {
    const found = [...answers(refusal(code), sections, 403).values()];
    expect(found.every(({ state, dissent }) => state === 'WITHHELD' && dissent === 'none')).toBe(true);
  });

  it.each(['PATIENT_NOT_FOUND', 'NO_RECORD_FOUND'])('is never empty for %s', (code) => {
    expect(states(refusal(code), 404)).toEqual(['NO_RECORD_GIVEN']);
  });

  it('is SWITCHED_OFF for the area named in a warning', () => {
    const found = answers(bundle(notSupported('includeProblems')), ['problems', 'allergies']);
    expect([...found.values()].map(({ state }) => state)).toEqual(['SWITCHED_OFF', 'COMPLETE']);
  });

  it('is INCOMPLETE where part of a parameter is not understood', () => {
    const found = answer(bundle(notSupported('includeMedication.includePrescriptionIssues')), 'medications');
    expect(found).toMatchObject({ state: 'INCOMPLETE', warnings: [warnings.partlyUnavailable] });
  });

  it.each([
    ['confidential-items', 'PARTLY_WITHHELD', []],
    ['data-in-transit', 'INCOMPLETE', [warnings.recordInTransit]],
    ['data-awaiting-filing', 'INCOMPLETE', [warnings.awaitingFiling]],
    ['something-new', 'INCOMPLETE', [warnings.searchIncomplete]],
  ])('follows the list warning %s', (code, state, found) => {
    expect(answer(warned(code), 'problems')).toMatchObject({ state, warnings: found });
  });

  it('is COMPLETE and empty only where the source says so', () => {
    const empty = {
      ...bundle(),
      entry: list(bundleOf([patient, listOf('717711000000103', []), listOf('826501000000100', [])]).entry),
    };
    expect(answer(empty, 'problems')).toMatchObject({
      state: 'COMPLETE',
      warnings: [warnings.emptyList],
      entries: [],
    });
    expect(answer(empty, 'allergies').state).toBe('NO_RECORD_GIVEN');
  });

  it('is INCOMPLETE where a listed entry was not sent', () => {
    expect(answer(without('c'), 'problems')).toMatchObject({ state: 'INCOMPLETE', entries: [] });
  });

  it('is INVALID_ANSWER for another patient, or none', () => {
    const identifier = [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9997771230' }];
    expect(states(changed('p', { identifier }))).toEqual(['INVALID_ANSWER']);
    expect(states(changed('p', { birthDate: '1962-04-02' }))).toEqual(['INVALID_ANSWER']);
    expect(states(without('p'))).toEqual(['INVALID_ANSWER']);
    expect(states({ resourceType: 'Parameters' })).toEqual(['INVALID_ANSWER']);
  });

  it('never shows an entry about another patient', () => {
    const found = answer(changed('c', { subject: { reference: 'Patient/other' } }), 'problems');
    expect(found).toMatchObject({ state: 'INCOMPLETE', entries: [] });
    expect(found.warnings).toContain(warnings.unreadableEntries);
  });

  it('warns of a family name that differs', () => {
    expect(answer(changed('p', { name: [{ family: 'Fenwater' }] }), 'problems').warnings).toEqual([
      warnings.nameDiffers,
    ]);
  });
});

describe('over the wire', () => {
  let server: FastifyInstance | undefined;
  afterEach(async () => {
    await server?.close();
  });

  const access: AccessContext = {
    requester: {
      userId: '555000000001',
      role: 'doctor',
      roleCode: 'S8000:G8000:R8000',
      roleProfileId: '555000000002',
      organisation: 'RXX01',
      groups: ['ICS-NORTH'],
    },
    purpose: 'TREAT',
    training: 'current',
    relationship: 'encounter',
    patient: traced,
    dissent: 'none',
    correlationId: '629ea9ba-a077-4d99-b289-7a9b19fd4e03',
  };

  /** A practice's system that answers with `body` and remembers what it was asked. */
  async function practice(status: number, body: Json) {
    const asked: { url: string; headers: Json; body: Json }[] = [];
    server = fastify();
    server.addContentTypeParser(
      'application/fhir+json',
      { parseAs: 'string' },
      server.getDefaultJsonParser('error', 'error'),
    );
    server.post('*', (request, reply) => {
      asked.push({ url: request.url, headers: request.headers, body: object(request.body) });
      return reply.code(status).type('application/fhir+json').send(JSON.stringify(body));
    });
    const address = await server.listen({ host: '127.0.0.1', port: 0 });
    const http = systemHttp({
      baseUrl: `${address}/fhir`,
      authorization: 'Basic secret',
      signal: AbortSignal.timeout(5000),
      limitBytes: 1e6,
    });
    return { asked, call: { http, odsCode: 'RXX90', access, now: new Date('2026-03-01T10:00:00Z') } };
  }

  it('asks once for the areas wanted and the uncategorised data', async () => {
    const { asked, call } = await practice(200, bundle());
    const found = gpConnect.read(call, ['allergies', 'medications', 'encounters', 'documents', 'socialCare']);
    const got = await Promise.all(
      [...found].map(async ([section, one]) => `${section} ${(await one).state}`),
    );
    expect(got).toEqual([
      'allergies COMPLETE',
      'medications COMPLETE',
      'encounters COMPLETE',
      'documents COMPLETE',
      'socialCare NOT_HELD',
    ]);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.url).toBe('/fhir/Patient/$gpc.getstructuredrecord');
    expect(asked[0]?.body.parameter).toEqual([
      {
        name: 'patientNHSNumber',
        valueIdentifier: { system: 'https://fhir.nhs.uk/Id/nhs-number', value: nhsNumber },
      },
      { name: 'includeAllergies', part: [{ name: 'includeResolvedAllergies', valueBoolean: true }] },
      { name: 'includeMedication', part: [{ name: 'includePrescriptionIssues', valueBoolean: true }] },
      { name: 'includeConsultations' },
      { name: 'includeDocuments' },
      { name: 'includeUncategorisedData' },
    ]);
  });

  it('says who asks in headers and an unsigned token', async () => {
    const { asked, call } = await practice(200, bundle());
    await gpConnect.read(call, ['problems']).get('problems');
    const headers = asked[0]?.headers ?? {};
    expect(headers).toMatchObject({
      'ssp-traceid': access.correlationId,
      'ssp-from': expect.stringMatching(/^999\d{9}$/),
      'ssp-to': expect.stringMatching(/^999\d{9}$/),
      'ssp-interactionid': 'urn:nhs:names:services:gpconnect:fhir:operation:gpc.getstructuredrecord-1',
    });
    const [head, claims, signature] = String(headers.authorization).replace('Bearer ', '').split('.');
    const decoded = [head, claims].map((part) => JSON.parse(Buffer.from(part ?? '', 'base64url').toString()));
    expect(signature).toBe('');
    expect(decoded).toMatchObject([
      { alg: 'none', typ: 'JWT' },
      {
        sub: '555000000001',
        aud: expect.stringMatching(/^https?:\/\//),
        iat: 1772359200,
        exp: 1772359500,
        reason_for_request: 'directcare',
        requested_scope: 'patient/*.read',
        requesting_organization: { identifier: [{ value: 'RXX01' }] },
        requesting_practitioner: { id: '555000000001' },
      },
    ]);
  });

  it.each([
    ['complete', 'none', ['COMPLETE']],
    ['gp-dissent', 'local', ['COMPLETE']],
    ['gp-dissent-same-day', 'local', ['COMPLETE']],
    ['gp-consent-later', 'none', ['COMPLETE']],
    ['in-transit', 'none', ['INCOMPLETE']],
    ['all-confidential', 'none', ['PARTLY_WITHHELD']],
  ])('reads the region practice record of the situation `%s`', async (situation, dissent, state) => {
    server = gpSystem();
    const person = people.find((one) => one.situation === situation);
    if (!person) throw new Error(`nobody of the situation ${situation}`);
    const address = await server.listen({ host: '127.0.0.1', port: 0 });
    const baseUrl = `${address}/${person.registeredPractice}/STU3/1/gpconnect/structured/fhir`;
    const http = systemHttp({
      baseUrl,
      authorization: null,
      signal: AbortSignal.timeout(5000),
      limitBytes: 1e7,
    });
    const call = {
      http,
      odsCode: person.registeredPractice,
      access: {
        ...access,
        patient: { ...traced, ...person, formerNhsNumbers: [], state: 'ordinary' as const },
      },
      now: new Date(),
    };
    const found = await Promise.all(gpConnect.read(call, sections).values());
    expect([...new Set(found.map((one) => one.state))]).toEqual(state);
    expect([...new Set(found.map((one) => one.dissent))]).toEqual([dissent]);
    for (const [index, section] of sections.entries()) expectValid(section, found[index] ?? { entries: [] });
  });

  it('answers UNAVAILABLE when the practice fails', async () => {
    const { call } = await practice(503, {});
    await expect(gpConnect.read(call, ['problems']).get('problems')).resolves.toMatchObject({
      state: 'UNAVAILABLE',
    });
  });
});
