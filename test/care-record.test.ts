import fc from 'fast-check';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { execute, graphql, parse, validate } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AccessContext } from '../consent-policy/access-context.ts';
import { factsOf } from '../consent-policy/facts.ts';
import { loadPolicy } from '../consent-policy/policy.ts';
import { createSigner, createVerifier } from '../consent-policy/signature.ts';
import type { Label, Section } from '../consent-policy/vocabulary.ts';
import { careRecord } from '../gateway/care-record/care-record.ts';
import type { Located } from '../gateway/care-record/locate.ts';
import { mergeSection, refusedSection } from '../gateway/care-record/merge.ts';
import { emptyOutcome, inFull, type SectionOutcome, type Source } from '../gateway/care-record/outcome.ts';
import { permit } from '../gateway/care-record/permit.ts';
import {
  memberOperation,
  planRecord,
  type RecordPlan,
  type SectionPlan,
} from '../gateway/care-record/record-plan.ts';
import type { Provider } from '../gateway/care-record/register.ts';
import { disclosed, releaseEntries } from '../gateway/care-record/release.ts';
import { type Scatter, scatterer } from '../gateway/care-record/scatter.ts';
import { instantOf } from '../subgraphs/care-record/provider/entry-order.ts';
import { releasedSection } from '../subgraphs/care-record/provider/member-section.ts';
import { warnings } from '../subgraphs/care-record/provider/warnings.ts';
import type { RegisterEntry } from '../subgraphs/care-record/register-entry.ts';
import { agreementOf } from '../subgraphs/care-record/register-files.ts';
import { memberSchema, publicSchema } from '../subgraphs/care-record/schemas.ts';
import { type SourceState, sourceMessages, sourceStates } from '../subgraphs/care-record/source-state.ts';

const policy = loadPolicy();
const schema = publicSchema();
const contract = memberSchema();
const nhsNumber = '9990000026';
const today = '2026-06-10';

const access: AccessContext = {
  requester: {
    userId: 'user-1',
    role: 'doctor',
    roleCode: 'R8000',
    roleProfileId: 'profile-1',
    organisation: 'G99001',
    groups: ['ICS-NORTH'],
  },
  purpose: 'TREAT',
  training: 'current',
  relationship: 'registered-practice',
  patient: {
    nhsNumber,
    formerNhsNumbers: [],
    birthDate: '1962-04-01',
    familyName: 'Brackwater',
    state: 'ordinary',
    registeredPractice: 'G99001',
  },
  dissent: 'none',
  correlationId: '6f6f0d3c-7a43-4d0f-9d6e-0a8d3c1c1b1a',
};

/** The subgraph operation that selects this of a patient. */
function operation(selection: string, fragments = ''): string {
  return `query($representations: [_Any!]!, $yes: Boolean, $no: Boolean) {
    _entities(representations: $representations) { ... on Patient { ${selection} } } } ${fragments}`;
}
function planOf(selection: string, fragments = ''): RecordPlan {
  return planRecord(schema, contract, parse(operation(selection, fragments)), { yes: true, no: false });
}
function sectionOf(selection: string, fragments = ''): SectionPlan {
  const [section] = planOf(selection, fragments).sections;
  if (section === undefined) throw new Error('the selection has no section');
  return section;
}
const memberText = (selection: string, fragments = '') =>
  memberOperation(planOf(selection, fragments).sections);
/** What is asked of a member for the sections, without what is always asked. */
const asked = (selection: string, fragments = '') =>
  /nhsNumber (.*)\}\}\}$/
    .exec(memberText(selection, fragments))?.[1]
    ?.replaceAll(/ __keys:keys\{id order label\} __reports:reports\{state warnings\}/g, '');

describe('the plan of a record', () => {
  it.each([
    ['problems { items { id status } }', '', 'problems:problems{items{id status}}'],
    ['problems { complete sources { state } }', '', 'problems:problems{}'],
    ['mine: problems { found: items { at: onset } }', '', 'mine:problems{found:items{at:onset}}'],
    [
      'problems { items { id } } again: problems { items { status } }',
      '',
      'problems:problems{items{id}} again:problems{items{status}}',
    ],
    ['problems { items { id } } problems { items { status id } }', '', 'problems:problems{items{id status}}'],
    [
      'problems { items { code { text } code { codings { code } } } }',
      '',
      'problems:problems{items{code{text codings{code}}}}',
    ],
    [
      '... { ... on Patient { problems { items { ... on Problem { id } } } } }',
      '',
      'problems:problems{items{id}}',
    ],
    [
      'problems { ... on Section { items { ... on Entry { id source { author } } } } }',
      '',
      'problems:problems{items{id source{author}}}',
    ],
    ['problems { ... on MedicationSection { items { id } } complete }', '', 'problems:problems{}'],
    [
      '...A',
      'fragment A on Patient { problems { ...B } } fragment B on ProblemSection { items { ...C ...C } } fragment C on Entry { id }',
      'problems:problems{items{id}}',
    ],
    [
      'problems { items { id @skip(if: $yes) status @skip(if: $no) onset @include(if: $no) end @include(if: $yes) } }',
      '',
      'problems:problems{items{status end}}',
    ],
    [
      'problems @include(if: $no) { complete } allergies @skip(if: true) { complete } results { complete }',
      '',
      'results:results{}',
    ],
    [
      'problems { ... @include(if: $no) { items { id } } ...A @skip(if: $yes) ...A @skip(if: $no) }',
      'fragment A on Section { items { id } }',
      'problems:problems{items{id}}',
    ],
    [
      'problems { __typename items { __typename kind: __typename code { __typename } } }',
      '',
      'problems:problems{items{__typename kind:__typename code{__typename}}}',
    ],
    [
      'problems { a: items { id } b: items { status } }',
      '',
      'problems:problems{a:items{id} b:items{status}}',
    ],
  ])('asks members for what `%s` selects', (selection, fragments, expected) => {
    expect(asked(selection, fragments)).toBe(expected);
    expect(validate(contract, parse(memberText(selection, fragments)))).toEqual([]);
  });

  it('always asks whose record it is, for keys and for reports', () => {
    expect(memberText('problems { complete }')).toContain(
      '...on Patient{__nhsNumber:nhsNumber problems:problems{ __keys:keys{id order label} __reports:reports{state warnings}}',
    );
  });

  it('keeps sections and what is said of the patient apart', () => {
    const { sections, plain } = planOf('__typename number: nhsNumber problems { complete } kind: __typename');
    expect(sections.map(({ key, section }) => [key, section])).toEqual([['problems', 'problems']]);
    expect(plain.map(({ key, name }) => [key, name])).toEqual([
      ['__typename', '__typename'],
      ['number', 'nhsNumber'],
      ['kind', '__typename'],
    ]);
  });

  it('opens each fragment once, however often it is spread', () => {
    const doubling = Array.from({ length: 60 }, (_, at) =>
      at === 59
        ? `fragment F${at} on Problem { id }`
        : `fragment F${at} on Problem { ...F${at + 1} ...F${at + 1} }`,
    );
    expect(asked('problems { items { ...F0 } }', doubling.join(' '))).toBe('problems:problems{items{id}}');
  });
});

