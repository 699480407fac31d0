/**
 * Northshire County Council's case system: REST and JSON, with the field names and shapes of the published example
 * (LBHackney-IT/social-care-case-viewer-api, V1/Boundary/Response). Dates without a time are `YYYY-MM-DD`, others
 * `YYYY-MM-DDThh:mm:ss` in local time. Every refusal is `{ "message": "…" }`.
 *
 * `GET /api/v1/residents?nhsNumber=<ten digits>`
 *   200 `{ residents: ResidentInformation[], nextCursor: null }`; nobody known: `residents` is empty; 400 without ten digits.
 *   ResidentInformation: `mosaicId` (string), `firstName`, `lastName`, `dateOfBirth` (date), `ageContext` (`A` adult,
 *   `C` child), `gender` (`F`, `M`), `nhsNumber` (string), `restricted` (`Y`, `N`), `addressList: [{ addressLine1,
 *   postCode }]`, `phoneNumber: [{ phoneNumber, phoneType }]`.
 *   A restricted resident is listed with `restricted: "Y"`, without address and telephone.
 * `GET /api/v1/residents/{mosaicId}`
 *   200 `{ id (number), firstName, lastName, gender, dateOfBirth (date and time), dateOfDeath, nhsNumber (number),
 *   contextFlag, restricted, address: { address, postcode }, phoneNumbers: [{ number, type }] }`.
 * `GET /api/v1/residents/{mosaicId}/allocations`
 *   200 `{ allocations: [{ id (number), personId (number), personName, personDateOfBirth (date and time), allocatedWorker,
 *   allocatedWorkerTeam, workerType, allocationStartDate, allocationEndDate (date and time, or null), caseStatus
 *   (`Open`, `Closed`) }] }`.
 * `GET /api/v1/residents/{mosaicId}/cases[?cursor=<nextCursor>]`
 *   200 `{ cases: [{ recordId, personId (number), firstName, lastName, dateOfBirth (date), officerEmail, formName,
 *   caseFormUrl, dateOfEvent (date), caseFormTimestamp (date and time) }], nextCursor }`, newest first, 20 a page;
 *   `nextCursor` is a string, or null on the last page; 400 for a cursor that is not a number.
 * For the last three: 404 for an id that is not known, 403 for a restricted resident.
 */
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { type Resident, residents } from './residents.ts';

const pageSize = 20;

interface ResidentRequest {
  Params: { id: string };
  Querystring: { cursor?: string };
}

/** The case system, not yet listening. */
export function caseSystem(): FastifyInstance {
  const app = fastify();
  app.get<{ Querystring: { nhsNumber?: string } }>('/api/v1/residents', async (request, reply) => {
    const { nhsNumber } = request.query;
    if (!/^\d{10}$/.test(nhsNumber ?? '')) return refuse(reply, 400, 'nhsNumber must have ten digits');
    const found = residents.filter(({ person }) => person.nhsNumber === nhsNumber);
    return { residents: found.map(residentInformation), nextCursor: null };
  });
  aboutResident(app, '', getPersonResponse);
  aboutResident(app, '/allocations', (resident) => ({ allocations: allocationsOf(resident) }));
  aboutResident(app, '/cases', casePage);
  return app;
}

type Answer = (resident: Resident, offset: number) => object;

function aboutResident(app: FastifyInstance, path: string, answer: Answer): void {
  app.get<ResidentRequest>(`/api/v1/residents/:id${path}`, async (request, reply) => {
    const resident = residents.find(({ mosaicId }) => mosaicId === request.params.id);
    if (resident === undefined) return refuse(reply, 404, 'resident not found');
    if (resident.person.restricted) return refuse(reply, 403, 'resident is restricted');
    const { cursor = '0' } = request.query;
    if (!/^\d+$/.test(cursor)) return refuse(reply, 400, 'cursor must be a number');
    return answer(resident, Number(cursor));
  });
}

function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ message });
}

function residentInformation({ mosaicId, person }: Resident): object {
  const { address, telephone } = person;
  return {
    mosaicId,
    firstName: person.givenNames[0],
    lastName: person.familyName,
    dateOfBirth: person.birthDate,
    ageContext: 'A',
    gender: person.gender === 'female' ? 'F' : 'M',
    nhsNumber: person.nhsNumber,
    restricted: person.restricted ? 'Y' : 'N',
    addressList: person.restricted
      ? []
      : [{ addressLine1: `${address.lines[0]}, ${address.city}`, postCode: address.postcode }],
    phoneNumber: person.restricted ? [] : [{ phoneNumber: telephone, phoneType: 'Home' }],
  };
}

function getPersonResponse({ mosaicId, person }: Resident): object {
  return {
    id: Number(mosaicId),
    firstName: person.givenNames[0],
    lastName: person.familyName,
    gender: person.gender === 'female' ? 'F' : 'M',
    dateOfBirth: midnight(person.birthDate),
    dateOfDeath: person.death && midnight(person.death.date),
    nhsNumber: Number(person.nhsNumber),
    contextFlag: 'A',
    restricted: 'N',
    address: {
      address: `${person.address.lines[0]}, ${person.address.city}`,
      postcode: person.address.postcode,
    },
    phoneNumbers: [{ number: person.telephone, type: 'Home' }],
  };
}

function allocationsOf({ mosaicId, person, allocations }: Resident): object[] {
  return allocations.map(({ id, worker, team, start, end }) => ({
    id,
    personId: Number(mosaicId),
    personName: `${person.givenNames[0]} ${person.familyName}`,
    personDateOfBirth: midnight(person.birthDate),
    allocatedWorker: worker,
    allocatedWorkerTeam: team,
    workerType: 'Social worker',
    allocationStartDate: midnight(start),
    allocationEndDate: end && midnight(end),
    caseStatus: end === null ? 'Open' : 'Closed',
  }));
}

function casePage({ mosaicId, person, cases }: Resident, offset: number): object {
  const end = offset + pageSize;
  return {
    cases: cases.slice(offset, end).map(({ recordId, formName, workerEmail, date }) => ({
      recordId,
      personId: Number(mosaicId),
      firstName: person.givenNames[0],
      lastName: person.familyName,
      dateOfBirth: person.birthDate,
      officerEmail: workerEmail,
      formName,
      caseFormUrl: `https://forms.northshire.example/${recordId}`,
      dateOfEvent: date,
      caseFormTimestamp: `${date}T16:40:00`,
    })),
    nextCursor: end < cases.length ? String(end) : null,
  };
}

function midnight(date: string): string {
  return `${date}T00:00:00`;
}
