import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { history } from '../population/history.ts';
import { people } from '../population/people.ts';
import { checkAuditToken } from './audit-token.ts';
import { GpConnectRefusal, refusalOutcome } from './outcome.ts';
import { checkSspHeaders, readRequest, type StructuredRecordRequest } from './request.ts';
import { structuredRecord } from './structured-record.ts';
import type { PatientRecord, Practice } from './stu3.ts';

const mediaType = 'application/fhir+json;charset=utf-8';

const practices: readonly Practice[] = [
  { odsCode: 'G99001', name: 'Riverside Surgery', doctor: { family: 'Penhallow', given: 'Morwenna' } },
  { odsCode: 'G99002', name: 'Hilltop Medical Practice', doctor: { family: 'Stainforth', given: 'Leopold' } },
];

/**
 * A GP clinical system that runs two practices: GP Connect Access Record: Structured 1.6 (FHIR STU3), as a consumer
 * meets it behind the Spine Secure Proxy. Not listening yet.
 */
export function gpSystem(): FastifyInstance {
  const app = fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(/^application\/fhir\+json\b/, { parseAs: 'string' }, (_request, body, done) => {
    const parsed = parseJson(String(body));
    if (parsed === undefined) done(new GpConnectRefusal('BAD_REQUEST', 'body is not JSON'));
    else done(null, parsed);
  });
  app.setErrorHandler((error, _request, reply) => refuse(reply, asRefusal(error)));
  app.setNotFoundHandler((_request, reply) =>
    refuse(reply, new GpConnectRefusal('NOT_IMPLEMENTED', 'no such interaction')),
  );
  for (const practice of practices) serve(app, practice);
  return app;
}

function serve(app: FastifyInstance, practice: Practice): void {
  const base = `/${practice.odsCode}/STU3/1/gpconnect/structured/fhir`;
  app.post(`${base}/Patient/$gpc.getstructuredrecord`, (request, reply) => {
    checkSspHeaders(request.headers);
    checkAuditToken(request.headers.authorization, new Date());
    const asked = readRequest(request.body);
    return reply.header('content-type', mediaType).send(answer(practice, asked));
  });
}

/** Records never change here, so that each answer is written once: the large one takes a quarter of a second. */
const written = new Map<string, string>();

function answer(practice: Practice, asked: StructuredRecordRequest): string {
  const included = [...asked.included].map(([name, parts]) => [name, ...parts]);
  const key = JSON.stringify([practice.odsCode, asked.nhsNumber, included]);
  const text = written.get(key) ?? JSON.stringify(structuredRecord(patientRecord(practice, asked), asked));
  written.set(key, text);
  return text;
}

/** A practice answers only for the living who are registered there and not restricted (“Patient not found”). */
function patientRecord(practice: Practice, { nhsNumber }: StructuredRecordRequest): PatientRecord {
  const person = people.find((one) => one.nhsNumber === nhsNumber);
  const answerable =
    person?.registeredPractice === practice.odsCode && !person.restricted && person.death?.status !== 2;
  if (!answerable) throw new GpConnectRefusal('PATIENT_NOT_FOUND', 'no patient details found');
  return { practice, person, history: history(person, practice.odsCode) };
}

function refuse(reply: FastifyReply, refusal: GpConnectRefusal): FastifyReply {
  return reply
    .code(refusal.status)
    .header('content-type', mediaType)
    .send(JSON.stringify(refusalOutcome(refusal)));
}

function asRefusal(error: unknown): GpConnectRefusal {
  if (error instanceof GpConnectRefusal) return error;
  const unsupported = error instanceof Error && Reflect.get(error, 'statusCode') === 415;
  return unsupported
    ? new GpConnectRefusal('UNSUPPORTED_MEDIA_TYPE', 'body must be application/fhir+json')
    : new GpConnectRefusal('INTERNAL_SERVER_ERROR', 'unexpected');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