const report = { state: 'COMPLETE', warnings: [] };
const entry = (id: string, order: string | null = '2020-01-01', label = 'none') => ({ id, order, label });

const northgate: Source = { odsCode: 'RXX01', name: 'Northgate', careSetting: 'ACUTE', silent: false };
/** What goes on of a section that Northgate answered; null for nothing. */
const read = (plan: SectionPlan, value: unknown) =>
  plan.readMember(value, { source: northgate, others: new Set(), mostEntries: 100 });

describe('the check of an answer', () => {
  const plan = sectionOf(
    `problems { items { id status code { text codings { system } } source { retrievedAt } } } `,
  );
  const item = {
    id: '1',
    status: 'active',
    code: { text: 'Cough', codings: [{ system: 'urn:x' }] },
    source: { retrievedAt: 'now' },
  };
  const answer = { items: [item], __keys: [entry('1')], __reports: [report] };

  it('lets through what has the shape of the contract', () => {
    expect(read(plan, answer)).toBe(answer);
    for (const changed of [
      { ...answer, items: [], __keys: [] },
      { ...answer, items: [{ ...item, status: null, code: null }] },
      { ...answer, __keys: [entry('1', null)] },
    ]) {
      expect(read(plan, changed)).toBe(changed);
    }
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a word', 'answer'],
    ['a list', [answer]],
    ['nothing', {}],
    ['no items', { ...answer, items: undefined }],
    ['null items', { ...answer, items: null }],
    ['an item that is null', { ...answer, items: [null] }],
    ['an item that is a word', { ...answer, items: ['1'] }],
    ['an item that is a list', { ...answer, items: [[item]] }],
    ['items that are an object', { ...answer, items: { 0: item, length: 1 } }],
    ['an item without id', { ...answer, items: [{ ...item, id: undefined }] }],
    ['an id that is null', { ...answer, items: [{ ...item, id: null }] }],
    ['an id that is a number', { ...answer, items: [{ ...item, id: 1 }] }],
    ['a field left out', { ...answer, items: [{ id: '1', code: null, source: item.source }] }],
    ['a string that is a number', { ...answer, items: [{ ...item, status: 7 }] }],
    ['a string that is an object', { ...answer, items: [{ ...item, status: { text: 'active' } }] }],
    ['an object that is a string', { ...answer, items: [{ ...item, code: 'Cough' }] }],
    ['a list that is null', { ...answer, items: [{ ...item, code: { text: null, codings: null } }] }],
    [
      'an object in a list that is null',
      { ...answer, items: [{ ...item, code: { text: null, codings: [null] } }] },
    ],
    ['a source that is null', { ...answer, items: [{ ...item, source: null }] }],
    ['no keys', { ...answer, __keys: undefined }],
    ['fewer keys than items', { ...answer, __keys: [] }],
    ['more keys than items', { ...answer, __keys: [entry('1'), entry('2')] }],
    ['a key without an id', { ...answer, __keys: [{ order: null, label: 'none' }] }],
    ['a key without a label', { ...answer, __keys: [{ id: '1', order: null }] }],
    ['an order that is a number', { ...answer, __keys: [{ ...entry('1'), order: 20200101 }] }],
    ['no reports', { ...answer, __reports: undefined }],
    ['a state that is unknown', { ...answer, __reports: [{ state: 'FINE', warnings: [] }] }],
    ['a state of every object', { ...answer, __reports: [{ state: 'constructor', warnings: [] }] }],
    ['warnings that are none', { ...answer, __reports: [{ state: 'COMPLETE', warnings: null }] }],
  ])('refuses %s', (_what, value) => {
    expect(read(plan, value)).toBeNull();
  });

  it('counts in 32 bits and knows true from a word', () => {
    const sized = sectionOf('documents { items { size } }');
    const withSize = (size: unknown) =>
      read(sized, { items: [{ size }], __keys: [entry('1')], __reports: [report] }) !== null;
    expect([0, -7, 2 ** 31 - 1, null].map(withSize)).toEqual([true, true, true, true]);
    expect([2 ** 31, -(2 ** 31) - 1, 1.5, '7', true, Number.POSITIVE_INFINITY].map(withSize)).not.toContain(
      true,
    );
    const known = sectionOf('allergies { items { noKnownAllergies category } }');
    const withWords = (noKnownAllergies: unknown, category: unknown) =>
      read(known, {
        items: [{ noKnownAllergies, category }],
        __keys: [entry('1')],
        __reports: [report],
      }) !== null;
    expect(withWords(true, ['food'])).toBe(true);
    expect([
      withWords('true', []),
      withWords(1, []),
      withWords(null, []),
      withWords(true, [7]),
    ]).not.toContain(true);
  });

  it('knows the type of an object', () => {
    const named = sectionOf('problems { items { kind: __typename code { __typename } } }');
    const withNames = (kind: unknown, code: unknown) =>
      read(named, { items: [{ kind, code }], __keys: [entry('1')], __reports: [report] }) !== null;
    expect(withNames('Problem', { __typename: 'Concept' })).toBe(true);
    expect(withNames('Medication', null)).toBe(false);
    expect(withNames('Problem', { __typename: 'Coding' })).toBe(false);
  });

  it('is not misled by names that every object has', () => {
    const named = sectionOf('problems { items { constructor: code { text } toString: status } }');
    expect(read(named, { items: [{}], __keys: [entry('1')], __reports: [report] })).toBeNull();
  });
});

