import { type GraphQLOutputType, isEnumType, isListType, isNonNullType, isScalarType } from 'graphql';
import type { FieldTree, SelectedField } from './field-tree.ts';

/** Whether a value has the shape that was asked for. */
export type Check = (value: unknown) => boolean;

/**
 * Compiles a check of what a tree selects. One value of a wrong shape would cost a client the whole answer further on, and
 * would stand in the error, so that every provider's answer is held against its contract first.
 */
export function objectCheck(typeName: string, tree: FieldTree): Check {
  const fields = tree.map((field) => ({ key: field.key, check: fieldCheck(typeName, field) }));
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const object = value as Record<string, unknown>;
    return fields.every(({ key, check }) => check(object[key]));
  };
}

function fieldCheck(parentName: string, field: SelectedField): Check {
  return field.type === null ? (value) => value === parentName : typeCheck(field.type, field.below);
}

function typeCheck(type: GraphQLOutputType, below: FieldTree | null): Check {
  if (isNonNullType(type)) {
    const inner = typeCheck(type.ofType, below);
    return (value) => value !== null && value !== undefined && inner(value);
  }
  const present = presentCheck(type, below);
  return (value) => value === null || (value !== undefined && present(value));
}

function presentCheck(type: GraphQLOutputType, below: FieldTree | null): Check {
  if (isListType(type)) {
    const item = typeCheck(type.ofType, below);
    return (value) => Array.isArray(value) && value.every(item);
  }
  if (isEnumType(type)) return (value) => typeof value === 'string' && type.getValue(value) !== undefined;
  if (isScalarType(type)) return scalarChecks[type.name] ?? ((value) => typeof value === 'string');
  return objectCheck('name' in type ? type.name : '', below ?? []);
}

const scalarChecks: Readonly<Record<string, Check>> = {
  // GraphQL spec, section 3.5.1: 32 bits.
  Int: (value) => Number.isInteger(value) && Number(value) === (Number(value) | 0),
  Float: (value) => Number.isFinite(value),
  Boolean: (value) => typeof value === 'boolean',
};
