import { describe, expect, it } from 'vitest';
import type { TracedPatient } from '../consent-policy/access-context.ts';
import type { Section } from '../consent-policy/vocabulary.ts';
import type { SectionAnswer } from '../subgraphs/care-record/provider/connector.ts';
import { clinicalAreas } from '../subgraphs/care-record/provider/connectors/gp-connect/clinical-area.ts';
import { type Json, referenceKey } from '../subgraphs/care-record/provider/connectors/gp-connect/json.ts';
import { translate } from '../subgraphs/care-record/provider/connectors/gp-connect/translate.ts';
import { warnings } from '../subgraphs/care-record/provider/warnings.ts';

// What a practice's system could send by mistake or by malice, and what must not come of it.

const today = '2026-03-01';
const nhsNumber = '9990000018';
const stranger = '9990000026';
const traced: TracedPatient = {
  nhsNumber,
  formerNhsNumbers: [],
  birthDate: '1962-04-01',
  familyName: 'Brackwater',
  state: 'ordinary',
  registeredPractice: 'RXX90',
};
const snomed = 'http://snomed.info/sct';
const numberSystem = 'https://fhir.nhs.uk/Id/nhs-number';
const subject = { reference: 'Patient/1' };
const lists: Readonly<Record<string, string>> = {
  problems: '717711000000103',
  medications: '933361000000108',
  allergies: '886921000000105',
  results: '887191000000108',
  encounters: '1149501000000101',
};
const uncategorised = '826501000000100';

const patient: Json = {
  resourceType: 'Patient',
  id: '1',
  identifier: [{ system: numberSystem, value: nhsNumber }],
  name: [{ use: 'official', family: 'Brackwater' }],
  birthDate: '1962-04-01',
};
const problem: Json = { resourceType: 'Condition', id: 'c', subject, code: { text: 'Invented problem' } };

function coded(code: unknown): Json {
  return { coding: [{ system: snomed, code }] };
}

function listOf(code: string, references: readonly string[], more: Json = {}): Json {
  const content =
    references.length === 0
      ? { emptyReason: { coding: [{ code: 'no-content-recorded' }] } }
      : { entry: references.map((reference) => ({ item: { reference } })) };
  return { resourceType: 'List', code: coded(code), subject, ...content, ...more };
}

function bundleOf(...resources: readonly Json[]): Json {
  return { resourceType: 'Bundle', entry: resources.map((resource) => ({ resource })) };
}

/** A record with one section's resources, each listed, and empty uncategorised data. */
function recordOf(section: Section, ...resources: readonly Json[]): Json {
  const references = resources.map(({ resourceType, id }) => `${resourceType}/${id}`);
  return bundleOf(patient, listOf(lists[section] ?? '', references), listOf(uncategorised, []), ...resources);
}

function answer(json: Json, section: Section): SectionAnswer {
  const found = translate({ status: 200, json }, traced, [section], today).get(section);
  if (!found) throw new Error(`no answer for ${section}`);
  return found;
}