const entryOf = (provider: string, odsCode: string, more: Partial<RegisterEntry> = {}): RegisterEntry => ({
  provider,
  organisation: {
    odsCode,
    name: `The ${provider}`,
    controller: 'Controller',
    contacts: {
      dataProtectionOfficer: 'a@b.example',
      caldicottGuardian: 'a@b.example',
      clinicalSafetyOfficer: 'a@b.example',
    },
  },
  careSetting: 'ACUTE',
  locate: 'always',
  sections: ['problems', 'medications', 'allergies', 'documents'],
  sharing: {
    agreement: 'DSA-1',
    purposes: ['TREAT'],
    signatories: ['ICS-NORTH'],
    partners: ['ICS-NORTH'],
    leads: { subjectAccess: 'a', breach: 'b', indemnity: 'c' },
    validUntil: '2099-01-01',
    withheldNotice: 'STATED',
  },
  retention: { period: '8 years', basis: 'code', storedAt: 'here' },
  limits: { timeoutMs: 2000, concurrency: 4, itemsPerSection: 500, bytes: 100_000 },
  ...more,
});
const providerOf = (registered: RegisterEntry, subgraphUrl = 'http://127.0.0.1:1/graphql'): Provider => ({
  entry: registered,
  subgraphUrl,
  agreement: agreementOf(registered),
  others: new Set(),
});
const located = (providers: readonly Provider[], more: Partial<Located> = {}): Located => ({
  providers,
  unconnected: [],
  unlocated: [],
  unsure: [],
  allLocated: true,
  ...more,
});

describe('permission before the call', () => {
  const plans = planOf('problems { complete } results { complete } socialCare { complete }').sections;
  const states = (outcomes: readonly SectionOutcome[]) =>
    outcomes.map(({ source, section, state }) => [source.odsCode, section, state]);
  const open = providerOf(entryOf('open', 'RXX01', { sections: ['problems', 'results', 'socialCare'] }));
  const expired = providerOf(
    entryOf('expired', 'RXX02', { sharing: { ...open.entry.sharing, validUntil: '2020-01-01' } }),
  );

  it('asks only those that may release something', () => {
    const { asks, outcomes, refused } = permit(policy, access, located([open, expired]), plans, today);
    expect(asks.map((ask) => [ask.provider, ask.sections])).toEqual([[open, plans]]);
    expect(states(outcomes)).toEqual([
      ['RXX02', 'problems', 'WITHHELD'],
      ['RXX02', 'results', 'NOT_HELD'],
      ['RXX02', 'socialCare', 'NOT_HELD'],
    ]);
    expect(outcomes[0]?.policies).toEqual(['agreement']);
    expect(refused.size).toBe(0);
  });

  it('names no source of a section that the role does not see', () => {
    const pharmacist = { ...access, requester: { ...access.requester, role: 'pharmacist' as const } };
    const { asks, outcomes, refused } = permit(policy, pharmacist, located([open, expired]), plans, today);
    expect([...refused].map(({ section }) => section)).toEqual(['socialCare']);
    expect(
      [...asks.flatMap(({ sections }) => sections), ...outcomes].map(({ section }) => section),
    ).not.toContain('socialCare');
  });

  it('asks nobody against a dissent with the region', () => {
    const { asks, outcomes } = permit(
      policy,
      { ...access, dissent: 'regional' },
      located([open]),
      plans,
      today,
    );
    expect(asks).toEqual([]);
    expect(outcomes.map(({ state, policies }) => [state, policies])).toEqual(
      plans.map(() => ['WITHHELD', ['dissent']]),
    );
  });

  it('reports organisations that are not connected', () => {
    const unconnected: Source = { odsCode: 'RZZ99', name: null, careSetting: null, silent: false };
    const { outcomes } = permit(policy, access, located([], { unconnected: [unconnected] }), plans, today);
    expect(outcomes.map(({ source, state, warnings: said }) => [source, state, said])).toEqual(
      plans.map(() => [unconnected, 'UNAVAILABLE', [warnings.notConnected]]),
    );
  });

  it('reports providers that could not be located, as far as they share', () => {
    const { asks, outcomes } = permit(
      policy,
      access,
      located([], { unlocated: [open, expired] }),
      plans,
      today,
    );
    expect(asks).toEqual([]);
    expect(states(outcomes).toSorted()).toEqual([
      ['RXX01', 'problems', 'UNAVAILABLE'],
      ['RXX01', 'results', 'UNAVAILABLE'],
      ['RXX01', 'socialCare', 'UNAVAILABLE'],
      ['RXX02', 'problems', 'WITHHELD'],
      ['RXX02', 'results', 'NOT_HELD'],
      ['RXX02', 'socialCare', 'NOT_HELD'],
    ]);
  });

  it('leaves no source and section without one word', () => {
    const registered = fc.record({
      sections: fc.subarray<Section>(['problems', 'results', 'socialCare'], { minLength: 1 }),
      validUntil: fc.constantFrom('2020-01-01', '2099-01-01'),
      partners: fc.constantFrom<string[]>(['ICS-NORTH'], ['ICS-SOUTH']),
      isLocated: fc.boolean(),
    });
    const role = fc.constantFrom('doctor', 'pharmacist', 'socialWorker', 'administrator' as const);
    fc.assert(
      fc.property(
        fc.array(registered, { maxLength: 6 }),
        role,
        fc.constantFrom('none', 'regional' as const),
        (rows, asRole, dissent) => {
          const providers = rows.map(({ sections, validUntil, partners }, index) =>
            providerOf(
              entryOf(`p${index}`, `R${index}`, {
                sections,
                sharing: { ...open.entry.sharing, validUntil, partners },
              }),
            ),
          );
          const found = located(
            providers.filter((_, index) => rows[index]?.isLocated),
            { unlocated: providers.filter((_, index) => !rows[index]?.isLocated) },
          );
          const asker = { ...access, dissent, requester: { ...access.requester, role: asRole } };
          const { asks, outcomes, refused } = permit(policy, asker, found, plans, today);
          const words = [
            ...asks.flatMap(({ provider, sections }) =>
              sections.map(({ key }) => `${provider.entry.organisation.odsCode} ${key}`),
            ),
            ...outcomes.map(({ source, key }) => `${source.odsCode} ${key}`),
          ];
          const seen = plans.filter((plan) => !refused.has(plan));
          const expected = providers.flatMap(({ entry: { organisation } }) =>
            seen.map(({ key }) => `${organisation.odsCode} ${key}`),
          );
          expect(words.toSorted()).toEqual(expected.toSorted());
        },
      ),
    );
  });
});

