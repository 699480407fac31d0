import fastifyStatic from '@fastify/static';
import { getDistDirectory, renderAltair } from 'altair-static';
import type { FastifyInstance } from 'fastify';
import { readyQuery } from './ready-query.ts';

/** The page may load from this gateway and ask this gateway; a browser refuses everything else. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Serves a GraphQL IDE at `/` from a package on this machine. It needs no login to load and shows nothing of the schema: like
 * every query, introspection takes a token, which goes into the tab “Auth”.
 */
export async function servePlayground(server: FastifyInstance, nhsNumber: string): Promise<void> {
  const page = renderAltair({
    baseURL: '/playground/',
    endpointURL: '/graphql',
    initialName: 'Record',
    initialQuery: readyQuery,
    initialVariables: JSON.stringify({ nhsNumber }, null, 2),
    initialAuthorization: { type: 'bearer', data: { token: '' } },
    initialSettings: {
      'schema.reloadOnStart': false,
      'alert.disableUpdateNotification': true,
      'banners.disable': true,
      disablePushNotification: true,
    },
    disableAccount: true,
  });
  await server.register(fastifyStatic, { root: getDistDirectory(), prefix: '/playground/', index: false });
  server.get('/', (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', contentSecurityPolicy)
      .send(page),
  );
}
