import { ApolloGateway } from '@apollo/gateway';
import fc from 'fast-check';
import {
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isObjectType,
  parse,
} from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { GatewayFault } from '../gateway/fault.ts';
import { readOperation } from '../gateway/operation-guard/operation.ts';
import { type GuardedOperation, guardStage } from '../gateway/operation-guard/operation-guard.ts';
import { guardRules, type OperationLimits } from '../gateway/operation-guard/rules.ts';
import { depth, fields, tokens } from '../gateway/operation-guard/size.ts';
import { buildGeneration, type Generation } from '../gateway/plan/generation.ts';
import { composeSupergraph, readSubgraphs } from '../gateway/plan/supergraph.ts';
import { readyQuery } from '../gateway/ready-query.ts';

const limits: OperationLimits = { tokens: 400, depth: 8, fields: 200, aliases: 5 };
const number = '9990000026';
const other = '9990000034';

/** What a subgraph says to mark its fields. */
const consented = `
  @link(url: "https://suture.example/consent/v1.0", import: ["@consent"])
  @composeDirective(name: "@consent")
  directive @consent(section: String!) on FIELD_DEFINITION
`;

/** Fields that only a resolver of another subgraph reads, fields that no client sees, and numbers in lists and objects. */
const hidingSubgraphs = [
  {
    name: 'record',
    typeDefs: parse(`
      extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@inaccessible", "@composeDirective"])
      ${consented}
      scalar NHSNumber
      input Also { number: NHSNumber, more: Also, numbers: [[NHSNumber]] }
      type Query {
        patient(nhsNumber: NHSNumber!, also: Also, note: String, size: Int): Patient
        several(numbers: [NHSNumber!]!): Int
      }
      type Patient @key(fields: "nhsNumber") {
        nhsNumber: NHSNumber!
        name: String @consent(section: "problems")
        weight: Int @inaccessible @consent(section: "problems")
        height: Int @consent(section: "problems")
        entries: [Entry!]! @consent(section: "problems")
      }
      interface Entry { id: ID! rank: Int @inaccessible text: String }
      type Letter implements Entry { id: ID! rank: Int @inaccessible text: String secret: String @inaccessible }
      type Note implements Entry { id: ID! rank: Int @inaccessible text: String }
    `),
  },
  {
    name: 'dosing',
    typeDefs: parse(`
      extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires", "@composeDirective"])
      ${consented}
      scalar NHSNumber
      type Patient @key(fields: "nhsNumber") {
        nhsNumber: NHSNumber!
        height: Int @external
        dose: Int @requires(fields: "height") @consent(section: "problems")
      }
    `),
  },
];

async function generationOf(supergraphSdl: string): Promise<Generation> {
  const made = Promise.withResolvers<Generation>();
  const unasked = { process: async () => ({ data: {} }) };
  const apollo = new ApolloGateway({ supergraphSdl, buildService: () => unasked });
  apollo.onSchemaLoadOrUpdate(({ apiSchema, coreSupergraphSdl }) =>
    made.resolve(buildGeneration(apiSchema, coreSupergraphSdl)),
  );
  await apollo.load();
  await apollo.stop();
  return made.promise;
}

let real: Generation;
let hiding: Generation;
beforeAll(async () => {
  real = await generationOf(composeSupergraph(readSubgraphs()));
  hiding = await generationOf(composeSupergraph(hidingSubgraphs));
});

const guard = guardStage(limits);
const question = (selection: string) =>
  `query($n: NHSNumber!) { patient(nhsNumber: $n) { nhsNumber ${selection} } }`;

function guarded(
  query: string,
  generation = real,
  variables: Record<string, unknown> = { n: number },
): GuardedOperation {
  return guard({ query, variables }, generation);
}

