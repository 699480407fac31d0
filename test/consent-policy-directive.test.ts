import { buildSubgraphSchema } from '@apollo/subgraph';
import { buildSchema, GraphQLObjectType, type GraphQLSchema, graphql, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import {
  consentLint,
  consentSdl,
  type Enforcement,
  enforceConsent,
  sectionOfField,
  UnmarkedFieldFault,
} from '../consent-policy/directive.ts';
import { loadPolicy } from '../consent-policy/policy.ts';
import type { Facts, Label, Role, Section } from '../consent-policy/vocabulary.ts';
import { bestFacts } from './consent-policy-statement.ts';

const sdl = `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@composeDirective"])
    @link(url: "https://suture.example/consent/v1.0", import: ["@consent"])
    @composeDirective(name: "@consent")
  ${consentSdl}
  type Query { patient: Patient, diagnosed: Diagnosed, visit: Visit }
  interface Diagnosed { problems: [Entry!] }
  type Patient implements Diagnosed @key(fields: "nhsNumber") {
    nhsNumber: ID!
    problems: [Entry!] @consent(section: "problems")
    person: String @consent(section: "person")
    risks: [Entry!] @consent(section: "risks")
  }
  type Entry { code: String, label: String }
  type Visit { patient: Patient, reason: String @consent(section: "encounters") }
`;

interface Context {
  readonly facts: (section: Section) => unknown;
  /** Names of the resolvers that ran. */
  readonly ran: string[];
}

const policy = loadPolicy();
const record = {
  __typename: 'Patient',
  nhsNumber: '9990000018',
  person: 'A. Example',
  risks: [{ code: 'fall', label: 'none' }],
};

const enforcement: Enforcement<Context> = {
  policy,
  facts: (context, section) => context.facts(section) as Facts,
  withheld: () => null,
};
const entryByEntry: Enforcement<Context> = {
  ...enforcement,
  release: (value, decideWith) =>
    Array.isArray(value)
      ? value.filter(({ label }: { label: Label }) => decideWith({ label }).allowed)
      : value,
};

function served(using: Enforcement<Context> = enforcement): GraphQLSchema {
  const problems = async (_: unknown, __: unknown, { ran }: Context) => {
    ran.push('problems');
    return [
      { code: 'asthma', label: 'none' },
      { code: 'secret', label: 'restricted' },
    ];
  };
  const patient = () => record;
  const resolvers = {
    Query: { patient, diagnosed: patient, visit: () => ({ reason: 'fever' }) },
    Visit: { patient },
    Patient: { problems, __resolveReference: patient },
  };
  return enforceConsent(buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers }]), using);
}

const as = (role: Role) => (section: Section) => bestFacts(role, section);

async function asking(source: string, facts: Context['facts'], schema = served()) {
  const ran: string[] = [];
  const { data, errors } = await graphql({ schema, source, contextValue: { facts, ran } });
  return { data: JSON.parse(JSON.stringify(data ?? null)), errors, ran };
}

const entities = '{ _entities(representations: [{__typename: "Patient", nhsNumber: "1"}]) ';

describe('a field under consent', () => {
  test('a released section reaches its resolver', async () => {
    const { data, ran } = await asking('{ patient { person problems { code } } }', as('doctor'));
    expect(data.patient).toEqual({
      person: 'A. Example',
      problems: [{ code: 'asthma' }, { code: 'secret' }],
    });
    expect(ran).toEqual(['problems']);
  });

  test.for([
    ['the root', '{ patient { problems { code } } }', { patient: { problems: null } }],
    ['an alias', '{ patient { risks: problems { code } } }', { patient: { risks: null } }],
    [
      'a nested type',
      '{ visit { patient { problems { code } } } }',
      { visit: { patient: { problems: null } } },
    ],
    ['an interface', '{ diagnosed { problems { code } } }', { diagnosed: { problems: null } }],
    [
      'a fragment on the interface',
      '{ patient { ...D } } fragment D on Diagnosed { problems { code } }',
      { patient: { problems: null } },
    ],
    [
      '_entities',
      `${entities} { ... on Patient { problems { code } } } }`,
      { _entities: [{ problems: null }] },
    ],
    ['another type', '{ visit { reason } }', { visit: { reason: null } }],
  ] as const)('refusal holds through %s', async ([, source, expected]) => {
    const { data, errors, ran } = await asking(source, as('administrator'));
    expect(data).toEqual(expected);
    expect(errors).toBeUndefined();
    expect(ran).toEqual([]);
  });

  test('a field without resolver is enforced too', async () => {
    expect((await asking('{ patient { risks { code } } }', as('doctor'))).data.patient.risks).toHaveLength(1);
    expect((await asking('{ patient { risks { code } } }', as('patient'))).data.patient.risks).toBeNull();
  });

  test('the key field needs no consent', async () => {
    const { data } = await asking('{ patient { nhsNumber } }', as('researcher'));
    expect(data.patient.nhsNumber).toBe('9990000018');
  });

  test('the refusal is told with rules and context', async () => {
    const told: unknown[] = [];
    const schema = served({ ...enforcement, withheld: (...said) => told.push(said) && null });
    await asking('{ patient { problems { code } } }', as('administrator'), schema);
    const context = { facts: expect.any(Function), ran: [] };
    expect(told).toEqual([['problems', { allowed: false, policies: ['role'] }, context]]);
  });

  const broken: readonly [string, Context['facts']][] = [
    [
      'throw',
      () => {
        throw new Error('no facts');
      },
    ],
    ['come later', async (section) => bestFacts('doctor', section)],
    ['are null', () => null],
    ['are of another section', () => bestFacts('doctor', 'person')],
    ['hold an unknown word', (section) => ({ ...bestFacts('doctor', section), role: 'wizard' })],
  ];
  test.for(broken)('facts that %s are a refusal', async ([, facts]) => {
    const { data, errors, ran } = await asking('{ patient { problems { code } } }', facts);
    expect(data.patient.problems).toBeNull();
    expect(errors).toBeUndefined();
    expect(ran).toEqual([]);
  });
});

