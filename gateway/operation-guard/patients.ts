import {
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  typeFromAST,
} from 'graphql';
import { GatewayFault } from '../fault.ts';
import type { Operation } from './operation.ts';

/**
 * The NHS number that the operation is about, as sent, or undefined if it is about nobody. Each access is one audited,
 * consented act, so that two different ones are OPERATION_REFUSED. Numbers are found by their scalar type, in lists and
 * input objects too, so that a new argument or mutation is seen without a word here.
 */
export function patientOf(
  { definition }: Operation,
  schema: GraphQLSchema,
  variables: Readonly<Record<string, unknown>>,
): unknown {
  const numbers = (definition.variableDefinitions ?? []).flatMap((each) => {
    const type = typeFromAST(schema, each.type);
    return isInputType(type) ? numbersIn(type, variables[each.variable.name.value]) : [];
  });
  if (new Set(numbers).size > 1) {
    throw new GatewayFault('OPERATION_REFUSED', { detail: 'the operation is about more than one patient' });
  }
  return numbers[0];
}

function numbersIn(type: GraphQLInputType, value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (isNonNullType(type)) return numbersIn(type.ofType, value);
  if (isListType(type)) {
    return (Array.isArray(value) ? value : [value]).flatMap((item) => numbersIn(type.ofType, item));
  }
  if (!isInputObjectType(type)) return type.name === 'NHSNumber' ? [value] : [];
  return Object.values(type.getFields()).flatMap((field) =>
    numbersIn(field.type, Reflect.get(Object(value), field.name)),
  );
}