/** The code and words of the refusal; `went on` if there is none. */
function refusal(body: unknown, generation = real): { code: string; message: string } {
  try {
    guard(body, generation);
    return { code: 'went on', message: '' };
  } catch (cause) {
    if (cause instanceof GatewayFault) return cause;
    throw cause;
  }
}
const refusalOf = (query: string, generation = real, variables: Record<string, unknown> = { n: number }) =>
  refusal({ query, variables }, generation);

describe('an operation that may go on', () => {
  it('carries its patient, variables and text', () => {
    const query = question('problems { complete }');
    const { patient, variables, text, definition } = guarded(query);
    expect({ patient, variables, text }).toEqual({ patient: number, variables: { n: number }, text: query });
    expect(definition.operation).toBe('query');
  });

  it('may be about nobody', () => {
    expect(guarded('{ __typename }', real, {}).patient).toBeUndefined();
    expect(guarded('{ __schema { queryType { name } } }', real, {}).patient).toBeUndefined();
  });

  it('may be the whole ready query', () => {
    const stage = guardStage({ tokens: 2000, depth: 12, fields: 1000, aliases: 50 });
    expect(stage({ query: readyQuery, variables: { nhsNumber: number } }, real).patient).toBe(number);
  });

  it('takes defaults of variables that were not sent', () => {
    const query =
      'query($n: NHSNumber!, $with: Boolean = true) { patient(nhsNumber: $n) { nhsNumber @include(if: $with) } }';
    expect(guarded(query).variables).toEqual({ n: number, with: true });
  });

  it('is one of several by its name', () => {
    const query = 'query A { __typename } query B($n: NHSNumber!) { patient(nhsNumber: $n) { nhsNumber } }';
    const named = (operationName?: string | null) =>
      refusal({ query, operationName, variables: { n: number } });
    expect(guard({ query, operationName: 'B', variables: { n: number } }, real).patient).toBe(number);
    expect(guard({ query, operationName: 'A', variables: {} }, real).patient).toBeUndefined();
    expect(named('C').code).toBe('OPERATION_REFUSED');
    expect(named('').code).toBe('OPERATION_REFUSED');
    expect(named().code).toBe('OPERATION_REFUSED');
    expect(named(null).code).toBe('OPERATION_REFUSED');
  });

  it('is judged again by each generation', () => {
    const query = 'query($n: NHSNumber!) { patient(nhsNumber: $n) { dose } }';
    expect(guarded(query, hiding).patient).toBe(number);
    expect(refusalOf(query, real).code).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  it('never hands one caller’s variables to the next', () => {
    const query = question('');
    expect(guarded(query, real, { n: number }).patient).toBe(number);
    expect(guarded(query, real, { n: other }).patient).toBe(other);
  });
});

describe('a body', () => {
  it.each([
    null,
    undefined,
    '',
    'query',
    [[]],
    [[{ query: '{ __typename }' }, { query: '{ __typename }' }]],
    {},
    { query: '' },
    { query: null },
    { query: 7 },
    { query: ['{ __typename }'] },
    { extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } },
    { query: '{ __typename }', variables: [] },
    { query: '{ __typename }', variables: 'n' },
    { query: '{ __typename }', operationName: 7 },
  ])('like %j is no GraphQL request', (body) => {
    expect(refusal(body).code).toBe('BAD_REQUEST');
  });

  it.each(['{', '}', 'query {', '{ patient( }', '{ "text" }', 'query { a } }', '{ ^ }', '# only a comment'])(
    'with the document `%s` is not parsed',
    (query) => {
      expect(refusal({ query }).code).toBe('GRAPHQL_PARSE_FAILED');
    },
  );

  it.each([
    'mutation { patient }',
    'subscription { patient { nhsNumber } }',
    'type Query { a: Int }',
    'fragment F on Patient { nhsNumber }',
  ])('with `%s` asks for nothing that is served', (query) => {
    expect(['GRAPHQL_VALIDATION_FAILED', 'OPERATION_REFUSED']).toContain(refusal({ query }).code);
  });
});

describe('a variable of another type', () => {
  it.each([
    ['Int', { size: 'Mrs Brackwater' }],
    ['Int', { size: { name: 'Mrs Brackwater' } }],
    ['Int!', {}],
  ])('for %s is refused without its value', (type, variables) => {
    const query = `query($n: NHSNumber!, $size: ${type}) { patient(nhsNumber: $n, size: $size) { name } }`;
    const { code, message } = refusalOf(query, hiding, { n: number, ...variables });
    expect(code).toBe('BAD_USER_INPUT');
    expect(message).not.toContain('Brackwater');
  });

  it('is refused when the number is missing', () => {
    expect(refusalOf(question(''), real, {}).code).toBe('BAD_USER_INPUT');
    expect(refusalOf(question(''), real, { n: null }).code).toBe('BAD_USER_INPUT');
  });
});

describe('an NHS number in the document', () => {
  const withArgument = (literal: string) => `{ patient(nhsNumber: ${literal}) { nhsNumber } }`;
  it.each([
    ['string', withArgument(`"${number}"`)],
    ['integer', withArgument(number)],
    ['negative integer', withArgument(`-${number}`)],
    ['float', withArgument(`${number}.0`)],
    ['float with an exponent', '{ patient(size: 9.990000026e9) { nhsNumber } }'],
    ['string with spaces', withArgument('"999 000 0026"')],
    ['string with dashes', withArgument('"999-000-0026"')],
    ['string with a long dash', withArgument('"999–000–0026"')],
    ['string with narrow spaces', withArgument('"999\u202f000\u202f0026"')],
    ['string with escapes', withArgument('"\\u0039990000026"')],
    ['string among words', withArgument('"Number 9990000026, seen today"')],
    ['string after a date', withArgument('"2026-11-23 9990000026"')],
    ['string before a house number', withArgument('"9990000026 12"')],
    ['block string', withArgument('"""\n  9990000026\n"""')],
    ['default value', `query($n: NHSNumber = "${number}") { patient(nhsNumber: $n) { nhsNumber } }`],
    ['list', `{ several(numbers: ["1", ["${number}"]]) }`],
    ['object', `{ patient(also: { more: { number: "${number}" } }) { nhsNumber } }`],
    ['key of an object', `{ patient(also: { n${number}: 1 }) { nhsNumber } }`],
    ['enum value', `{ patient(nhsNumber: n${number}) { nhsNumber } }`],
    ['directive', `{ patient @note(is: "${number}") { nhsNumber } }`],
    ['field', `{ p${number} }`],
    ['field with underscores', '{ p_999_000_0026 }'],
    ['alias', `{ p${number}: __typename }`],
    ['operation name', `query P${number} { __typename }`],
    ['variable', `query($p${number}: Int) { __typename }`],
    ['fragment', `{ ...F${number} } fragment F${number} on Query { __typename }`],
    ['argument', `{ patient(p${number}: 1) { nhsNumber } }`],
    ['type', `{ ... on P${number} { __typename } }`],
    ['unused operation', `query A { __typename } query B { a(n: "${number}") }`],
    ['comment', `# about ${number}\n{ __typename }`],
  ])('is refused as a %s', (_place, query) => {
    const refused = refusal({ query, operationName: /query A/.test(query) ? 'A' : undefined });
    expect(refused).toMatchObject({
      code: 'OPERATION_REFUSED',
      message: 'an NHS number is sent in a variable, never in the document',
    });
  });

  it.each(['"Smith"', '7', '"999"', '"999 000"', 'true', '[7]', '{ a: "b" }', '9.99e3'])(
    'is refused where %s stands in its place',
    (literal) => {
      expect(refusal({ query: withArgument(literal) }).code).toBe('OPERATION_REFUSED');
    },
  );

  it('is refused in a list or object of another type', () => {
    for (const query of [
      '{ several(numbers: ["999"]) }',
      'query($n: NHSNumber!) { patient(nhsNumber: $n, also: { number: "999" }) { name } }',
      'query($n: NHSNumber!) { patient(nhsNumber: $n, also: { numbers: [["999"]] }) { name } }',
      'query($n: NHSNumber!, $a: Also = { more: { number: "999" } }) { patient(nhsNumber: $n, also: $a) { name } }',
    ]) {
      expect(refusalOf(query, hiding)).toMatchObject({ code: 'OPERATION_REFUSED' });
    }
  });

  it('is not seen in other literals', () => {
    const query =
      'query($n: NHSNumber!) { patient(nhsNumber: $n, note: "12345678901 or 123456789", size: 99900000) { name } }';
    expect(refusalOf(query, hiding).code).toBe('went on');
  });
});

describe('the patients of an operation', () => {
  const both = `query($a: NHSNumber!, $b: NHSNumber!) {
    patient(nhsNumber: $a) { name } several(numbers: [$b]) }`;

  it('are one', () => {
    expect(refusalOf(both, hiding, { a: number, b: other })).toMatchObject({
      code: 'OPERATION_REFUSED',
      message: 'the operation is about more than one patient',
    });
    expect(guarded(both, hiding, { a: number, b: number }).patient).toBe(number);
    expect(refusalOf(both, hiding, { a: number, b: Number(number) }).code).toBe('OPERATION_REFUSED');
  });

  it.each([
    'a: patient(nhsNumber: $n) { nhsNumber } b: patient(nhsNumber: $n) { nhsNumber }',
    'patient(nhsNumber: $n) { nhsNumber } ... { again: patient(nhsNumber: $n) { nhsNumber } }',
    'patient(nhsNumber: $n) { nhsNumber } again: patient(nhsNumber: $n) @skip(if: true) { nhsNumber }',
    '...A } fragment A on Query { patient(nhsNumber: $n) { nhsNumber } ...B } fragment B on Query { b: patient(nhsNumber: $n) { nhsNumber }',
  ])('are asked for once, unlike `%s`', (selection) => {
    expect(refusalOf(`query($n: NHSNumber!) { ${selection} }`)).toMatchObject({
      code: 'OPERATION_REFUSED',
      message: '`patient` is asked for once an operation',
    });
  });

  it('may be asked for in several places under one name', () => {
    const query = `query($n: NHSNumber!) { r: patient(nhsNumber: $n) { nhsNumber } ...A ...A }
      fragment A on Query { r: patient(nhsNumber: $n) { problems { complete } } }`;
    expect(guarded(query).patient).toBe(number);
  });

  it('are found in lists and input objects', () => {
    const several = 'query($all: [NHSNumber!]!) { several(numbers: $all) }';
    expect(refusalOf(several, hiding, { all: [number, other] }).code).toBe('OPERATION_REFUSED');
    expect(guarded(several, hiding, { all: [number, number] }).patient).toBe(number);
    expect(guarded(several, hiding, { all: [] }).patient).toBeUndefined();
    const also = 'query($n: NHSNumber!, $also: Also) { patient(nhsNumber: $n, also: $also) { name } }';
    const withAlso = (sent: unknown) => refusalOf(also, hiding, { n: number, also: sent });
    expect(withAlso({ number: other }).code).toBe('OPERATION_REFUSED');
    expect(withAlso({ more: { more: { number: other } } }).code).toBe('OPERATION_REFUSED');
    expect(withAlso({ numbers: [[number], [null, other]] }).code).toBe('OPERATION_REFUSED');
    expect(withAlso({ number, numbers: [[number]] }).code).toBe('went on');
  });

  it('may not be doubled by an input object in an input object', () => {
    const query =
      'query($also: Also, $n: NHSNumber!) { patient(nhsNumber: $n, also: { more: $also }) { name } }';
    expect(refusalOf(query, hiding, { n: number, also: { number: other } }).code).toBe('OPERATION_REFUSED');
  });
});

describe('a section', () => {
  const roomy = guardStage({ ...limits, aliases: 50, tokens: 2000, fields: 1000, depth: 12 });
  const wide = (query: string) => {
    try {
      roomy({ query, variables: { n: number } }, real);
      return 'went on';
    } catch (cause) {
      return cause instanceof GatewayFault ? cause.message : cause;
    }
  };
  const full = `id status verification onset end significance note code { text codings { system code display } }
    source { system author recordedAt retrievedAt organisation { odsCode name } }`;

  it('may be asked for whole, twice', () => {
    const whole = (type: GraphQLOutputType): string => {
      const named = getNamedType(type);
      if (!isObjectType(named)) return '';
      const below = Object.values(named.getFields()).map((each) => each.name + whole(each.type));
      return `{ __typename ${below.join(' ')} }`;
    };
    const fields = (real.apiSchema.getType('Patient') as GraphQLObjectType).getFields();
    for (const { name, type } of Object.values(fields).filter((each) => each.name !== 'nhsNumber')) {
      const query = question(`${name} ${whole(type)} again: ${name} ${whole(type)}`);
      expect([name, wide(query)]).toEqual([name, 'went on']);
    }
  });

  it.each<[string, string, string]>([
    ['in one long field', `items { ${Array.from({ length: 9 }, (_, at) => `a${at}: note`).join(' ')} }`, ''],
    ['in one place', Array.from({ length: 9 }, (_, at) => `a${at}: items { ${full} }`).join(' '), ''],
    [
      'in a fragment',
      '...A',
      `fragment A on ProblemSection { ${Array.from({ length: 9 }, (_, at) => `a${at}: items { ...B }`).join(' ')} }
      fragment B on Problem { ${full} }`,
    ],
  ])('is not asked for again and again %s', (_where, selection, fragments) => {
    const query = `${question(`problems { ${selection} }`)} ${fragments}`;
    expect(wide(query)).toBe('a field is asked for under more than 4 names');
  });
});

describe('the size of an operation', () => {
  it('is bounded in tokens', () => {
    expect(refusal({ query: `{ ${'__typename '.repeat(500)} }` })).toMatchObject({
      code: 'OPERATION_REFUSED',
      message: 'the document has more than 400 tokens',
    });
  });

  it('is bounded in depth', () => {
    const nested = (levels: number) => `{ ${'a { '.repeat(levels)} b ${'}'.repeat(levels)} }`;
    expect(refusal({ query: nested(7) }).code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(refusal({ query: nested(8) })).toMatchObject({
      code: 'OPERATION_REFUSED',
      message: 'fields nest deeper than 8',
    });
  });

  it('is measured through nested fragments', () => {
    const query = `{ a { b { ...One } } } fragment One on T { c { d { ... on T { ...Two } } } }
      fragment Two on T { e { f { g { h { i } } } } }`;
    expect(refusal({ query }).message).toBe('fields nest deeper than 8');
  });

  it.each([
    '{ ...A } fragment A on Query { ...A }',
    '{ ...A } fragment A on Query { ...B } fragment B on Query { x { ...A } }',
    '{ a { ...A } } fragment A on Query { ... on Query { ...B ...B } } fragment B on Query { ...A }',
  ])('has an end, unlike `%s`', (query) => {
    expect(['OPERATION_REFUSED', 'GRAPHQL_VALIDATION_FAILED']).toContain(refusal({ query }).code);
  });

  it('is bounded in aliases, fragments included', () => {
    const aliased = (count: number) =>
      Array.from({ length: count }, (_, at) => `a${at}: __typename`).join(' ');
    expect(refusal({ query: `{ ${aliased(5)} }` }).code).toBe('went on');
    expect(
      refusal({
        query: `{ ${aliased(3)} ...F } fragment F on Query { b0: __typename b1: __typename b2: __typename }`,
      }),
    ).toMatchObject({
      code: 'OPERATION_REFUSED',
      message: 'the operation has more than 5 aliases',
    });
  });

  /** Each fragment spreads the next one twice: 2^30 fields in 31 lines. */
  const doubling = Array.from({ length: 30 }, (_, at) =>
    at === 29
      ? `fragment F${at} on Query { __typename }`
      : `fragment F${at} on Query { ...F${at + 1} ...F${at + 1} }`,
  ).join('\n');

  it('is bounded in fields, counted where fragments are spread', () => {
    expect(refusal({ query: `{ ...F0 } ${doubling}` })).toMatchObject({
      code: 'OPERATION_REFUSED',
      message: 'the operation has more than 200 fields',
    });
  });

  it('is measured in as many steps as there are fragments', () => {
    const operation = readOperation({ query: `{ ...F0 } ${doubling}` }, limits.tokens);
    let steps = 0;
    class Counted extends Map<string, FragmentDefinitionNode> {
      override get(name: string) {
        steps += 1;
        return super.get(name);
      }
    }
    const counted = { ...operation, fragments: new Counted(operation.fragments) };
    expect(depth(counted, real, limits)).toEqual([]);
    expect(fields(counted, real, limits)).not.toEqual([]);
    expect(steps).toBe(60);
  });

  it('counts comments, which the parser lets pass', () => {
    const query = `${'#\n'.repeat(limits.tokens)}{ __typename }`;
    expect(refusal({ query }).message).toBe(`the document has more than ${limits.tokens} tokens`);
  });

  it('is bounded before types are looked at', () => {
    expect(guardRules.slice(0, 3)).toEqual([tokens, depth, fields]);
  });
});

describe('an alias', () => {
  const refusedAlias = (query: string) => {
    const { code, message } = refusalOf(query, hiding);
    return code === 'OPERATION_REFUSED' ? message : code;
  };

  it('is not the name of another field of its type', () => {
    expect(refusedAlias(question('height: name'))).toBe(
      'the alias `height` is the name of another field of `Patient`',
    );
    expect(refusedAlias(question('name: height'))).toContain('`name`');
    expect(refusedAlias(question('height: height'))).toBe('went on');
    expect(refusedAlias(question('tall: height'))).toBe('went on');
    expect(refusalOf(question('problems: medications { complete }')).code).toBe('OPERATION_REFUSED');
    expect(refusalOf(question('problems { complete: items { id } }')).code).toBe('OPERATION_REFUSED');
  });

  it('is not the name of a field that no client sees', () => {
    expect(refusedAlias(question('weight: name'))).toContain('`weight`');
    expect(refusedAlias(question('weight'))).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  it.each([
    ['an interface', 'entries { rank: text }'],
    ['a type behind an interface', 'entries { secret: text }'],
    ['an inline fragment', 'entries { ... on Letter { secret: text } }'],
    ['an inline fragment without a type', 'entries { ... { ... @include(if: true) { rank: id } } }'],
    ['__typename', 'weight: __typename'],
  ])('of a hidden name is refused through %s', (_way, selection) => {
    expect(refusedAlias(question(selection))).toContain('is the name of another field');
  });

  it.each([
    'fragment F on Patient { weight: name }',
    'fragment F on Patient { ...G } fragment G on Patient { entries { ...H } } fragment H on Entry { secret: id }',
  ])('of a hidden name is refused through `%s`', (fragments) => {
    expect(refusedAlias(`${question('...F')} ${fragments}`)).toContain('is the name of another field');
  });

  it('does not begin with two underscores', () => {
    for (const alias of ['__keys', '__reports', '__typename', '__proto__', '__nhsNumber']) {
      expect(refusedAlias(question(`${alias}: name`))).toBe(`the alias \`${alias}\` begins with \`__\``);
    }
  });
});

describe('a refusal', () => {
  const literal = fc.stringMatching(/^[a-z]{5}$/).map((letters) => `Zq-${letters}`);
  const digits = fc.stringMatching(/^[0-9]{10,12}$/);
  const name = fc.oneof(
    fc.constantFrom(
      'patient',
      'nhsNumber',
      'problems',
      'items',
      'id',
      'complete',
      'Patient',
      'Query',
      'n',
      'include',
      'NHSNumber',
    ),
    fc.stringMatching(/^[a-z]{1,6}$/),
    digits.map((run) => `p${run}`),
  );
  const scalar = fc.oneof(
    literal.map((text) => `"${text}"`),
    digits.map((run) => `"${run}"`),
    fc.constantFrom('7', '7.5', 'true', 'null', '$n', 'ENUM'),
  );
  const value = fc.oneof(
    scalar,
    scalar.map((each) => `[${each}]`),
    fc.tuple(name, scalar).map(([key, each]) => `{ ${key}: ${each} }`),
  );
  const directive = fc.oneof(
    fc.constant(''),
    fc.tuple(name, name, value).map(([directed, argument, each]) => `@${directed}(${argument}: ${each})`),
    value.map((each) => `@skip(if: ${each})`),
  );
  const field = fc
    .tuple(name, name, value, directive, fc.boolean(), fc.boolean())
    .map(([alias, named, each, directed, isAliased, hasArgument]) =>
      [isAliased ? `${alias}: ` : '', named, hasArgument ? `(${alias}: ${each})` : '', directed].join(' '),
    );
  const document = fc
    .tuple(
      name,
      value,
      fc.array(field, { minLength: 1, maxLength: 4 }),
      name,
      value,
      fc.constantFrom('', '}', '"', 'query {'),
    )
    .map(
      ([variable, preset, selection, type, asked, rest]) =>
        `query($n: NHSNumber!, $${variable}: ${type} = ${preset}) { patient(nhsNumber: ${asked}) { ${selection.join(' ')} } } ${rest}`,
    );

  it('never repeats a number or a literal', () => {
    let refused = 0;
    fc.assert(
      fc.property(document, (query) => {
        const { code, message } = refusalOf(query);
        if (code !== 'went on') refused += 1;
        expect(message).not.toMatch(/\d{10}/);
        expect(message).not.toContain('Zq-');
      }),
      { numRuns: 1500 },
    );
    expect(refused).toBeGreaterThan(1000);
  });

  it('never repeats a literal that breaks a type', () => {
    for (const selection of [
      'nhsNumber @skip(if: "Zq-abcde")',
      'nhsNumber @include(if: { a: "Zq-abcde" })',
      'nhsNumber @skip(if: ["Zq-abcde"])',
      'problems(first: "Zq-abcde") { complete }',
      '... on Patient @include(if: "Zq-abcde") { nhsNumber }',
    ]) {
      const { code, message } = refusalOf(question(selection));
      expect(code).toBe('GRAPHQL_VALIDATION_FAILED');
      expect(message).not.toContain('Zq-');
    }
    const preset = refusalOf(
      'query($n: NHSNumber!, $b: Boolean = "Zq-abcde") { patient(nhsNumber: $n) { nhsNumber @skip(if: $b) } }',
    );
    expect(preset.message).toBe('a value does not fit its type (line 1, column 37)');
  });

  it('of a document that is none says only where', () => {
    expect(refusal({ query: '{ patient(name: "Zq-abcde) }' }).message).toBe(
      'the document is not valid GraphQL at line 1, column 29',
    );
    expect(refusal({ query: '{ patient ! "Zq-abcde" }' }).message).toContain('at line 1, column 11');
  });

  it('keeps the first reason of the first rule', () => {
    const deep = `{ ${'a { '.repeat(9)} b: c ${'}'.repeat(9)} p${number} }`;
    expect(refusal({ query: deep }).message).toBe('fields nest deeper than 8');
  });
});
