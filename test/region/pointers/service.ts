import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { Person } from '../population/person.ts';
import { documentReference, pointersTo } from './document-reference.ts';
import { type Refusal, readSearch } from './search.ts';

/** Where the record locator stands below its address. */
export const pointersBasePath = '/record-locator/consumer/FHIR/R4';

/**
 * The consumer side of the National Record Locator (R4): who holds a record of this patient. Any bearer token and any
 * organisation will do; does NOT check what the organisation may see.
 */
export function pointersService(people: readonly Person[]): FastifyInstance {
  const pointers = pointersTo(people);
  const app = Fastify();
  app.addHook('onRequest', async (request, reply) => {
    reply.type('application/fhir+json').headers(echoedIds(request));
    const missing = missingHeader(request);
    if (missing === null) return undefined;
    return reply.code(401).send(missing);
  });
  app.get(`${pointersBasePath}/DocumentReference`, async (request, reply) => {
    const address = new URL(request.url, 'http://record-locator.example');
    const search = readSearch(address.searchParams);
    if ('code' in search) return reply.code(400).send(refusal(search));
    const found = pointers.filter(
      ({ nhsNumber, custodian }) =>
        nhsNumber === search.nhsNumber && (search.custodian ?? custodian) === custodian,
    );
    return searchset(found.map(documentReference), `DocumentReference${decodeURIComponent(address.search)}`);
  });
  return app;
}

function echoedIds({ headers }: FastifyRequest): Record<string, string> {
  return Object.fromEntries(
    ['x-request-id', 'x-correlation-id'].flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

function missingHeader({ headers }: FastifyRequest) {
  if (!/^Bearer \S+$/.test(headers.authorization ?? '')) {
    return operationOutcome(
      'forbidden',
      'ACCESS DENIED',
      'Access has been denied to process this request',
      {},
    );
  }
  if (headers['nhsd-end-user-organisation-ods']) return null;
  const diagnostics =
    'Unable to parse metadata about the requesting application. Contact the onboarding team.';
  return operationOutcome(
    'invalid',
    'MISSING_OR_INVALID_HEADER',
    'There is a required header missing or invalid',
    {
      diagnostics,
    },
  );
}

function refusal({ code, display, diagnostics, expression }: Refusal) {
  return operationOutcome('invalid', code, display, { diagnostics, expression: [expression] });
}

function operationOutcome(type: string, code: string, display: string, more: object) {
  const system = 'https://fhir.nhs.uk/ValueSet/Spine-ErrorOrWarningCode-1';
  const details = { coding: [{ system, code, display }] };
  return { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: type, details, ...more }] };
}

function searchset(resources: readonly object[], self: string) {
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    total: resources.length,
    link: [{ relation: 'self', url: self }],
    entry: resources.map((resource) => ({ resource })),
  };
}
