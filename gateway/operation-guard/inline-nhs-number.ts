import {
  type DocumentNode,
  getNamedType,
  isValueNode,
  Kind,
  type Token,
  TokenKind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { Generation } from '../plan/generation.ts';
import type { GuardRule } from './rules.ts';

/**
 * A number written into the document would stand in plan caches, subgraph queries and traces: NHS numbers travel in
 * variables only. Looks at every token, comments too, wherever ten digits stand in it, spaces, dashes and underscores aside;
 * and at every place that takes an NHS number, whatever is written there.
 */
export const inlineNhsNumber: GuardRule = ({ document }, generation) =>
  holdsTenDigits(document) || isWrittenOut(document, generation)
    ? ['an NHS number is sent in a variable, never in the document']
    : [];

const tenDigits = /(?<!\d)\d(?:[\s\p{Pd}_]*\d){9}(?!\d)/u;

function holdsTenDigits({ loc }: DocumentNode): boolean {
  for (let token: Token | null = loc?.startToken ?? null; token !== null; token = token.next) {
    if (tenDigits.test(textOf(token))) return true;
  }
  return false;
}

/** A float may be written with an exponent. */
function textOf({ kind, value }: Token): string {
  return kind === TokenKind.FLOAT ? `${value} ${Math.trunc(Number(value))}` : value;
}

function isWrittenOut(document: DocumentNode, { apiSchema }: Pick<Generation, 'apiSchema'>): boolean {
  let found = false;
  const types = new TypeInfo(apiSchema);
  visit(
    document,
    visitWithTypeInfo(types, {
      enter: (node) => {
        if (!isValueNode(node) || innocent.has(node.kind)) return;
        found ||= getNamedType(types.getInputType())?.name === 'NHSNumber';
      },
    }),
  );
  return found;
}

/** A variable is how a number is sent, and what a list holds is looked at in its turn. */
const innocent: ReadonlySet<string> = new Set([Kind.VARIABLE, Kind.LIST, Kind.NULL]);
