import fastifyStatic from '@fastify/static';
import { getDistDirectory, renderAltair } from 'altair-static';
import type { FastifyInstance } from 'fastify';
import { readyQuery } from './ready-query.ts';

/** Serves a GraphQL IDE at `/` from a package on this machine; it asks nothing of any other host. */
export async function servePlayground(server: FastifyInstance, nhsNumber: string): Promise<void> {
  const page = renderAltair({
    baseURL: '/playground/',
    endpointURL: '/graphql',
    initialQuery: readyQuery,
    initialVariables: JSON.stringify({ nhsNumber }, null, 2),
    initialHeaders: { Authorization: 'Bearer ' },
    initialSettings: { 'schema.reloadOnStart': false, 'alert.disableUpdateNotification': true },
    disableAccount: true,
  });
  await server.register(fastifyStatic, { root: getDistDirectory(), prefix: '/playground/', index: false });
  server.get('/', (_request, reply) => reply.type('text/html; charset=utf-8').send(page));
}
