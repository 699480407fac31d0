import type { Generation } from '../plan/generation.ts';
import { aliasNames } from './alias-names.ts';
import { inlineNhsNumber } from './inline-nhs-number.ts';
import type { Operation } from './operation.ts';
import { patientOnce, repeatedFields } from './repetition.ts';
import { aliases, depth, fields, tokens } from './size.ts';

/** Numbers that bound one operation; from the config. */
export interface OperationLimits {
  readonly tokens: number;
  readonly depth: number;
  readonly fields: number;
  readonly aliases: number;
}

/** One rule over the document alone: why it refuses, or nothing. No value of the caller's stands in a reason. */
export type GuardRule = (
  operation: Operation,
  generation: Pick<Generation, 'apiSchema' | 'supergraphSchema'>,
  limits: OperationLimits,
) => readonly string[];

/** In this order: what bounds the document goes before what walks it with types. */
export const guardRules: readonly GuardRule[] = Object.freeze([
  tokens,
  depth,
  fields,
  aliases,
  patientOnce,
  repeatedFields,
  inlineNhsNumber,
  aliasNames,
]);