describe('after the resolver', () => {
  test('each entry is released on its own', async () => {
    const { data } = await asking('{ patient { problems { code } } }', as('doctor'), served(entryByEntry));
    expect(data.patient.problems).toEqual([{ code: 'asthma' }]);
  });

  test('release is told section and context', async () => {
    const told: unknown[] = [];
    const release: typeof entryByEntry.release = (value, _, section, { ran }) => {
      told.push(section, ran);
      return value;
    };
    await asking('{ patient { problems { code } } }', as('doctor'), served({ ...enforcement, release }));
    expect(told).toEqual(['problems', ['problems']]);
  });

  test('a value that is there already is released', async () => {
    const { data } = await asking('{ patient { risks { code } } }', as('doctor'), served(entryByEntry));
    expect(data.patient.risks).toEqual([{ code: 'fall' }]);
  });

  test('a release that throws lets nothing out', async () => {
    const release = () => {
      throw new Error('cannot release');
    };
    const schema = served({ ...enforcement, release });
    expect(
      (await asking('{ patient { problems { code } } }', as('doctor'), schema)).data.patient.problems,
    ).toBeNull();
  });

  test('release is not asked about a refused section', async () => {
    const release = () => [{ code: 'asthma' }];
    const schema = served({ ...enforcement, release });
    const { data } = await asking('{ patient { problems { code } } }', as('administrator'), schema);
    expect(data.patient.problems).toBeNull();
  });
});

describe('a schema that consent does not reach', () => {
  const withTypes = (types: string) => buildSchema(`${consentSdl} type Query { patient: Patient } ${types}`);
  const problems = [
    '`Patient.a` lacks `@consent(section:)`',
    '`Patient.b` names a section that is not known',
    '`Patient.d` lacks `@consent(section:)`',
  ];
  const unmarked = () =>
    withTypes(`type Patient { nhsNumber: ID!, a: String, b: String @consent(section: "everything"),
      c: String @consent(section: "person") } extend type Patient { d: String }`);

  test('it is refused with every problem listed', () => {
    expect(() => enforceConsent(unmarked(), enforcement)).toThrow(UnmarkedFieldFault);
    expect(() => enforceConsent(unmarked(), enforcement)).toThrow(
      expect.objectContaining({ code: 'CONSENT_NOT_MARKED', problems: expect.arrayContaining(problems) }),
    );
  });

  test('the lint says the same', () => {
    expect([...consentLint(unmarked())].sort()).toEqual(problems);
    expect(consentLint(served())).toEqual([]);
  });

  test.for([
    [
      'an unknown section of another type',
      'type Patient { nhsNumber: ID! } type V { a: ID @consent(section: "x") }',
    ],
    [
      'a mark on the interface alone',
      'type Patient { nhsNumber: ID! } interface I { a: ID @consent(section: "person") } type V implements I { a: ID }',
    ],
    [
      'another section than the interface',
      'type Patient { nhsNumber: ID! } interface I { a: ID @consent(section: "person") } type V implements I { a: ID @consent(section: "risks") }',
    ],
    [
      'an unknown section of an interface',
      'type Patient { nhsNumber: ID! } interface I { a: ID @consent(section: "x") }',
    ],
    ['a patient that is an interface', 'interface Patient { nhsNumber: ID! }'],
  ] as const)('%s is refused', ([, types]) => {
    expect(consentLint(withTypes(types))).toHaveLength(1);
  });

  test('a mark without a plain section is refused', () => {
    const types = 'type Patient { nhsNumber: ID!, a: ID @consent, b: ID @consent(section: 5) }';
    const schema = buildSchema(`${consentSdl} type Query { a: ID } ${types}`, { assumeValidSDL: true });
    expect(consentLint(schema)).toEqual([
      '`Patient.a` names a section that is not known',
      '`Patient.b` names a section that is not known',
    ]);
  });

  test('a field under two sections is refused', () => {
    const types =
      'type Patient { nhsNumber: ID!, a: ID @consent(section: "person") @consent(section: "risks") }';
    const schema = buildSchema(`${consentSdl} type Query { a: ID } ${types}`, { assumeValidSDL: true });
    expect(consentLint(schema)).toEqual(['`Patient.a` names a section that is not known']);
  });

  test('a patient built without text is refused', () => {
    const schema = withTypes('type Patient { nhsNumber: ID!, a: ID @consent(section: "person") }');
    const patient = schema.getType('Patient');
    if (patient instanceof GraphQLObjectType)
      for (const field of Object.values(patient.getFields())) field.astNode = undefined;
    expect(consentLint(schema)).toEqual(['`Patient.a` lacks `@consent(section:)`']);
  });

  test('a schema without a patient passes', () => {
    expect(consentLint(buildSchema('type Query { a: ID }'))).toEqual([]);
  });
});

test('the section of a field can be read', () => {
  const fields = (served().getType('Patient') as GraphQLObjectType).getFields();
  const section = (name: string) => (fields[name] === undefined ? undefined : sectionOfField(fields[name]));
  expect(section('problems')).toBe('problems');
  expect(section('nhsNumber')).toBeNull();
});
