import { visit } from 'graphql';
import type { GuardRule } from './rules.ts';

/**
 * A number written into the document would stand in plan caches, subgraph queries and traces: NHS numbers travel in
 * variables only. Looks at every literal and default value, wherever ten digits stand in it, spaces and dashes aside.
 */
export const inlineNhsNumber: GuardRule = ({ document }) => {
  let found = false;
  const look = (node: { readonly value: string }) => {
    found ||= /(?<!\d)\d{10}(?!\d)/.test(node.value.replaceAll(/[\s-]/g, ''));
  };
  visit(document, {
    IntValue: look,
    FloatValue: look,
    StringValue: look,
    Name: look,
  });
  return found ? ['an NHS number is sent in a variable, never in the document'] : [];
};
