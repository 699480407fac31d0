import { createHash } from 'node:crypto';
import { buildASTSchema, type GraphQLSchema, parse } from 'graphql';

/** One supergraph and what was made from it. A request keeps the one it began with, so that a reload never mixes two. */
export interface Generation {
  /** Hash of the supergraph. */
  readonly id: string;
  /** What clients see. */
  readonly apiSchema: GraphQLSchema;
  /** With every field, `@inaccessible` ones included: what names are held against. */
  readonly supergraphSchema: GraphQLSchema;
}

/** Builds a generation from what `onSchemaLoadOrUpdate` gives. */
export function buildGeneration(apiSchema: GraphQLSchema, supergraphSdl: string): Generation {
  return {
    id: createHash('sha256').update(supergraphSdl).digest('hex').slice(0, 16),
    apiSchema,
    supergraphSchema: buildASTSchema(parse(supergraphSdl), { assumeValidSDL: true }),
  };
}
