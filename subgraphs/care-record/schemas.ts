import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import type { GraphQLResolverMap } from '@apollo/subgraph/dist/schema-helper/resolverMap.js';
import { type GraphQLSchema, parse } from 'graphql';

function read(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8');
}

/** The public schema of the composed subgraph. */
export function publicSchema(): GraphQLSchema {
  return buildSubgraphSchema([{ typeDefs: parse(read('public.graphql') + read('entries.graphql')) }]);
}

/** The member contract, with the resolvers of whoever serves it. */
export function memberSchema(resolvers: GraphQLResolverMap<unknown> = {}): GraphQLSchema {
  return buildSubgraphSchema([
    { typeDefs: parse(read('member.graphql') + read('entries.graphql')), resolvers },
  ]);
}
