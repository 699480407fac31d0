import { type GraphQLOutputType, isEnumType, isListType, isNonNullType, isScalarType } from 'graphql';
import type { FieldTree, SelectedField } from './field-tree.ts';

/** Hands on a value that has the shape that was asked for, without whatever else stands in it; `misfit` for any other. */
export type Reader = (value: unknown) => unknown;

/** What a reader gives for a value of another shape. */
export const misfit = Symbol('misfit');

/**
 * Compiles a reader of what a tree selects. One value of a wrong shape would cost a client the whole answer further on, and
 * would stand in the error; so would a name that nobody asked for, since Apollo takes an object's `__typename` at its word
 * wherever it finds one. So every provider's answer is held against its contract first, and only what was asked for goes on.
 * An object with nothing else in it goes on as it is.
 */
export function objectReader(typeName: string, tree: FieldTree): Reader {
  const fields = tree.map((field) => ({ key: field.key, read: fieldReader(typeName, field) }));
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return misfit;
    const object = value as Record<string, unknown>;
    const kept: Record<string, unknown> = {};
    let isAsAsked = Object.keys(object).length === fields.length;
    for (const { key, read } of fields) {
      const inner = read(object[key]);
      if (inner === misfit) return misfit;
      isAsAsked &&= inner === object[key];
      kept[key] = inner;
    }
    return isAsAsked ? object : kept;
  };
}

function fieldReader(parentName: string, field: SelectedField): Reader {
  return field.type === null
    ? only((value) => value === parentName)
    : typeReader(field.type, field.below ?? []);
}

function typeReader(type: GraphQLOutputType, below: FieldTree): Reader {
  if (isNonNullType(type)) {
    const inner = typeReader(type.ofType, below);
    return (value) => (value === null ? misfit : inner(value));
  }
  const present = presentReader(type, below);
  return (value) => (value === null ? null : present(value));
}

function presentReader(type: GraphQLOutputType, below: FieldTree): Reader {
  if (isListType(type)) return listReader(typeReader(type.ofType, below));
  if (isEnumType(type)) {
    return only((value) => typeof value === 'string' && type.getValue(value) !== undefined);
  }
  if (isScalarType(type)) return only(scalarChecks[type.name] ?? ((value) => typeof value === 'string'));
  return objectReader('name' in type ? type.name : '', below);
}

function listReader(item: Reader): Reader {
  return (value) => {
    if (!Array.isArray(value)) return misfit;
    const kept = value.map(item);
    if (kept.includes(misfit)) return misfit;
    return kept.every((each, index) => each === value[index]) ? value : kept;
  };
}

function only(isFit: (value: unknown) => boolean): Reader {
  return (value) => (isFit(value) ? value : misfit);
}

const scalarChecks: Readonly<Record<string, (value: unknown) => boolean>> = {
  // GraphQL spec, section 3.5.1: 32 bits.
  Int: (value) => Number.isInteger(value) && Number(value) === (Number(value) | 0),
  Float: (value) => Number.isFinite(value),
  Boolean: (value) => typeof value === 'boolean',
};