const stated: Source = { odsCode: 'RXX01', name: 'Northgate', careSetting: 'ACUTE', silent: false };
const silent: Source = { ...stated, odsCode: 'RXX77', name: 'Clinic', silent: true };

/** An outcome with these keys; each item is its key's id under two selections. */
function outcomeWith(
  keys: readonly { id: string; order: string | null; label: string }[],
  more: Partial<SectionOutcome> = {},
): SectionOutcome {
  return {
    ...emptyOutcome(stated, { section: 'problems', key: 'problems' }, 'COMPLETE'),
    keys,
    items: new Map<string, readonly unknown[]>([
      ['items', keys.map(({ id }) => ({ id }))],
      ['again', keys.map(({ id }) => ({ name: id }))],
    ]),
    ...more,
  };
}

const self: AccessContext = {
  ...access,
  requester: { ...access.requester, role: 'patient', organisation: null, groups: [] },
  purpose: 'PATRQT',
  training: 'not-staff',
  relationship: 'self',
};

describe('release after the call', () => {
  it('drops entries whose label may not be shown', () => {
    const outcome = outcomeWith([
      entry('a'),
      entry('b', null, 'restricted'),
      entry('c'),
      entry('d', null, 'not-for-patient'),
    ]);
    const released = releaseEntries(policy, access, outcome);
    expect(released.keys.map(({ id }) => id)).toEqual(['a', 'c']);
    expect(released.items.get('items')).toEqual([{ id: 'a' }, { id: 'c' }]);
    expect(released.items.get('again')).toEqual([{ name: 'a' }, { name: 'c' }]);
    expect(released.state).toBe('PARTLY_WITHHELD');
    expect(released.policies.toSorted()).toEqual(['not-for-patient', 'sensitive']);
  });

  it('tells a patient nothing of what is kept from patients', () => {
    const kept = outcomeWith([entry('a'), entry('b', null, 'not-for-patient')]);
    const released = releaseEntries(policy, self, kept);
    expect(released.keys.map(({ id }) => id)).toEqual(['a']);
    expect(released.state).toBe('COMPLETE');
    expect(released.policies).toEqual(['not-for-patient']);
    const both = outcomeWith([...kept.keys, entry('c', null, 'restricted')]);
    expect(releaseEntries(policy, self, both).state).toBe('PARTLY_WITHHELD');
    expect(releaseEntries(policy, access, kept).state).toBe('PARTLY_WITHHELD');
  });

  it('tells a patient nothing of it at the provider either', () => {
    const of = (asker: AccessContext, ...labels: readonly Label[]) => {
      const entries = labels.map((label, at) => ({
        localId: `${at}`,
        order: null,
        label,
        item: { source: { system: null, author: null, recordedAt: null } },
      }));
      const section = releasedSection(
        { entry: entryOf('own', 'RXX01'), entryId: (_, id) => id, retrievedAt: 'now', elapsedMs: () => 1 },
        'problems',
        { state: 'COMPLETE', warnings: [], dissent: 'none', entries },
        (more) => policy.decide({ ...factsOf(asker, 'problems'), ...more }),
        asker.requester.role,
      );
      return [section.reports[0]?.state, section.items.length];
    };
    expect(of(self, 'none', 'not-for-patient')).toEqual(['COMPLETE', 1]);
    expect(of(self, 'none', 'not-for-patient', 'very-restricted')).toEqual(['PARTLY_WITHHELD', 1]);
    expect(of(access, 'none', 'not-for-patient')).toEqual(['PARTLY_WITHHELD', 1]);
  });

  it.each(['', 'NONE', 'r', 'secret', 'constructor', '__proto__'])(
    'drops entries with the unknown label `%s`',
    (label) => {
      expect(releaseEntries(policy, access, outcomeWith([entry('a', null, label)])).keys).toEqual([]);
    },
  );

  it('never makes a state better', () => {
    const cut = releaseEntries(
      policy,
      access,
      outcomeWith([entry('a', null, 'restricted')], { state: 'INCOMPLETE' }),
    );
    expect(cut.state).toBe('INCOMPLETE');
    const whole = outcomeWith([entry('a')]);
    expect(releaseEntries(policy, access, whole)).toBe(whole);
  });

  it('leaves no trace of a silent source that may not be shown', () => {
    const of = (state: SourceState, source: Source) =>
      disclosed(outcomeWith([], { state, source }))?.state ?? 'no trace';
    expect(sourceStates.map((state) => of(state, stated))).toEqual(sourceStates);
    expect(of('WITHHELD', silent)).toBe('no trace');
    expect(of('NOT_HELD', silent)).toBe('no trace');
    expect(of('PARTLY_WITHHELD', silent)).toBe('COMPLETE');
    expect(of('TIMED_OUT', silent)).toBe('TIMED_OUT');
  });
});

