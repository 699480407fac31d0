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
 * Runs before the IDE's own scripts: what it would keep in the browser (queries, variables, tokens, answers) lives as long as
 * the page does. A record must not lie on the disk of whatever machine somebody looked at it from.
 */
const keepNothing = `<script>
  const memory = () => { const kept = new Map(); return {
    get length() { return kept.size; }, key: (index) => [...kept.keys()][index] ?? null,
    getItem: (key) => kept.get(String(key)) ?? null, setItem: (key, value) => { kept.set(String(key), String(value)); },
    removeItem: (key) => { kept.delete(String(key)); }, clear: () => kept.clear() }; };
  Object.defineProperty(window, 'localStorage', { value: memory() });
  Object.defineProperty(window, 'sessionStorage', { value: memory() });
  // The IDE does not start without a database: it gets one in which nothing stays.
  IDBObjectStore.prototype.put = IDBObjectStore.prototype.add = function () { return this.count(); };
</script>`;

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
  }).replace('<head>', `<head>${keepNothing}`);
  await server.register(fastifyStatic, { root: getDistDirectory(), prefix: '/playground/', index: false });
  server.get('/', (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', contentSecurityPolicy)
      .header('cache-control', 'no-store')
      .send(page),
  );
}
