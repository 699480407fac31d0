import {
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  GraphQLIncludeDirective,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  getNamedType,
  isAbstractType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';

/** One selected field, with everything that was selected below it under the same response key. */
export interface SelectedField {
  /** Response key: the alias, or the name. */
  readonly key: string;
  readonly name: string;
  /** The field's type; null for `__typename`. */
  readonly type: GraphQLOutputType | null;
  /** Null for a leaf. */
  readonly below: FieldTree | null;
}
export type FieldTree = readonly SelectedField[];

interface Collecting {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * Flattens selections on one object type: fragments opened, `@skip` and `@include` decided, equal response keys merged
 * (GraphQL spec, section 6.3.2 CollectFields). Every type on the way is an object type, so that nothing is left to decide
 * when answers arrive.
 */
export function fieldTree(
  collecting: Collecting,
  type: GraphQLObjectType,
  selections: readonly SelectionSetNode[],
): FieldTree {
  const nodes = new Map<string, FieldNode[]>();
  const visited = new Set<string>();
  for (const set of selections) collect(collecting, type, set, nodes, visited);
  return [...nodes].map(([key, fields]) => selectedField(collecting, type, key, fields));
}

function selectedField(
  collecting: Collecting,
  parent: GraphQLObjectType,
  key: string,
  nodes: readonly FieldNode[],
): SelectedField {
  const name = nodes[0]?.name.value ?? key;
  const type = parent.getFields()[name]?.type ?? null;
  const inner: GraphQLNamedType | null = type && getNamedType(type);
  const sets = nodes.flatMap(({ selectionSet }) => (selectionSet ? [selectionSet] : []));
  const below = isObjectType(inner) ? fieldTree(collecting, inner, sets) : null;
  return { key, name, type, below };
}

function collect(
  collecting: Collecting,
  type: GraphQLObjectType,
  set: SelectionSetNode,
  into: Map<string, FieldNode[]>,
  visited: Set<string>,
): void {
  for (const selection of set.selections) {
    if (isSkipped(collecting, selection)) continue;
    if (selection.kind === Kind.FIELD) {
      const key = selection.alias?.value ?? selection.name.value;
      into.set(key, [...(into.get(key) ?? []), selection]);
    } else {
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : once(collecting, selection, visited);
      if (fragment && applies(collecting.schema, fragment.typeCondition?.name.value, type)) {
        collect(collecting, type, fragment.selectionSet, into, visited);
      }
    }
  }
}

/** A fragment adds nothing to the same selections when it is spread again. */
function once(
  { fragments }: Collecting,
  { name }: FragmentSpreadNode,
  visited: Set<string>,
): FragmentDefinitionNode | undefined {
  if (visited.has(name.value)) return undefined;
  visited.add(name.value);
  return fragments.get(name.value);
}

function isSkipped({ variables }: Collecting, node: Parameters<typeof getDirectiveValues>[1]): boolean {
  return (
    getDirectiveValues(GraphQLSkipDirective, node, variables)?.if === true ||
    getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if === false
  );
}

function applies(schema: GraphQLSchema, condition: string | undefined, type: GraphQLObjectType): boolean {
  if (condition === undefined || condition === type.name) return true;
  const named = schema.getType(condition);
  return isAbstractType(named) && schema.isSubType(named, type);
}

/** Prints a tree as a selection set. */
export function printTree(tree: FieldTree): string {
  const fields = tree.map(({ key, name, below }) => {
    const field = key === name ? name : `${key}:${name}`;
    return below === null ? field : field + printTree(below);
  });
  return `{${fields.join(' ')}}`;
}
