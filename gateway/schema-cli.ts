import { ApolloGateway } from '@apollo/gateway';
import { type GraphQLSchema, isIntrospectionType, isSpecifiedScalarType, printType } from 'graphql';
import { CompositionFault, composeSupergraph, readSubgraphs } from './plan/supergraph.ts';

// `npm run --silent schema`: the public schema with its descriptions, as clients see it, and nothing else on stdout.

try {
  process.stdout.write(`${inOrder(await clientSchema(composeSupergraph(readSubgraphs())))}\n`);
} catch (fault) {
  process.stderr.write(
    `${fault instanceof CompositionFault ? fault.message : 'the schema cannot be built'}\n`,
  );
  process.exitCode = 1;
}

/** From the same hands as the schema that is served, hence without the machinery of federation. */
async function clientSchema(supergraphSdl: string): Promise<GraphQLSchema> {
  const apollo = new ApolloGateway({ supergraphSdl });
  const { schema } = await apollo.load();
  await apollo.stop();
  return schema;
}

/** Types by name, so that a change is a small difference; fields in the order of the subgraphs. */
function inOrder(schema: GraphQLSchema): string {
  return Object.values(schema.getTypeMap())
    .filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .map((type) => printType(type))
    .join('\n\n');
}