function many(count: number, make: (index: number) => Json): readonly Json[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

describe('parts that many entries share', () => {
  const observation = (id: string, more: Json = {}): Json => ({
    resourceType: 'Observation',
    id,
    subject,
    code: { text: 'x' },
    valueString: 'y',
    ...more,
  });
  const group = (count: number) =>
    observation('g', {
      related: many(count, (index) => ({
        type: 'has-member',
        target: { reference: `Observation/m${index}` },
      })),
    });
  const report = (index: number, more: Json): Json => ({
    resourceType: 'DiagnosticReport',
    id: `r${index}`,
    subject,
    code: { text: 'r' },
    ...more,
  });
  const toGroup = { result: [{ reference: 'Observation/g' }] };
  const practitioner = (long: string): Json => ({
    resourceType: 'Practitioner',
    id: 'd',
    name: [{ family: long }],
  });
  const long = 'x'.repeat(200_000);
  const cases: readonly (readonly [string, Section, readonly Json[]])[] = [
    [
      'one group of results in many reports',
      'results',
      [
        ...many(800, (index) => report(index, toGroup)),
        group(800),
        ...many(800, (index) => observation(`m${index}`)),
      ],
    ],
    [
      'one member in many groups',
      'results',
      [
        ...many(600, (index) =>
          observation(`g${index}`, { specimen: {}, related: [{ target: { reference: 'Observation/m' } }] }),
        ),
        observation('m', { component: many(600, () => ({ code: { text: 'part' }, valueString: 'y' })) }),
      ],
    ],
    [
      'the notes of one specimen',
      'results',
      [
        ...many(600, (index) => report(index, { specimen: [{ reference: 'Specimen/s' }] })),
        { resourceType: 'Specimen', id: 's', subject, note: [{ text: long }] },
      ],
    ],
    [
      'one comment in many reports',
      'results',
      [
        ...many(600, (index) => report(index, { result: [{ reference: 'Observation/m' }] })),
        observation('m'),
        observation('n', {
          code: coded('37331000000100'),
          comment: long,
          related: [{ type: 'derived-from', target: { reference: 'Observation/m' } }],
        }),
      ],
    ],
    [
      'the issues of one plan',
      'medications',
      [
        ...many(600, (index) => ({
          resourceType: 'MedicationStatement',
          id: `s${index}`,
          subject,
          basedOn: [{ reference: 'MedicationRequest/p' }, { reference: 'MedicationRequest/p' }],
          medicationCodeableConcept: { text: 'Invented' },
        })),
        { resourceType: 'MedicationRequest', id: 'p', subject, note: [{ text: 'plan' }] },
        ...many(600, (index) => ({
          resourceType: 'MedicationRequest',
          id: `i${index}`,
          subject,
          basedOn: [{ reference: 'MedicationRequest/p' }],
          note: [{ text: `issue ${index}` }],
        })),
      ],
    ],
    [
      'the name of one doctor',
      'problems',
      [
        ...many(600, (index) => ({ ...problem, id: `c${index}`, asserter: { reference: 'Practitioner/d' } })),
        practitioner(long),
      ],
    ],
    [
      'the name of one place',
      'encounters',
      [
        ...many(600, (index) => ({
          resourceType: 'Encounter',
          id: `e${index}`,
          subject,
          location: many(3, () => ({ location: { reference: 'Location/l' } })),
        })),
        { resourceType: 'Location', id: 'l', name: long },
      ],
    ],
    [
      'one reason for many medicines',
      'medications',
      [
        ...many(600, (index) => ({
          resourceType: 'MedicationStatement',
          id: `s${index}`,
          subject,
          medicationCodeableConcept: { text: 'Invented' },
          reasonReference: [{ reference: 'Condition/c' }],
        })),
        { ...problem, code: { text: long } },
      ],
    ],
  ];

  it.each(cases)('are no product of the two: %s', (_what, section, resources) => {
    const sent = recordOf(section, ...resources);
    const found = answer(sent, section);
    expect(found).toMatchObject({
      state: 'INCOMPLETE',
      warnings: expect.arrayContaining([warnings.tooEntangled]),
    });
    expect(found.entries.length).toBeGreaterThan(0);
    // A value is written with more field names than it was sent with; the factor is the same for any number of entries.
    const bound = 4 * (5 * JSON.stringify(sent).length + 1_000_000);
    expect(JSON.stringify(found.entries).length).toBeLessThan(bound);
  });

  it('cost nothing where they are shared as usual', () => {
    const reports = many(400, (index) =>
      report(index, { performer: [{ actor: { reference: 'Practitioner/d' } }], ...toGroup }),
    );
    const sent = recordOf('results', ...reports, group(2), observation('m0'), observation('m1'));
    const found = answer({ ...sent, entry: [...list(sent), { resource: practitioner('Fenn') }] }, 'results');
    expect(found.warnings).not.toContain(warnings.tooEntangled);
    expect(found.entries).toHaveLength(400);
    expect(found.entries.every(({ item }) => item.source.author === 'Fenn')).toBe(true);
  });

  it('leave a section INCOMPLETE even where its first entry is too much', () => {
    const authors = many(200, () => ({ reference: 'Practitioner/d' }));
    const letter = { resourceType: 'DocumentReference', id: 'r', subject, author: authors };
    const nameless = { ...practitioner(''), name: [{ given: Array.from({ length: 50_000 }, () => '') }] };
    const found = answer(bundleOf(patient, listOf(uncategorised, []), letter, nameless), 'documents');
    expect(found).toMatchObject({ state: 'INCOMPLETE', warnings: [warnings.tooEntangled], entries: [] });
  });

  it('do not make the label of one encounter be read for every entry', () => {
    let reads = 0;
    const security = many(50, () => ({ system: 'http://hl7.org/fhir/v3/Confidentiality', code: 'R' }));
    const encounter: Json = {
      resourceType: 'Encounter',
      id: 'e',
      subject,
      meta: {
        get security() {
          reads += 1;
          return security;
        },
      },
    };
    const linked = many(100, (index) => ({
      ...problem,
      id: `c${index}`,
      context: { reference: 'Encounter/e' },
    }));
    const found = answer(recordOf('problems', ...linked, encounter), 'problems');
    expect(found.entries.every(({ label }) => label === 'restricted')).toBe(true);
    expect(reads).toBeLessThan(20);
  });

  it('take a label down through lists as deep as they go', () => {
    const depth = 15_000;
    const deep = many(depth, (index) =>
      listOf('deep', [index + 1 === depth ? 'Condition/c' : `List/l${index + 1}`], {
        id: `l${index}`,
        ...(index === 0 && { meta: { security: [{ system: 'urn:x', code: 'unheard' }] } }),
      }),
    );
    const sent = recordOf('problems', problem);
    const entry = [...list(sent), ...deep.map((resource) => ({ resource }))];
    expect(answer({ ...sent, entry }, 'problems').entries).toMatchObject([{ label: 'unknown' }]);
  });

  it('end at the practitioner of a role, even one that names itself', () => {
    const role = {
      resourceType: 'PractitionerRole',
      id: 'r',
      practitioner: { reference: 'PractitionerRole/r' },
    };
    const found = answer(
      bundleOf(
        patient,
        listOf(lists.problems ?? '', ['Condition/c']),
        listOf(uncategorised, []),
        { ...problem, asserter: { reference: 'PractitionerRole/r' } },
        role,
      ),
      'problems',
    );
    expect(found).toMatchObject({ state: 'COMPLETE', entries: [{ item: { source: { author: null } } }] });
  });

  it.each([
    ['Condition/1', 'Condition/1'],
    ['https://practice.example/fhir/Condition/1', 'Condition/1'],
    ['Condition/1/_history/2', 'Condition/1'],
    ['#1', '#1'],
    ['urn:uuid:1', 'urn:uuid:1'],
    [`${'a'.repeat(1_000_000)}/b/`, `${'a'.repeat(1_000_000)}/b/`],
  ])('are found by reference, however long it is', (reference, key) => {
    expect(referenceKey({ reference })).toBe(key);
  });
});

function list(bundle: Json): readonly unknown[] {
  return Array.isArray(bundle.entry) ? bundle.entry : [];
}

describe('an entry about somebody else', () => {
  const identified = (value: string) => ({ identifier: { system: numberSystem, value } });
  const otherPatient = {
    resourceType: 'Patient',
    id: 'x',
    identifier: [{ system: numberSystem, value: stranger }],
  };
  it.each([
    ['by NHS number', { subject: identified(stranger) }],
    ['by NHS number beside the right reference', { subject: { ...subject, ...identified(stranger) } }],
    ...[`${numberSystem}/`, ` ${numberSystem.toUpperCase()}// `].map(
      (system) =>
        [
          `by NHS number of the system "${system}"`,
          { subject: { ...subject, identifier: { system, value: stranger } } },
        ] as const,
    ),
    ['by the same id on another server', { subject: { reference: 'https://b.example/fhir/Patient/1' } }],
    ['by the same id without a scheme', { subject: { reference: '//b.example/Patient/1' } }],
    ['by a reference in lower case', { subject: { reference: 'patient/2' } }],
    ['by a uuid of nobody', { subject: { reference: 'urn:uuid:11111111-1111-1111-1111-111111111111' } }],
    ['as its patient', { patient: { reference: 'Patient/2' } }],
    ['as one of two subjects', { subject: [subject, { reference: 'Patient/2' }] }],
    ['in words', { subject: { display: 'Somebody' } }],
    ['by a number of another kind', { subject: { identifier: { system: 'urn:local', value: nhsNumber } } }],
    ['by naming nobody', { subject: undefined }],
  ] as const)('is not shown: %s', (_how, more) => {
    const found = answer(recordOf('problems', problem, { ...problem, id: 'd', ...more }), 'problems');
    expect(found.entries.map(({ localId }) => localId)).toEqual(['Condition/c']);
    expect(found.state).toBe('INCOMPLETE');
    expect(found.warnings).toContain(warnings.unreadableEntries);
  });

  it.each([
    ['by the right number', { subject: identified(nhsNumber) }],
    ['by the right number with spaces', { subject: identified('999 000 0018') }],
    ['by both', { subject: { ...subject, ...identified(nhsNumber) } }],
    ['with version', { subject: { reference: 'Patient/1/_history/3' } }],
  ])('is told from one about the patient %s', (_how, more) => {
    expect(answer(recordOf('problems', { ...problem, ...more }), 'problems')).toMatchObject({
      state: 'COMPLETE',
      entries: [{ localId: 'Condition/c' }],
    });
  });

  it('is told from one about the patient by the address the Patient was sent with', () => {
    const about = (reference: string) => {
      const sent = recordOf('problems', { ...problem, subject: { reference } });
      const entry = list(sent).map((one) =>
        Object.is(one, list(sent)[0]) ? { resource: patient, fullUrl: 'https://a.example/Patient/1' } : one,
      );
      return answer({ ...sent, entry }, 'problems').entries.length;
    };
    expect(about('https://a.example/Patient/1')).toBe(1);
    expect(about('https://a.example/Patient/1/_history/3')).toBe(1);
    expect(about('https://b.example/Patient/1')).toBe(0);
  });

  it('keeps what was recorded in that contact from everybody', () => {
    const stay: Json = { resourceType: 'Encounter', id: 'e', subject: { reference: 'Patient/2' } };
    const labels = (more: Json, ...others: readonly Json[]) => {
      const sent = recordOf('problems', { ...problem, ...more });
      const entry = [...list(sent), ...list(bundleOf(...others))];
      return answer({ ...sent, entry }, 'problems').entries.map(({ label }) => label);
    };
    expect(labels({ context: { reference: 'Encounter/e' } }, stay)).toEqual(['unknown']);
    expect(labels({ context: { reference: '#e' }, contained: [stay] })).toEqual(['unknown']);
    expect(labels({ context: { reference: 'Encounter/f' } }, stay)).toEqual(['none']);
  });

  it('is not shown where it is contained', () => {
    const inner = (more: Json) => ({
      resourceType: 'AllergyIntolerance',
      id: 'i',
      code: { text: 'i' },
      ...more,
    });
    const holding = (more: Json, of: Json = {}) =>
      answer(
        bundleOf(
          patient,
          listOf(lists.allergies ?? '', ['#i'], { contained: [inner(more)], ...of }),
          listOf(uncategorised, []),
        ),
        'allergies',
      );
    expect(holding({ patient: subject })).toMatchObject({ state: 'COMPLETE', entries: [{}] });
    expect(holding({ patient: { reference: 'Patient/2' } }).entries).toEqual([]);
    expect(holding({}).entries).toEqual([]);
    expect(holding({ patient: subject }, { subject: { reference: 'Patient/2' } }).entries).toEqual([]);
  });

  it.each([
    ['only a contained one', [{ ...problem, subject: { reference: '#1' }, contained: [patient] }]],
    [
      'only one contained in a list',
      [problem, listOf(lists.problems ?? '', ['Condition/c'], { contained: [patient] })],
    ],
    ['two numbers', [{ ...patient, identifier: [...numbers(nhsNumber), ...numbers(stranger)] }]],
    [
      'an unreadable second number',
      [{ ...patient, identifier: [...numbers(nhsNumber), { system: numberSystem }] }],
    ],
    ['a second Patient', [patient, { ...otherPatient, subject: { reference: 'Patient/2' } }]],
    [
      'a contained Patient',
      [patient, { ...problem, contained: [otherPatient], subject: { reference: '#x' } }],
    ],
  ])('makes the answer invalid where it is a Patient: %s', (_what, resources) => {
    const sent = bundleOf(...resources, listOf(lists.problems ?? '', []), listOf(uncategorised, []));
    expect(answer(sent, 'problems')).toMatchObject({ state: 'INVALID_ANSWER', entries: [] });
  });

  it('does not include the same Patient under a former number', () => {
    const identifier = [...numbers(stranger), ...numbers(nhsNumber)];
    const sent = bundleOf(
      { ...patient, identifier },
      listOf(lists.problems ?? '', []),
      listOf(uncategorised, []),
    );
    const owner = { ...traced, formerNhsNumbers: [stranger] };
    const found = translate({ status: 200, json: sent }, owner, ['problems'], today).get('problems');
    expect(found).toMatchObject({ state: 'COMPLETE', warnings: [warnings.emptyList] });
  });

  it('is no List that vouches for what is there', () => {
    const sent = bundleOf(
      patient,
      listOf(lists.problems ?? '', [], { subject: identified(stranger) }),
      listOf(uncategorised, []),
    );
    expect(answer(sent, 'problems')).toMatchObject({
      state: 'INCOMPLETE',
      warnings: [warnings.partlyUnavailable],
    });
  });
});

function numbers(...values: readonly string[]): readonly Json[] {
  return values.map((value) => ({ system: numberSystem, value }));
}

describe('a labelled resource that an entry only looks at', () => {
  const restricted = {
    meta: { security: [{ system: 'http://hl7.org/fhir/v3/Confidentiality', code: 'V' }] },
  };
  const taken: Json = {
    resourceType: 'MedicationStatement',
    id: 's',
    subject,
    medicationCodeableConcept: { text: 'Invented' },
    reasonReference: [{ reference: 'Condition/c', display: 'Secret' }],
  };
  const secret = { ...problem, code: { text: 'Secret' } };
  const doctor = { resourceType: 'Practitioner', id: 'd', name: [{ text: 'Secret' }] };
  const role = { resourceType: 'PractitionerRole', id: 'r', practitioner: { reference: 'Practitioner/d' } };
  const place = { resourceType: 'Location', id: 'l', name: 'Secret' };
  const stay: Json = {
    resourceType: 'Encounter',
    id: 'e',
    subject,
    location: [{ location: { reference: 'Location/l', display: 'Secret' } }],
  };
  const by = (reference: string) => ({ ...problem, asserter: { reference, display: 'Secret' } });
  const recorded = (section: Section, shown: Json, ...others: readonly Json[]) => {
    const sent = recordOf(section, shown);
    return answer({ ...sent, entry: [...list(sent), ...list(bundleOf(...others))] }, section).entries;
  };
  const cases: readonly (readonly [string, Section, Json, readonly Json[]])[] = [
    ['a reason', 'medications', taken, [{ ...secret, ...restricted }]],
    ['a reason in a labelled list', 'medications', taken, [secret, listOf('1', ['Condition/c'], restricted)]],
    [
      'a reason from a labelled encounter',
      'medications',
      taken,
      [
        { ...secret, context: { reference: 'Encounter/e' } },
        { ...stay, ...restricted },
      ],
    ],
    ['a place', 'encounters', stay, [{ ...place, ...restricted }]],
    ['an author', 'problems', by('Practitioner/d'), [{ ...doctor, ...restricted }]],
    ['an author in a role', 'problems', by('PractitionerRole/r'), [role, { ...doctor, ...restricted }]],
    ['a role', 'problems', by('PractitionerRole/r'), [{ ...role, ...restricted }, doctor]],
  ];

  it.each(cases)('lends it no words: %s', (_what, section, shown, others) => {
    const entries = recorded(section, shown, ...others);
    expect(entries).toMatchObject([{ label: 'none' }]);
    expect(JSON.stringify(entries)).not.toContain('Secret');
  });

  it('lends its words where it has no label', () => {
    expect(recorded('medications', taken, secret)).toMatchObject([{ item: { reason: { text: 'Secret' } } }]);
    expect(recorded('encounters', stay, place)).toMatchObject([{ item: { location: 'Secret' } }]);
  });
});

describe('a dissent that cannot be ruled out', () => {
  function refused(more: Json = {}): Json {
    return {
      resourceType: 'Observation',
      id: 'd',
      status: 'final',
      subject,
      code: coded('416409005'),
      effectiveDateTime: '2021-05-01',
      ...more,
    };
  }
  function given(more: Json = {}): Json {
    return { ...refused(), id: 'k', code: coded('417528008'), effectiveDateTime: '2022-01-01', ...more };
  }
  function recorded(...resources: readonly Json[]): Json {
    return bundleOf(patient, listOf(lists.problems ?? '', ['Condition/c']), problem, ...resources);
  }
  const both = ['Observation/d', 'Observation/k'];
  const weight = refused({ id: 'w', code: coded('27113001') });
  const dissentOf = (json: Json) => answer(json, 'problems').dissent;
  const listed = (references: readonly string[], more: Json = {}) => listOf(uncategorised, references, more);
  const warned = (valueCode: string) =>
    listed([], { extension: [{ url: 'x/ListWarningCode-1', valueCode }] });
  const because = (code: string) => listed([], { emptyReason: { coding: [{ code }] } });
  const outcome = (diagnostics: string, more: Json = {}): Json => ({
    resourceType: 'OperationOutcome',
    issue: [
      { severity: 'warning', details: { coding: [{ code: 'NOT_IMPLEMENTED' }] }, diagnostics, ...more },
    ],
  });

  it.each(['confidential-items', 'data-in-transit', 'data-awaiting-filing'])(
    'is not suspected behind the published warning %s',
    (code) => {
      expect(dissentOf(recorded(warned(code)))).toBe('none');
    },
  );

  it('leaves practice staff what there is', () => {
    expect(answer(recorded(), 'problems')).toMatchObject({
      state: 'COMPLETE',
      dissent: 'local',
      entries: [{ localId: 'Condition/c' }],
    });
  });

  it.each([
    ['no uncategorised data', recorded()],
    ['a warning nobody knows', recorded(warned('constructor'))],
    ['a list withheld', recorded(because('withheld'))],
    ['a list unavailable', recorded(because('unavailable'))],
    ['an empty list without a reason', recorded(listed([], { emptyReason: undefined }))],
    ['a listed item that was not sent', recorded(listed(['Observation/gone']))],
    ['a list entry without an item', recorded(listed([], { emptyReason: undefined, entry: [{}] }))],
    ['a list of a stranger', recorded(listed([], { subject: { reference: 'Patient/2' } }))],
    [
      'a list with the number of a stranger',
      recorded(listed([], { subject: { ...subject, identifier: numbers(stranger) } })),
    ],
    ['one of two lists incomplete', recorded(listed([]), warned('constructor'))],
    ['uncategorised data switched off', recorded(listed([]), outcome('includeUncategorisedData'))],
    ['only a list recorded in error', recorded(listed([], { status: 'entered-in-error' }))],
    [
      'its name in the text beside another',
      recorded(
        listed([]),
        outcome('includeMedication', {
          details: {
            coding: [{ code: 'NOT_IMPLEMENTED' }],
            text: 'includeUncategorisedData is not supported',
          },
        }),
      ),
    ],
    ['a part of it not understood', recorded(listed([]), outcome('includeUncategorisedData.searchPeriod'))],
    ['its name in other letter case', recorded(listed([]), outcome(' IncludeUncategoriseddata'))],
    ['no severity', recorded(listed([]), outcome('includeUncategorisedData', { severity: undefined }))],
    ['something unnamed not implemented', recorded(listed([]), outcome('uncategorised data'))],
    ['a next page', { ...recorded(listed([])), link: [{ relation: 'next', url: 'x' }] }],
    ['a larger total', { ...recorded(listed([])), total: 99 }],
    [
      'an unreadable entry',
      { ...recorded(listed([])), entry: [...list(recorded(listed([]))), { resource: 'x' }] },
    ],
  ])('counts as one: %s', (_what, json) => {
    expect(dissentOf(json)).toBe('local');
  });

  it('is ruled out by an empty list or one whose items are all there', () => {
    expect(dissentOf(recorded(listed([])))).toBe('none');
    expect(dissentOf(recorded(because('noContent')))).toBe('none');
    expect(dissentOf(recorded(listed(['Observation/w']), weight))).toBe('none');
  });

  const words = 'Refused consent for upload to local shared electronic record';
  it.each([
    ['as a number', [listed(['Observation/d']), refused({ code: coded(416409005) })]],
    ['with spaces', [listed(['Observation/d']), refused({ code: coded(' 416409005 ') })]],
    [
      'as a second coding',
      [listed(['Observation/d']), refused({ code: { coding: [{}, { code: '416409005' }] } })],
    ],
    [
      'as a value',
      [listed(['Observation/d']), refused({ code: {}, valueCodeableConcept: coded('416409005') })],
    ],
    [
      'in a component',
      [listed(['Observation/d']), refused({ code: {}, component: [{ code: coded('416409005') }] })],
    ],
    ['in words', [listed(['Observation/d']), refused({ code: { text: ` ${words.toUpperCase()}` } })]],
    ['in a display', [listed(['Observation/d']), refused({ code: { coding: [{ display: words }] } })]],
    ['with its semantic tag', [listed(['Observation/d']), refused({ code: { text: `${words} (finding)` } })]],
    [
      'in words with hidden characters',
      [listed(['Observation/d']), refused({ code: { text: `\u200b${words.replace('use', 'u\u00adse')}` } })],
    ],
    ...[
      'http://snomed.info/id/416409005',
      'http://snomed.info/id/416409005/',
      '416409005|Refused either/or|',
      '416409005 | Refused |',
      'http://snomed.info/sct|416409005',
      '416409005:246112005=24484000',
      '\u200b416409005\ufeff',
    ].map((code): [string, readonly Json[]] => [
      `written ${JSON.stringify(code)}`,
      [listed(['Observation/d']), refused({ code: coded(code) })],
    ]),
    ['in no list', [listed([]), refused()]],
    ['of a stranger', [listed([]), refused({ subject: { reference: 'Patient/2' } })]],
    ['of nobody', [listed([]), refused({ subject: undefined })]],
    ['as a problem', [listed([]), { ...problem, id: 'x', code: coded('416409005') }]],
    ['contained', [listed([], { contained: [refused()] })]],
    [
      'contained twice',
      [listed([], { contained: [{ resourceType: 'List', id: 'x', contained: [refused()] }] })],
    ],
  ])('is seen %s', (_how, resources) => {
    expect(dissentOf(recorded(...resources))).toBe('local');
  });

  it('is none where it was recorded in error', () => {
    expect(dissentOf(recorded(listed(['Observation/d']), refused({ status: 'entered-in-error' })))).toBe(
      'none',
    );
  });

  it('is overruled by a later consent', () => {
    expect(dissentOf(recorded(listed(both), refused(), given()))).toBe('none');
    expect(dissentOf(recorded(listed(both), refused(), given({ effectiveDateTime: today })))).toBe('none');
    const lasting = given({
      effectiveDateTime: null,
      effectivePeriod: { start: '2022-01-01', end: today },
      issued: '2022-01-01T09:00:00Z',
      valueBoolean: true,
    });
    expect(dissentOf(recorded(listed(both), refused(), lasting))).toBe('none');
  });

  it.each([
    ['dated after today', [listed(both), refused(), given({ effectiveDateTime: '2026-03-02' })]],
    ['cancelled', [listed(both), refused(), given({ status: 'cancelled' })]],
    ['of unknown status', [listed(both), refused(), given({ status: 'unknown' })]],
    ['without a status', [listed(both), refused(), given({ status: undefined })]],
    [
      'of another code system',
      [listed(both), refused(), given({ code: { coding: [{ code: '417528008' }] } })],
    ],
    ['with a date that is none', [listed(both), refused(), given({ effectiveDateTime: '2022-13-40' })]],
    ['that says no', [listed(both), refused(), given({ valueBoolean: false })]],
    [
      'whose time is over',
      [
        listed(both),
        refused(),
        given({ effectiveDateTime: undefined, effectivePeriod: { start: '2022-01-01', end: '2022-02-01' } }),
      ],
    ],
    [
      'whose end cannot be read',
      [listed(both), refused(), given({ effectivePeriod: { start: '2022-01-01', end: 'soon' } })],
    ],
    ['issued before the dissent', [listed(both), refused(), given({ issued: '2019-01-01T00:00:00Z' })]],
    ['issued after today', [listed(both), refused(), given({ issued: '2026-03-02T00:00:00Z' })]],
    ['without a date but its issue', [listed(both), refused(), noDate()]],
    [
      'in a list recorded in error',
      [
        listed(['Observation/d']),
        listed(['Observation/k'], { status: 'entered-in-error' }),
        refused(),
        given(),
      ],
    ],
    ['that no list names', [listed(['Observation/d']), refused(), given()]],
    ['deleted from the list', [deletedFrom(both), refused(), given()]],
    ['contained in the dissent', [listed(['Observation/d']), refused({ contained: [given()] })]],
    ['contained in the list', [listed(['Observation/d', '#k'], { contained: [given()] }), refused()]],
    [
      'contained and listed by what names it',
      [
        listed(['Observation/d', 'Observation/#urn:x|1'], {
          contained: [given({ identifier: [{ system: 'urn:x', value: '1' }] })],
        }),
        refused(),
      ],
    ],
    ['of a stranger', [listed(both), refused(), given({ subject: { identifier: numbers(stranger) } })]],
    ['of nobody', [listed(both), refused(), given({ subject: undefined })]],
    [
      'older than when the dissent was issued',
      [listed(both), refused({ issued: '2023-01-01T09:00:00Z' }), given()],
    ],
    [
      'within the time of the dissent',
      [
        listed(both),
        refused({ effectiveDateTime: undefined, effectivePeriod: { start: '2019', end: '2025' } }),
        given(),
      ],
    ],
    ['of a dissent with an unreadable date', [listed(both), refused({ issued: 'yesterday' }), given()]],
  ])('is not overruled by a consent %s', (_what, resources) => {
    expect(dissentOf(recorded(...resources))).toBe('local');
  });

  function noDate(): Json {
    return given({ effectiveDateTime: undefined, issued: '2022-01-01T00:00:00Z' });
  }
  function deletedFrom(references: readonly string[]): Json {
    const entry = references.map((reference) => ({ item: { reference }, deleted: true }));
    return listed(references, { entry });
  }
});

describe('what is listed and not understood', () => {
  it.each([
    ['another type', { resourceType: 'Flag', id: 'f', subject, code: { text: 'a problem as a flag' } }],
    ['a type in lower case', { ...problem, resourceType: 'condition' }],
  ])('is never an empty section: %s', (_what, resource) => {
    expect(answer(recordOf('problems', resource), 'problems')).toMatchObject({
      state: 'INCOMPLETE',
      warnings: [warnings.unreadableEntries],
      entries: [],
    });
  });

  it('is not the part of an entry that is shown', () => {
    const statement = {
      resourceType: 'MedicationStatement',
      id: 's',
      subject,
      basedOn: [{ reference: 'MedicationRequest/p' }],
      medicationCodeableConcept: { text: 'Invented' },
    };
    const plan = { resourceType: 'MedicationRequest', id: 'p', subject, intent: 'plan' };
    expect(answer(recordOf('medications', statement, plan), 'medications').state).toBe('COMPLETE');
  });

  it('is said of every section where a page is missing', () => {
    const found = answer({ ...recordOf('problems', problem), total: 99 }, 'problems');
    expect(found).toMatchObject({ state: 'INCOMPLETE', warnings: [warnings.searchIncomplete] });
  });
});

describe('a code that means something elsewhere', () => {
  it.each([
    [snomed, true],
    ['urn:local', false],
    [undefined, false],
  ])('says of no known allergies in %s: %s', (system, noKnownAllergies) => {
    const code = { coding: [{ system, code: '716186003', display: 'Invented' }] };
    const allergy = { resourceType: 'AllergyIntolerance', id: 'a', patient: subject, code };
    expect(answer(recordOf('allergies', allergy), 'allergies').entries).toMatchObject([
      { item: { noKnownAllergies } },
    ]);
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('is not looked up: %s', (code) => {
    const security = [{ system: 'http://hl7.org/fhir/v3/Confidentiality', code }];
    const warned = { extension: [{ url: 'x/ListWarningCode-1', valueCode: code }] };
    const plan = {
      resourceType: 'MedicationRequest',
      id: 'p',
      subject,
      medicationCodeableConcept: { text: 'Invented' },
      meta: { security },
      extension: [{ url: 'x/PrescriptionType-1', valueCodeableConcept: { coding: [{ code }] } }],
    };
    const sent = bundleOf(
      patient,
      listOf(lists.medications ?? '', ['MedicationRequest/p'], warned),
      listOf(uncategorised, []),
      plan,
    );
    expect(answer(sent, 'medications')).toMatchObject({
      state: 'INCOMPLETE',
      warnings: [warnings.searchIncomplete],
      entries: [{ label: 'unknown', item: { repeat: null } }],
    });
  });

  it('may be no word at all', () => {
    const code = { toString: 1 };
    const odd = {
      extension: [{ url: 'x/ListWarningCode-1', valueCode: code }],
      emptyReason: { coding: [{ code }] },
    };
    const sent = bundleOf(
      patient,
      listOf(lists.problems ?? '', ['Condition/c'], odd),
      listOf(uncategorised, []),
      { ...problem, code: { coding: [{ code }] } },
    );
    expect([...clinicalAreas.keys()].map((section) => answer(sent, section).state)).toContain('INCOMPLETE');
  });
});