describe('the merge', () => {
  const plan = sectionOf(
    'problems { items { id } again: items { name: id } sources { state items organisation { odsCode } } complete }',
  );
  const key = fc.record({
    id: fc.stringMatching(/^[a-c]{1,3}$/),
    order: fc.option(
      fc.constantFrom(
        '2020',
        '2020-01',
        '2020-01-01',
        '2019-12-31T23:59:59Z',
        '2020-01-01T01:00:00+01:00',
        '1969-07-20',
        '1970-01-01',
        'some day',
      ),
    ),
    label: fc.constant('none'),
  });
  const answers = fc.array(
    fc.record({ keys: fc.array(key, { maxLength: 8 }), state: fc.constantFrom(...sourceStates) }),
    { maxLength: 5 },
  );

  it('is a join ordered by instant, undated last, then id', () => {
    fc.assert(
      fc.property(answers, (given) => {
        const outcomes = given.map(({ keys, state }, index) =>
          outcomeWith(keys, { state, source: { ...stated, odsCode: `R${index}` } }),
        );
        const merged = mergeSection(plan, outcomes, true) as { items: { id: string }[]; again: unknown[] };
        const instant = (order: string | null) =>
          order === null || order === 'some day' ? Number.NEGATIVE_INFINITY : Date.parse(order);
        const expected = given
          .flatMap(({ keys }) => keys)
          .map(({ id, order }) => ({ id, instant: instant(order) }))
          .toSorted(
            (one, other) =>
              (one.instant === other.instant ? 0 : one.instant > other.instant ? -1 : 1) ||
              (one.id < other.id ? -1 : one.id > other.id ? 1 : 0),
          );
        expect(merged.items.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
        expect(merged.again).toEqual(merged.items.map(({ id }) => ({ name: id })));
      }),
    );
  });

  it('reports every source once, and is complete only if all are', () => {
    fc.assert(
      fc.property(answers, (given) => {
        const outcomes = given.map(({ keys, state }, index) =>
          outcomeWith(keys, { state, source: { ...stated, odsCode: `R${index}` } }),
        );
        const { sources, complete } = mergeSection(plan, outcomes, true);
        expect(sources).toEqual(
          given.map(({ keys, state }, index) => ({
            state,
            items: keys.length,
            organisation: { odsCode: `R${index}` },
          })),
        );
        expect(complete).toBe(given.every(({ state }) => inFull.has(state)));
      }),
    );
  });

  it('is never complete when somebody may be missing', () => {
    expect(mergeSection(plan, [], true).complete).toBe(true);
    expect(mergeSection(plan, [], false).complete).toBe(false);
    expect(mergeSection(plan, [outcomeWith([entry('a')])], false).complete).toBe(false);
  });

  it('calls two states in full and no others', () => {
    expect([...inFull]).toEqual(['COMPLETE', 'NOT_HELD']);
  });

  it('answers a refused section with nothing, and not complete', () => {
    expect(refusedSection(plan)).toEqual({ items: [], again: [], sources: [], complete: false });
  });

  it('says what each source did in fixed words', () => {
    const full = sectionOf(
      'problems { __typename s: sources { __typename careSetting message warnings elapsedMs organisation { __typename n: name odsCode } } }',
    );
    const outcome = outcomeWith([], { state: 'TIMED_OUT', warnings: ['w', 'w'], elapsedMs: 7 });
    expect(mergeSection(full, [outcome], true)).toEqual({
      __typename: 'ProblemSection',
      s: [
        {
          __typename: 'SourceReport',
          careSetting: 'ACUTE',
          message: sourceMessages.TIMED_OUT,
          warnings: ['w'],
          elapsedMs: 7,
          organisation: { __typename: 'Organisation', n: 'Northgate', odsCode: 'RXX01' },
        },
      ],
    });
  });
});

describe('the place of a date in the order', () => {
  it.each([
    ['2019', '2019-01-01T00:00:00Z'],
    ['2019-07', '2019-07-01T00:00:00Z'],
    ['2019-07-04', '2019-07-04T00:00:00Z'],
    ['2019-07-04T10:00:00+01:00', '2019-07-04T09:00:00Z'],
    ['2019-07-04T10:00:00', '2019-07-04T10:00:00Z'],
    ['2019-07-04T10:00:00.5Z', '2019-07-04T10:00:00.500Z'],
    ['1970-01-01', '1970-01-01T00:00:00Z'],
  ])('of %s is %s', (order, instant) => {
    expect(instantOf(order)).toBe(Date.parse(instant));
  });

  it.each([
    null,
    '',
    'about 1990',
    'Onset 3',
    '1',
    '04/07/2019',
    '2019-13-01',
    '2019-7-4',
    '2019-07-04 10:00',
  ])('of %j is last', (order) => {
    expect(instantOf(order)).toBe(Number.NEGATIVE_INFINITY);
  });
});

/** A member: what it answers for one patient, in the words of the contract. */
const organisation = { odsCode: 'RXX01', name: 'Northgate' };
const concept = { text: 'Cough', codings: [{ system: 'urn:x', code: '1', display: null }] };
const provenance = {
  organisation,
  system: 'Invented',
  author: null,
  recordedAt: null,
  retrievedAt: '2026-06-10T12:00:00Z',
};
const problem = (id: string) => ({
  id,
  code: concept,
  status: 'active',
  onset: '2020',
  end: null,
  significance: null,
  source: provenance,
});
const allergy = (id: string) => ({
  id,
  code: concept,
  category: ['food'],
  criticality: null,
  reaction: [concept],
  status: null,
  onset: null,
  noKnownAllergies: false,
  source: provenance,
});
const memberReport = (state: SourceState = 'COMPLETE', said: readonly string[] = []) => ({
  organisation,
  careSetting: 'ACUTE',
  state,
  message: sourceMessages[state],
  warnings: said,
  items: 1,
  elapsedMs: 1,
});
const memberRecord = (ids: readonly string[], reports: readonly unknown[] = [memberReport()]) => ({
  problems: { items: ids.map(problem), keys: ids.map((id) => entry(id)), reports },
  allergies: { items: ids.map(allergy), keys: ids.map((id) => entry(id)), reports },
  medications: { items: [], keys: [], reports },
  documents: { items: [], keys: [], reports },
});

interface MemberRequest {
  readonly query: string;
  readonly variables: { readonly representations: readonly Record<string, unknown>[] };
}
type Behaviour = (request: MemberRequest, reply: FastifyReply) => Promise<unknown>;

/** Answers as the member contract says, with this record of whoever is asked about. */
const answering =
  (record: object = memberRecord(['a', 'b'])): Behaviour =>
  async ({ query, variables }) => {
    const representations = variables.representations.map((each) => ({ ...each, ...record }));
    return graphql({ schema: contract, source: query, variableValues: { representations } });
  };
/** Answers well, and changes what goes out. */
const changing =
  (
    change: (answer: { data: { _entities: Record<string, unknown>[] }; errors?: unknown[] }) => unknown,
  ): Behaviour =>
  async (request, reply) =>
    change(JSON.parse(JSON.stringify(await answering()(request, reply))));
const changingProblems = (change: (section: Record<string, unknown[]>) => unknown) =>
  changing((answer) => {
    const patient = answer.data._entities[0] ?? {};
    return {
      ...answer,
      data: { _entities: [{ ...patient, problems: change(patient.problems as Record<string, unknown[]>) }] },
    };
  });

const behaviours = {
  well: answering(),
  late: () => new Promise((resolve) => stopping.then(() => resolve({}))),
  failing: async (_request, reply) => reply.code(500).send({ errors: [{ message: 'Brackwater' }] }),
  refusing: async (_request, reply) => reply.code(401).send({}),
  redirecting: async (_request, reply) => reply.redirect('/well/graphql', 307),
  html: async (_request, reply) => reply.type('text/html').send('<html>Brackwater</html>'),
  nothing: async (_request, reply) => reply.type('application/json').send(''),
  cut: async (_request, reply) => reply.type('application/json').send('{"data":{"_entities":[{"__nhs'),
  huge: async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify({ data: 'x'.repeat(200_000) })),
  hangingUp: async (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    reply.raw.write('{"data":');
    reply.raw.destroy();
  },
  dripping: async (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => reply.raw.write(' '), 10);
    reply.raw.on('close', () => clearInterval(timer));
  },
  nobody: changing(() => ({ data: { _entities: [null] } })),
  noData: changing(() => ({ data: null, errors: [{ message: 'no' }] })),
  wrong: changing(() => ({ data: { _entities: { 0: 'record' } } })),
  list: changing((answer) => [answer]),
  another: changing((answer) => ({
    data: { _entities: [{ ...answer.data._entities[0], __nhsNumber: '9990000034' }] },
  })),
  anonymous: changing((answer) => ({
    data: { _entities: [{ ...answer.data._entities[0], __nhsNumber: null }] },
  })),
  badShape: changingProblems((section) => ({ ...section, items: [{ id: 7 }] })),
  moreKeys: changingProblems((section) => ({ ...section, __keys: [...(section.__keys ?? []), entry('z')] })),
  unreported: changingProblems((section) => ({ ...section, __reports: [] })),
  contradicting: changingProblems((section) => ({
    ...section,
    __reports: [{ state: 'WITHHELD', warnings: [] }],
  })),
  withheld: answering(memberRecord([], [memberReport('WITHHELD')])),
  switchedOff: answering(memberRecord([], [memberReport('SWITCHED_OFF')])),
  warning: answering(
    memberRecord(
      ['a'],
      [memberReport('INCOMPLETE', [warnings.recordInTransit, 'Mrs Brackwater has a cough.'])],
    ),
  ),
  gateway: answering(
    memberRecord(['a'], [memberReport('NOT_HELD'), memberReport(), memberReport('WITHHELD')]),
  ),
  gatewayCut: answering(memberRecord(['a'], [memberReport(), memberReport('TIMED_OUT')])),
  gatewayFull: answering(memberRecord(['a'], [memberReport('NOT_HELD'), memberReport()])),
  faulty: changing((answer) => ({
    ...answer,
    errors: [{ message: 'Brackwater', path: ['_entities', 0, 'problems', 'items', 0, 'code'] }],
  })),
  faultyElsewhere: changing((answer) => ({
    ...answer,
    errors: [{ message: 'x', path: ['_entities', 0, 'allergies', 'items', 0] }],
  })),
  faultySomewhere: changing((answer) => ({ ...answer, errors: [{ message: 'x' }] })),
  nullSection: changing((answer) => ({
    data: { _entities: [{ ...answer.data._entities[0], problems: null }] },
    errors: [{ message: 'x', path: ['_entities', 0, 'problems'] }],
  })),
  missingSection: changing((answer) => ({
    data: { _entities: [{ ...answer.data._entities[0], problems: undefined }] },
  })),
} satisfies Record<string, Behaviour>;
type BehaviourName = keyof typeof behaviours;

