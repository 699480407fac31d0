import { setTimeout as delay } from 'node:timers/promises';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { capabilityStatement } from './capability.ts';
import type { Hospital } from './hospital.ts';
import { FhirRefusal, operationOutcome } from './outcome.ts';
import { type SearchableStore, search } from './search.ts';
import { indexForSearch } from './search-index.ts';
import { filledRepository } from './store.ts';
import { aboutAnother, personConcerned } from './subject.ts';

const mediaType = 'application/fhir+json; charset=utf-8';
const slownessMs = 20_000;

interface TypeParams {
  resourceType: string;
  id: string;
}

/** A hospital's FHIR R4 server (UK Core): capability statement, read and search. Not listening yet. */
export async function fhirServer(hospital: Hospital): Promise<FastifyInstance> {
  const parameters = indexForSearch(hospital.resourceTypes);
  const store = { repository: await filledRepository(hospital), parameters };
  const app = fastify();
  app.addHook('preHandler', (request, reply) => misbehave(hospital, request, reply));
  app.setErrorHandler((error, _request, reply) => refuse(reply, error));
  app.setNotFoundHandler((_request, reply) => refuse(reply, noSuchInteraction));
  app.get('/r4/metadata', (request, reply) =>
    send(reply, capabilityStatement(hospital, baseOf(request), parameters)),
  );
  app.get<{ Params: TypeParams }>('/r4/:resourceType', async (request, reply) => {
    const { resourceType } = checked(hospital, request.params);
    return send(reply, await search(store, resourceType, baseOf(request), askedOf(hospital, request)));
  });
  app.get<{ Params: TypeParams }>('/r4/:resourceType/:id', async (request, reply) =>
    send(reply, await read(store, checked(hospital, request.params))),
  );
  return app;
}

/** Some people are there so that slow, broken and lying systems can be seen. */
async function misbehave(hospital: Hospital, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const person = personConcerned(hospital, urlOf(request));
  const behaviour = person === null ? 'answers' : hospital.behaviour(person);
  if (behaviour === 'slow') await delay(slownessMs, undefined, { ref: false });
  if (behaviour === 'dead') {
    reply.hijack();
    request.raw.socket.destroy();
  }
}

function askedOf(hospital: Hospital, request: FastifyRequest): URL {
  const url = urlOf(request);
  const person = personConcerned(hospital, url);
  const lies = person !== null && hospital.behaviour(person) === 'lies' && url.searchParams.has('identifier');
  return lies ? aboutAnother(url) : url;
}

function urlOf(request: FastifyRequest): URL {
  return new URL(request.url, `http://${request.host}`);
}

function baseOf(request: FastifyRequest): string {
  return `http://${request.host}/r4`;
}

const noSuchInteraction = new FhirRefusal(404, 'not-supported', 'no such interaction');

function checked(hospital: Hospital, params: TypeParams): TypeParams {
  if (!hospital.resourceTypes.includes(params.resourceType)) throw noSuchInteraction;
  return params;
}

async function read({ repository }: SearchableStore, { resourceType, id }: TypeParams): Promise<object> {
  return await repository.readResource(resourceType, id).catch(() => {
    throw new FhirRefusal(404, 'not-found', 'no such resource');
  });
}

function send(reply: FastifyReply, resource: object): FastifyReply {
  return reply.header('content-type', mediaType).send(JSON.stringify(resource));
}

function refuse(reply: FastifyReply, error: unknown): FastifyReply {
  const refusal = error instanceof FhirRefusal ? error : new FhirRefusal(500, 'exception', 'unexpected');
  return send(reply.code(refusal.status), operationOutcome(refusal));
}
