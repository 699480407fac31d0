import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  Kind,
} from 'graphql';
import { type Decision, type Policy, unreadableFacts } from './policy.ts';
import { type Facts, type Section, sections } from './vocabulary.ts';

/** The directive's definition. A string argument: an old copy of an enum in one subgraph would break composition. */
export const consentSdl = `"The field says something about the person: it is released only as the policy for this section of the record allows."
directive @consent(section: String!) on FIELD_DEFINITION`;

/** How a server enforces consent around its resolvers. `context` comes last: an answer may be shaped by the request. */
export interface Enforcement<Context> {
  readonly policy: Policy;
  /** Facts of the request, before the resolver; a throw is a refusal. */
  facts(context: Context, section: Section): Facts;
  /** What a refused section looks like. */
  withheld(section: Section, decision: Decision, context: Context): unknown;
  /** What of a resolved section is released, entry by entry; absent where the answer holds no entries. */
  release?(
    value: unknown,
    decideWith: (more: Partial<Facts>) => Decision,
    section: Section,
    context: Context,
  ): unknown;
}

/** A schema with a field that consent would not reach; `problems` lists all of them. */
export class UnmarkedFieldFault extends Error {
  override readonly name = 'UnmarkedFieldFault';
  readonly code = 'CONSENT_NOT_MARKED';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`consent does not reach every field: ${problems.join('; ')}`);
    this.problems = problems;
  }
}

/**
 * Puts the policy before and after the resolver of every field under `@consent`, in place, and returns the same schema.
 * Call it last: a resolver that is attached afterwards is NOT enforced.
 */
export function enforceConsent<Context>(
  schema: GraphQLSchema,
  enforcement: Enforcement<Context>,
): GraphQLSchema {
  const problems = consentLint(schema);
  if (problems.length > 0) throw new UnmarkedFieldFault(problems);
  for (const field of objectTypes(schema).flatMap((type) => Object.values(type.getFields()))) {
    const section = sectionOfField(field);
    if (section === null) continue;
    field.resolve = enforced(section, field.resolve ?? defaultFieldResolver, enforcement);
  }
  return schema;
}

/** Where consent would not reach a field of the patient, each a sentence; empty for a schema that may be served. */
export function consentLint(schema: GraphQLSchema): readonly string[] {
  const patient = schema.getType('Patient');
  const misplaced =
    patient !== undefined && !isObjectType(patient) ? ['`Patient` must be an object type'] : [];
  return [
    ...misplaced,
    ...objectTypes(schema).flatMap((type) => typeProblems(type)),
    ...Object.values(schema.getTypeMap()).filter(isInterfaceType).flatMap(unknownSections),
  ];
}

/** The section that a field is released under; null without `@consent` or with a section that is not known. */
export function sectionOfField(field: GraphQLField<unknown, unknown>): Section | null {
  const named = sectionArguments(field);
  const [only] = named;
  return named.length === 1 ? (sections.find((section) => section === only) ?? null) : null;
}

function enforced<Context>(
  section: Section,
  resolve: GraphQLFieldResolver<unknown, Context>,
  enforcement: Enforcement<Context>,
): GraphQLFieldResolver<unknown, Context> {
  return (source, args, context, info) => {
    const facts = readFacts(enforcement, context, section);
    const decision = facts === null ? unreadableFacts : enforcement.policy.decide(facts);
    if (facts === null || !decision.allowed) return enforcement.withheld(section, decision, context);
    const value = resolve(source, args, context, info);
    const { release } = enforcement;
    if (release === undefined) return value;
    const decideWith = (more: Partial<Facts>) => enforcement.policy.decide({ ...facts, ...more });
    const released = (settled: unknown) => release.call(enforcement, settled, decideWith, section, context);
    return isPromise(value) ? value.then(released) : released(value);
  };
}

/** The facts of one request; null where they cannot be had or speak of another section than the field's. */
function readFacts<Context>(
  enforcement: Enforcement<Context>,
  context: Context,
  section: Section,
): Facts | null {
  try {
    const facts = enforcement.facts(context, section);
    return facts.section === section ? facts : null;
  } catch {
    return null;
  }
}

function typeProblems(type: GraphQLObjectType): readonly string[] {
  const fields = Object.values(type.getFields());
  const unmarked = fields.filter(
    (field) => type.name === 'Patient' && field.name !== 'nhsNumber' && sectionArguments(field).length === 0,
  );
  return [
    ...unmarked.map((field) => `\`${type.name}.${field.name}\` lacks \`@consent(section:)\``),
    ...unknownSections(type),
    ...type.getInterfaces().flatMap((shape) => interfaceProblems(type, shape)),
  ];
}

function unknownSections(type: GraphQLObjectType | GraphQLInterfaceType): readonly string[] {
  return Object.values(type.getFields())
    .filter((field) => sectionArguments(field).length > 0 && sectionOfField(field) === null)
    .map((field) => `\`${type.name}.${field.name}\` names a section that is not known`);
}

/** Resolvers belong to object types: a mark on an interface's field alone would be read and never enforced. */
function interfaceProblems(type: GraphQLObjectType, shape: GraphQLInterfaceType): readonly string[] {
  const own = type.getFields();
  const sectionHere = (name: string) => (own[name] === undefined ? null : sectionOfField(own[name]));
  return Object.values(shape.getFields())
    .filter(
      (field) => sectionOfField(field) !== sectionHere(field.name) && sectionArguments(field).length > 0,
    )
    .map((field) => `\`${type.name}.${field.name}\` is not marked as \`${shape.name}.${field.name}\` is`);
}

function objectTypes(schema: GraphQLSchema): readonly GraphQLObjectType[] {
  return Object.values(schema.getTypeMap()).filter(
    (type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'),
  );
}

/** One per `@consent` on the field; null where the section is not a plain string. */
function sectionArguments(field: GraphQLField<unknown, unknown>): readonly (string | null)[] {
  const marks = field.astNode?.directives?.filter((directive) => directive.name.value === 'consent') ?? [];
  return marks.map((mark) => {
    const value = mark.arguments?.find((argument) => argument.name.value === 'section')?.value;
    return value?.kind === Kind.STRING ? value.value : null;
  });
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'then') === 'function';
}