let stop: () => void = () => undefined;
const stopping = new Promise<void>((resolve) => {
  stop = resolve;
});
let server: FastifyInstance;
let address: string;
let calls: { name: string; query: string; variables: unknown; token: string; deadlineMs: number }[] = [];
let inFlight = 0;
let mostInFlight = 0;

beforeAll(async () => {
  server = fastify({ forceCloseConnections: true });
  server.post<{ Params: { name: string }; Body: MemberRequest }>('/:name/graphql', async (request, reply) => {
    const [name] = request.params.name.split('.') as [BehaviourName];
    const { query, variables } = request.body;
    const token = request.headers.authorization?.slice('Bearer '.length) ?? '';
    calls.push({
      name: request.params.name,
      query,
      variables,
      token,
      deadlineMs: Number(request.headers['suture-deadline-ms']),
    });
    inFlight += 1;
    mostInFlight = Math.max(mostInFlight, inFlight);
    try {
      return await behaviours[name](request.body, reply);
    } finally {
      inFlight -= 1;
    }
  });
  address = await server.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  stop();
  await server.close();
});
beforeEach(() => {
  calls = [];
  mostInFlight = 0;
});

const signer = createSigner('https://gateway.example');
const twoSections = planOf(
  'problems { items { id code { text } } complete } allergies { items { id } complete }',
).sections;
/** A member that behaves so; `name` may carry a suffix to tell it from others of its kind. */
function member(name: string, more: Partial<RegisterEntry['limits']> = {}): Provider {
  const registered = entryOf(name.replace('.', '-').toLowerCase(), `R-${name}`);
  const limits = { ...registered.limits, timeoutMs: /late|dripping/.test(name) ? 80 : 2000, ...more };
  return providerOf({ ...registered, limits }, `${address}/${name}/graphql`);
}
const soon = (ms = 3000) => performance.now() + ms;
async function ask(
  scatter: Scatter,
  providers: readonly Provider[],
  sections = twoSections,
  deadline = soon(),
) {
  return scatter(
    providers.map((provider) => ({ provider, sections })),
    access,
    deadline,
  );
}
/** States of problems and allergies of each provider. */
async function statesOf(scatter: Scatter, ...providers: readonly Provider[]): Promise<readonly string[]> {
  const outcomes = await ask(scatter, providers);
  return providers.map(
    ({
      entry: {
        organisation: { odsCode },
      },
    }) =>
      outcomes
        .filter(({ source }) => source.odsCode === odsCode)
        .map(({ state }) => state)
        .join(' '),
  );
}

