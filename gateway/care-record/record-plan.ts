import {
  type DocumentNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { sectionOfField } from '../../consent-policy/directive.ts';
import type { Section } from '../../consent-policy/vocabulary.ts';
import { GatewayFault } from '../fault.ts';
import { type FieldTree, fieldTree, printTree } from './field-tree.ts';
import { alwaysAsked, type MemberReader, memberReader, patientKey } from './member-section.ts';

/** One section as an operation asks for it. */
export interface SectionPlan {
  /** Response key on the patient. */
  readonly key: string;
  /** Field of `Patient`. */
  readonly field: string;
  readonly section: Section;
  readonly typeName: string;
  /** Everything selected on the section. */
  readonly selected: FieldTree;
  /** What is asked of a member for this section. */
  readonly memberText: string;
  readonly readMember: MemberReader;
}

/** What one subgraph operation asks of the record; made once per operation. */
export interface RecordPlan {
  readonly sections: readonly SectionPlan[];
  /** Fields of the patient that are no section: `__typename` and the key. */
  readonly plain: FieldTree;
}

/** Compiles an operation on `_entities` of the care-record subgraph for one set of variables. */
export function planRecord(
  schema: GraphQLSchema,
  memberSchema: GraphQLSchema,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
): RecordPlan {
  const fragments = new Map(
    document.definitions
      .filter((each) => each.kind === Kind.FRAGMENT_DEFINITION)
      .map((each) => [each.name.value, each]),
  );
  const patient = objectType(schema, 'Patient');
  const tree = fieldTree({ schema, fragments, variables }, patient, entitySelections(document));
  const isSection = ({ name }: { readonly name: string }) => sectionAt(patient, name) !== null;
  return {
    sections: tree.filter(isSection).map((field) => sectionPlan(patient, memberSchema, field)),
    plain: tree.filter((field) => !isSection(field)),
  };
}

/** The member operation that asks for some sections. */
export function memberOperation(sections: readonly SectionPlan[]): string {
  const fields = sections.map(({ key, field, memberText }) => `${key}:${field}${memberText}`);
  return `query($representations:[_Any!]!){_entities(representations:$representations){...on Patient{${patientKey}:nhsNumber ${fields.join(' ')}}}}`;
}

function sectionPlan(
  patient: GraphQLObjectType,
  memberSchema: GraphQLSchema,
  field: FieldTree[number],
): SectionPlan {
  const section = sectionAt(patient, field.name);
  const type = field.type && getNamedType(field.type);
  if (section === null || !isObjectType(type)) throw new GatewayFault('INTERNAL_SERVER_ERROR');
  const selected = field.below ?? [];
  const items = selected.filter(({ name }) => name === 'items');
  return {
    key: field.key,
    field: field.name,
    section,
    typeName: type.name,
    selected,
    memberText: `${printTree(items).slice(0, -1)} ${alwaysAsked}}`,
    readMember: memberReader(objectType(memberSchema, type.name), items),
  };
}

/** The selections below `_entities`; the planner sends nothing else to this subgraph. */
function entitySelections(document: DocumentNode): readonly SelectionSetNode[] {
  return document.definitions
    .flatMap((each) => (each.kind === Kind.OPERATION_DEFINITION ? each.selectionSet.selections : []))
    .flatMap((each) =>
      each.kind === Kind.FIELD && each.name.value === '_entities' && each.selectionSet
        ? [each.selectionSet]
        : [],
    );
}

function sectionAt(patient: GraphQLObjectType, name: string): Section | null {
  const field = patient.getFields()[name];
  return field ? sectionOfField(field) : null;
}

function objectType(schema: GraphQLSchema, name: string): GraphQLObjectType {
  const type = schema.getType(name);
  if (!isObjectType(type)) throw new GatewayFault('INTERNAL_SERVER_ERROR');
  return type;
}