describe('scatter', () => {
  it('asks each member its own sections in one call', async () => {
    const outcomes = await ask(scatterer(signer), [member('well')]);
    expect(
      outcomes.map(({ key, state, keys, items }) => [key, state, keys.length, items.get('items')]),
    ).toEqual([
      [
        'problems',
        'COMPLETE',
        2,
        [
          { id: 'a', code: { text: 'Cough' } },
          { id: 'b', code: { text: 'Cough' } },
        ],
      ],
      ['allergies', 'COMPLETE', 2, [{ id: 'a' }, { id: 'b' }]],
    ]);
    expect(calls).toHaveLength(1);
    expect(calls[0]?.variables).toEqual({ representations: [{ __typename: 'Patient', nhsNumber }] });
    expect(calls[0]?.query).toBe(memberOperation(twoSections));
  });

  it('signs the access context for that member alone', async () => {
    await ask(scatterer(signer), [member('well')]);
    const verify = (audience: string) =>
      createVerifier({ jwks: signer.jwks(), issuer: 'https://gateway.example', audience }).verify(
        calls[0]?.token ?? '',
      );
    expect(await verify('well')).toEqual(access);
    await expect(verify('another')).rejects.toMatchObject({ code: 'ACCESS_CONTEXT_REFUSED' });
  });

  it('tells each member how long it has', async () => {
    await ask(scatterer(signer), [member('well', { timeoutMs: 700 })]);
    await ask(scatterer(signer), [member('well')], twoSections, soon(500));
    expect(calls[0]?.deadlineMs).toBe(700);
    expect(calls[1]?.deadlineMs).toBeGreaterThan(0);
    expect(calls[1]?.deadlineMs).toBeLessThanOrEqual(500);
  });

  it.each<[BehaviourName, string]>([
    ['well', 'COMPLETE COMPLETE'],
    ['late', 'TIMED_OUT TIMED_OUT'],
    ['dripping', 'TIMED_OUT TIMED_OUT'],
    ['failing', 'UNAVAILABLE UNAVAILABLE'],
    ['refusing', 'UNAVAILABLE UNAVAILABLE'],
    ['redirecting', 'UNAVAILABLE UNAVAILABLE'],
    ['hangingUp', 'UNAVAILABLE UNAVAILABLE'],
    ['html', 'INVALID_ANSWER INVALID_ANSWER'],
    ['nothing', 'INVALID_ANSWER INVALID_ANSWER'],
    ['cut', 'INVALID_ANSWER INVALID_ANSWER'],
    ['huge', 'INVALID_ANSWER INVALID_ANSWER'],
    ['nobody', 'INVALID_ANSWER INVALID_ANSWER'],
    ['noData', 'UNAVAILABLE UNAVAILABLE'],
    ['wrong', 'INVALID_ANSWER INVALID_ANSWER'],
    ['list', 'INVALID_ANSWER INVALID_ANSWER'],
    ['another', 'INVALID_ANSWER INVALID_ANSWER'],
    ['anonymous', 'INVALID_ANSWER INVALID_ANSWER'],
    ['badShape', 'INVALID_ANSWER COMPLETE'],
    ['moreKeys', 'INVALID_ANSWER COMPLETE'],
    ['unreported', 'INVALID_ANSWER COMPLETE'],
    ['contradicting', 'INVALID_ANSWER COMPLETE'],
    ['withheld', 'WITHHELD WITHHELD'],
    ['switchedOff', 'SWITCHED_OFF SWITCHED_OFF'],
    ['warning', 'INCOMPLETE INCOMPLETE'],
    ['gateway', 'PARTLY_WITHHELD PARTLY_WITHHELD'],
    ['gatewayCut', 'INCOMPLETE INCOMPLETE'],
    ['gatewayFull', 'COMPLETE COMPLETE'],
    ['faulty', 'INCOMPLETE COMPLETE'],
    ['faultyElsewhere', 'COMPLETE INCOMPLETE'],
    ['faultySomewhere', 'INCOMPLETE INCOMPLETE'],
    ['nullSection', 'UNAVAILABLE COMPLETE'],
    ['missingSection', 'INVALID_ANSWER COMPLETE'],
  ])('reports a member that is %s as %s', async (name, states) => {
    const scatter = scatterer(signer);
    expect(await statesOf(scatter, member(name), member('well.beside'))).toEqual([
      states,
      'COMPLETE COMPLETE',
    ]);
  });

  it('reports a member that nobody is', async () => {
    expect(await statesOf(scatterer(signer), providerOf(entryOf('gone', 'RGONE')), member('well'))).toEqual([
      'UNAVAILABLE UNAVAILABLE',
      'COMPLETE COMPLETE',
    ]);
  });

  it('hands on only warnings that we have written', async () => {
    const [problems] = await ask(scatterer(signer), [member('warning')]);
    expect(problems?.warnings).toEqual([warnings.recordInTransit]);
    const [faulty] = await ask(scatterer(signer), [member('faulty')]);
    expect(faulty?.warnings).toEqual([warnings.partlyUnavailable]);
  });

  it('follows no redirect', async () => {
    await ask(scatterer(signer), [member('redirecting')]);
    expect(calls.map(({ name }) => name)).toEqual(['redirecting']);
  });

  it('stops asking a member that keeps failing, and no other', async () => {
    const scatter = scatterer(signer);
    const failing = member('failing');
    const well = member('well');
    for (let times = 0; times < 20; times += 1) await ask(scatter, [failing, well]);
    calls = [];
    expect(await statesOf(scatter, failing, well)).toEqual(['UNAVAILABLE UNAVAILABLE', 'COMPLETE COMPLETE']);
    expect(calls.map(({ name }) => name)).toEqual(['well']);
  });

  it('goes on asking a member that answers for few', async () => {
    const scatter = scatterer(signer);
    for (let times = 0; times < 10; times += 1) await ask(scatter, [member('failing')]);
    expect(calls).toHaveLength(10);
  });

  it('lets calls beyond a member’s limit wait for their turn', async () => {
    const scatter = scatterer(signer);
    const few = member('well.few', { concurrency: 3 });
    const all = await Promise.all(Array.from({ length: 60 }, () => statesOf(scatter, few)));
    expect(new Set(all.flat())).toEqual(new Set(['COMPLETE COMPLETE']));
    expect(mostInFlight).toBeLessThanOrEqual(3);
    expect(await statesOf(scatter, few)).toEqual(['COMPLETE COMPLETE']);
  });

  it('holds a call that had less time than agreed against nobody', async () => {
    const scatter = scatterer(signer);
    const late = member('late', { timeoutMs: 2000 });
    for (let times = 0; times < 25; times += 1) {
      const outcomes = await ask(scatter, [late], twoSections, soon(15));
      expect(outcomes.map(({ state }) => state)).toEqual(['TIMED_OUT', 'TIMED_OUT']);
    }
    calls = [];
    await ask(scatter, [late], twoSections, soon(300));
    expect(calls.map(({ name }) => name)).toEqual(['late']);
  });

  it('stops asking a member that used up its own time', async () => {
    const scatter = scatterer(signer);
    const late = member('late', { timeoutMs: 15 });
    for (let times = 0; times < 25; times += 1) await ask(scatter, [late]);
    calls = [];
    expect(await statesOf(scatter, late)).toEqual(['UNAVAILABLE UNAVAILABLE']);
    expect(calls).toEqual([]);
  });

  it('holds time that others used up against nobody', async () => {
    const scatter = scatterer(signer);
    const well = member('well');
    for (let times = 0; times < 30; times += 1) {
      const outcomes = await ask(scatter, [well], twoSections, performance.now() - 1);
      expect(outcomes.map(({ state }) => state)).toEqual(['TIMED_OUT', 'TIMED_OUT']);
    }
    expect(calls).toEqual([]);
    expect(await statesOf(scatter, well)).toEqual(['COMPLETE COMPLETE']);
  });
});

describe('the record', () => {
  const query = operation(
    'problems { items { id } sources { organisation { odsCode } state } complete } allergies { items { id } sources { organisation { odsCode } state } complete }',
  );
  interface Answered {
    readonly items: { id: string }[];
    readonly sources: { organisation: { odsCode: string }; state: SourceState }[];
    readonly complete: boolean;
  }
  function recordOf(found: Located) {
    return careRecord({
      publicSchema: schema,
      memberSchema: contract,
      policy,
      locate: async () => found,
      scatter: scatterer(signer),
      now: () => new Date(`${today}T12:00:00Z`),
    });
  }
  const answer = (found: Located, asker = access, text = query, variables = {}) =>
    recordOf(found)({ query: text, variables, access: asker, deadline: soon() });

  it('is what a GraphQL server would answer from one store', async () => {
    const merged = operation(
      `__typename number: nhsNumber
       p: problems { __typename items { __typename id kind: __typename ...C source { organisation { name } } } complete }
       p2: problems { ... on Section { items { ... on Entry { key: id } } } list: items { status @include(if: $yes) onset @skip(if: $yes) } }
       allergies { items { category reaction { codings { code } } noKnownAllergies } }`,
      'fragment C on Problem { code { words: text ...D } } fragment D on Concept { codings { system code display } }',
    );
    const well = member('well');
    const named = { ...well.entry, organisation: { ...well.entry.organisation, ...organisation } };
    const { patient } = await answer(located([{ ...well, entry: named }]), access, merged, {
      yes: true,
      no: false,
    });
    const whole = { ...memberRecord(['a', 'b']), __typename: 'Patient', nhsNumber };
    const representations = [{ ...whole, problems: { ...whole.problems, complete: true } }];
    const { data, errors } = await execute({
      schema,
      document: parse(merged),
      variableValues: { representations, yes: true, no: false },
    });
    expect(errors).toBeUndefined();
    expect([JSON.parse(JSON.stringify(patient))]).toEqual(JSON.parse(JSON.stringify(data?._entities)));
  });

  it('names every located source once a section, whatever happened', async () => {
    const names = Object.keys(behaviours) as BehaviourName[];
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 6 }),
        async (chosen) => {
          const unconnected: Source = { odsCode: 'RZZ99', name: null, careSetting: null, silent: false };
          const providers = chosen.map((name) => member(name));
          const { patient, outcomes } = await answer(located(providers, { unconnected: [unconnected] }));
          const expected = [
            ...providers.map(({ entry: { organisation: of } }) => of.odsCode),
            'RZZ99',
          ].toSorted();
          for (const section of [patient.problems, patient.allergies] as Answered[]) {
            expect(section.sources.map(({ organisation: of }) => of.odsCode)).toEqual(expected);
            expect(section.complete).toBe(false);
            expect(section.items.every(({ id }) => ['a', 'b'].includes(id))).toBe(true);
          }
          expect(outcomes).toHaveLength(2 * expected.length);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('is complete when everybody has answered in full', async () => {
    const { patient } = await answer(located([member('well'), member('gatewayFull')]));
    expect((patient.problems as Answered).complete).toBe(true);
    const { patient: other } = await answer(located([member('well'), member('withheld')]));
    expect((other.problems as Answered).complete).toBe(false);
    const { patient: nobodys } = await answer(located([]));
    expect(nobodys.problems).toEqual({ items: [], sources: [], complete: true });
  });

  it('is not complete without its locator, and says of whom that is not known', async () => {
    const well = member('well');
    const found = located([well, member('well.guessed')], {
      allLocated: false,
      unsure: [member('well.guessed')],
    });
    const text = operation(
      'problems { complete sources { organisation { odsCode } state warnings } items { id } }',
    );
    const { patient } = await answer(found, access, text);
    expect(patient.problems).toMatchObject({
      complete: false,
      sources: [
        { organisation: { odsCode: 'R-well' }, state: 'COMPLETE', warnings: [] },
        {
          organisation: { odsCode: 'R-well.guessed' },
          state: 'COMPLETE',
          warnings: [warnings.locatorDown],
        },
      ],
    });
  });

  it('is the same for a patient of a silent clinic and a twin', async () => {
    const clinic = {
      withheldNotice: 'SILENT' as const,
      silentApprovedBy: 'Dr Caldicott',
      partners: ['RXX77'],
    };
    const well = member('well');
    const registered = entryOf('clinic', 'RXX77', {
      sections: ['problems'],
      sharing: { ...well.entry.sharing, ...clinic },
    });
    const known = await answer(located([well, providerOf(registered, `${address}/well.clinic/graphql`)]));
    const twin = await answer(located([well]));
    expect(known.patient).toEqual(twin.patient);
    expect(known.outcomes.map(({ source, state }) => `${source.odsCode} ${state}`)).toContain(
      'RXX77 WITHHELD',
    );
    expect(calls.map(({ name }) => name)).not.toContain('well.clinic');
  });

  it('decides anew for each set of conditions', async () => {
    const stage = recordOf(located([member('well')]));
    const text = operation(
      'problems @include(if: $yes) { items { id } } allergies @skip(if: $yes) { items { id } }',
    );
    const keys = async (variables: Record<string, unknown>) =>
      Object.keys((await stage({ query: text, variables, access, deadline: soon() })).patient);
    expect(await keys({ yes: true })).toEqual(['problems']);
    expect(await keys({ yes: false })).toEqual(['allergies']);
    expect(await keys({ yes: true })).toEqual(['problems']);
  });
});
