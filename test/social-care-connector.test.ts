import { existsSync, readFileSync } from 'node:fs';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import type { AccessContext, TracedPatient } from '../consent-policy/access-context.ts';
import type { SectionAnswer } from '../subgraphs/care-record/provider/connector.ts';
import { socialCare } from '../subgraphs/care-record/provider/connectors/social-care/connect.ts';
import { SystemFault, systemHttp } from '../subgraphs/care-record/provider/system-http.ts';
import { warnings } from '../subgraphs/care-record/provider/warnings.ts';

const nhsNumber = '9991234578';
const formerNumber = '9991234586';

// --- a case system that plays back what a test gives it ---

type Played = unknown | ((query: Readonly<Record<string, string>>, reply: FastifyReply) => unknown);
interface Playback {
  readonly residents?: Played;
  readonly allocations?: Played;
  readonly cases?: Played;
}

const servers: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function answer(
  playback: Playback,
  patient: Partial<TracedPatient> = {},
  signal: AbortSignal = AbortSignal.timeout(5000),
): Promise<SectionAnswer> {
  const server = fastify({ forceCloseConnections: true });
  servers.push(server);
  const play = (path: string, name: string, played: Played) =>
    server.get<{ Querystring: Record<string, string> }>(`/api/v1/${path}`, async (request, reply) => {
      const body = typeof played === 'function' ? await played(request.query, reply) : played;
      return Array.isArray(body) ? { [name]: body, nextCursor: null } : body;
    });
  play('residents', 'residents', playback.residents ?? [resident()]);
  play('residents/1001/allocations', 'allocations', playback.allocations ?? []);
  play('residents/1001/cases', 'cases', playback.cases ?? []);
  const address = await server.listen({ port: 0, host: '127.0.0.1' });
  const http = systemHttp({
    baseUrl: `${address}/api/v1`,
    authorization: null,
    signal,
    limitBytes: 10_000_000,
  });
  const read = socialCare.read({ http, odsCode: '999', access: accessTo(patient), now: new Date(0) }, [
    'socialCare',
  ]);
  return (read.get('socialCare') ?? Promise.reject(new Error('no answer'))).catch(asAnswer);
}

/** As the provider subgraph says it. */
function asAnswer(fault: unknown): SectionAnswer {
  if (!(fault instanceof SystemFault)) throw fault;
  return { state: fault.state, warnings: [], dissent: 'none', entries: [] };
}

function accessTo(patient: Partial<TracedPatient>): AccessContext {
  return {
    requester: {
      userId: 'u1',
      role: 'socialWorker',
      roleCode: null,
      roleProfileId: null,
      organisation: '999',
      groups: [],
    },
    purpose: 'TREAT',
    training: 'current',
    relationship: 'caseload',
    patient: {
      nhsNumber,
      formerNhsNumbers: [],
      birthDate: '1962-04-01',
      familyName: 'Bracken',
      state: 'ordinary',
      registeredPractice: null,
      ...patient,
    },
    dissent: 'none',
    correlationId: 'c1',
  };
}

function resident(changes: Readonly<Record<string, unknown>> = {}) {
  return {
    mosaicId: '1001',
    firstName: 'Ada',
    lastName: 'Bracken',
    dateOfBirth: '1962-04-01',
    nhsNumber,
    restricted: 'N',
    ...changes,
  };
}

function allocation(changes: Readonly<Record<string, unknown>> = {}) {
  return {
    id: 7,
    personId: 1001,
    allocatedWorker: 'Orla Tansy',
    allocatedWorkerTeam: 'Hospital Discharge',
    workerType: 'Social worker',
    allocationStartDate: '2024-02-01T00:00:00',
    allocationEndDate: null,
    caseStatus: 'Open',
    ...changes,
  };
}

function caseRecord(recordId: string, changes: Readonly<Record<string, unknown>> = {}) {
  return {
    recordId,
    personId: 1001,
    officerEmail: 'orla.tansy@northshire.example',
    formName: 'Home visit record',
    dateOfEvent: '2024-03-05',
    caseFormTimestamp: '2024-03-06T16:40:00',
    ...changes,
  };
}

function refusal(status: number) {
  return (_query: unknown, reply: FastifyReply) => reply.code(status).send({ message: 'refused' });
}

describe('finding the resident', () => {
  it.each([
    ['nobody', [], 'NO_RECORD_GIVEN'],
    ['two residents', [resident(), resident({ mosaicId: '1002' })], 'NO_RECORD_GIVEN'],
    ['another birth date', [resident({ dateOfBirth: '1962-04-02' })], 'INVALID_ANSWER'],
    ['another number', [resident({ nhsNumber: '9991234594' })], 'INVALID_ANSWER'],
    ['a restricted resident', [resident({ restricted: 'Y' })], 'WITHHELD'],
    ['a word nobody knows about restriction', [resident({ restricted: 'P' })], 'WITHHELD'],
    ['a list about restriction', [resident({ restricted: [] })], 'WITHHELD'],
    ['an object about restriction', [resident({ restricted: {} })], 'WITHHELD'],
    ['a zero about restriction', [resident({ restricted: 0 })], 'WITHHELD'],
    ['two versions of a resident', [resident({ restricted: 'Y' }), resident()], 'INVALID_ANSWER'],
    ['more residents nobody can ask for', { residents: [resident()], nextCursor: {} }, 'INVALID_ANSWER'],
    [
      'another birth date as older records write it',
      [resident({ dateOfBirth: '02/04/1962' })],
      'INVALID_ANSWER',
    ],
    ['a resident without an id', [resident({ mosaicId: null })], 'INVALID_ANSWER'],
    ['no list', { message: 'hello' }, 'INVALID_ANSWER'],
    ['a refusal', refusal(403), 'WITHHELD'],
    ['a login page', refusal(401), 'UNAVAILABLE'],
    ['a failure', refusal(500), 'UNAVAILABLE'],
  ])('takes %s as it is', async (_what, residents, state) => {
    expect(await answer({ residents, allocations: [allocation()] })).toMatchObject({ state, entries: [] });
  });

  it('finds a resident kept under a former number', async () => {
    const residents = (query: Readonly<Record<string, string>>) =>
      query.nhsNumber === formerNumber ? [resident({ nhsNumber: formerNumber })] : [];
    const found = await answer({ residents }, { formerNhsNumbers: [formerNumber] });
    expect(found).toMatchObject({ state: 'COMPLETE', warnings: [warnings.formerNumber] });
  });

  it.each([undefined, null, '', 'N', 'no', false])('reads %j as not restricted', async (restricted) => {
    expect(await answer({ residents: [resident({ restricted })] })).toMatchObject({ state: 'COMPLETE' });
  });

  it('checks no birth date that is none', async () => {
    expect(await answer({ residents: [resident({ dateOfBirth: '19' })] })).toMatchObject({
      state: 'COMPLETE',
      warnings: [warnings.birthDateMissing],
    });
  });

  it('shows a changed name as a warning', async () => {
    expect(await answer({ residents: [resident({ lastName: 'Fern' })] })).toMatchObject({
      state: 'COMPLETE',
      warnings: [warnings.nameDiffers],
    });
  });
});

describe('reading allocations and cases', () => {
  it('translates an allocation and a case', async () => {
    const { state, entries } = await answer({ allocations: [allocation()], cases: [caseRecord('f1')] });
    expect(state).toBe('COMPLETE');
    expect(entries).toEqual([
      {
        localId: 'allocation/7',
        order: '2024-02-01',
        label: 'none',
        item: {
          source: { system: null, author: null, recordedAt: null },
          kind: 'allocation',
          title: 'Social worker',
          status: 'open',
          started: '2024-02-01',
          ended: null,
          worker: 'Orla Tansy',
          team: 'Hospital Discharge',
        },
      },
      {
        localId: 'case/f1',
        order: '2024-03-05',
        label: 'none',
        item: {
          source: {
            system: null,
            author: 'orla.tansy@northshire.example',
            recordedAt: '2024-03-06T16:40:00',
          },
          kind: 'case',
          title: 'Home visit record',
          status: null,
          started: '2024-03-05',
          ended: null,
          worker: 'orla.tansy@northshire.example',
          team: null,
        },
      },
    ]);
  });

  it('follows the cursor to the last page', async () => {
    const cases = ({ cursor = '0' }: Readonly<Record<string, string>>) => ({
      cases: [caseRecord(`f${cursor}`), caseRecord('again')],
      nextCursor: cursor === '40' ? null : String(Number(cursor) + 20),
    });
    const { state, entries } = await answer({ cases });
    expect(state).toBe('COMPLETE');
    expect(entries.map(({ localId }) => localId)).toEqual(['case/f0', 'case/again', 'case/f20', 'case/f40']);
  });

  it('stops after fifty pages and says so', async () => {
    const cases = ({ cursor = '0' }: Readonly<Record<string, string>>) => ({
      cases: [caseRecord(`f${cursor}`)],
      nextCursor: Number(cursor) + 1,
    });
    const cut = await answer({ cases });
    expect(cut).toMatchObject({ state: 'INCOMPLETE', warnings: [warnings.readToLimit] });
    expect(cut.entries).toHaveLength(50);
  });

  it.each([{ page: 2 }, [2], true, 1.5])('says when it cannot go on from %j', async (nextCursor) => {
    const cut = await answer({ cases: { cases: [caseRecord('f1')], nextCursor } });
    expect(cut).toMatchObject({ state: 'INCOMPLETE', warnings: [warnings.readToLimit] });
    expect(cut.entries).toHaveLength(1);
  });

  it('says when two that differ came under one id', async () => {
    const different = [allocation({ id: 1 }), allocation({ id: '1', caseStatus: 'Closed' })];
    const found = await answer({ allocations: different });
    expect(found).toMatchObject({ state: 'INCOMPLETE', warnings: [warnings.unreadableEntries] });
    const same = await answer({ allocations: [allocation({ id: 1 }), allocation({ id: '1' })] });
    expect(same).toMatchObject({ state: 'COMPLETE', warnings: [] });
    expect([found, same].map(({ entries }) => entries.length)).toEqual([1, 1]);
  });

  it('reads no date that the calendar does not have', async () => {
    const found = await answer({ cases: [caseRecord('f1', { dateOfEvent: '31/02/2024' })] });
    expect(found).toMatchObject({
      state: 'INCOMPLETE',
      entries: [{ item: { started: '2024-03-06T16:40:00' } }],
    });
  });

  it.each([
    ['a cursor that leads back', { cases: { cases: [], nextCursor: '1' } }, 'INVALID_ANSWER'],
    ['a case of somebody else', { cases: [caseRecord('f1', { personId: 1002 })] }, 'INVALID_ANSWER'],
    ['an allocation of nobody', { allocations: [allocation({ personId: null })] }, 'INVALID_ANSWER'],
    ['a list of words', { allocations: ['x'] }, 'INVALID_ANSWER'],
    ['two refusals', { allocations: refusal(403), cases: refusal(403) }, 'WITHHELD'],
    ['two failures', { allocations: refusal(404), cases: refusal(500) }, 'UNAVAILABLE'],
  ])('answers %s without entries', async (_what, playback, state) => {
    expect(await answer(playback)).toMatchObject({ state, entries: [] });
  });

  it('shows one list where the other failed or was refused', async () => {
    const allocations = [allocation()];
    const failed = await answer({ allocations, cases: refusal(503) });
    expect(failed).toMatchObject({ state: 'INCOMPLETE', warnings: [warnings.partlyUnavailable] });
    const refused = await answer({ allocations, cases: refusal(403) });
    expect(refused).toMatchObject({ state: 'PARTLY_WITHHELD', warnings: [] });
    expect([failed, refused].map(({ entries }) => entries.length)).toEqual([1, 1]);
  });

  it('times out when nothing is answered', async () => {
    const never = () => new Promise(() => {});
    const late = await answer({ residents: never }, {}, AbortSignal.timeout(200));
    expect(late.state).toBe('TIMED_OUT');
  });

  it('loses only the field of a malformed value', async () => {
    const found = await answer({ allocations: [allocation({ allocationStartDate: 'soon', caseStatus: 5 })] });
    expect(found).toMatchObject({ state: 'INCOMPLETE', warnings: [warnings.unreadableEntries] });
    expect(found.entries[0]?.item).toMatchObject({ started: null, status: null, worker: 'Orla Tansy' });
  });

  it('reads dates as older records write them', async () => {
    const old = caseRecord('f1', { dateOfEvent: undefined, caseFormTimestamp: '25/10/2020 9:49:43' });
    expect((await answer({ cases: [old] })).entries[0]?.order).toBe('2020-10-25T09:49:43');
  });
});

// --- published examples ---

interface Seeds {
  readonly dm_persons: readonly Readonly<Record<string, unknown>>[];
  readonly sccv_worker: readonly Readonly<Record<string, unknown>>[];
  readonly sccv_team: readonly Readonly<Record<string, unknown>>[];
}

const published = '../shared/data/social-care-hackney/seeds.json';
describe('residents that others published', () => {
  it.skipIf(!existsSync(published))(`answers for each of them (from ${published})`, async () => {
    const seeds = JSON.parse(readFileSync(published, 'utf8')) as Seeds;
    const states: string[] = [];
    for (const [index, person] of seeds.dm_persons.entries()) {
      const { playback, patient } = asPlayed(person, seeds, index);
      const { state, entries } = await answer(playback, patient);
      expect([state, entries.length]).toEqual(expected(person));
      states.push(state);
    }
    expect(states.filter((state) => state === 'WITHHELD')).toHaveLength(5);
  });
});

/** Four of them have no NHS number, so that nobody can say who they are; one of the six restricted is among these. */
function expected({ nhs_id, restricted }: Readonly<Record<string, unknown>>) {
  if (nhs_id === null || nhs_id === undefined) return ['INVALID_ANSWER', 0];
  return restricted === 'Y' ? ['WITHHELD', 0] : ['COMPLETE', 2];
}

/** A published person with a published worker and team, in the words of the published API. */
function asPlayed(person: Readonly<Record<string, unknown>>, seeds: Seeds, index: number) {
  const { nhs_id, date_of_birth, last_name, first_name, restricted } = person;
  const worker = seeds.sccv_worker[index % seeds.sccv_worker.length];
  const team = seeds.sccv_team[index % seeds.sccv_team.length];
  const listed = resident({
    nhsNumber: nhs_id,
    dateOfBirth: date_of_birth,
    lastName: last_name,
    firstName: first_name,
    restricted,
  });
  const allocated = allocation({ allocatedWorker: worker?.first_name, allocatedWorkerTeam: team?.name });
  const playback = {
    residents: [listed],
    allocations: [allocated],
    cases: [caseRecord('f1', { officerEmail: worker?.email })],
  };
  const patient = {
    nhsNumber: String(nhs_id),
    birthDate: String(date_of_birth).slice(0, 10),
    familyName: String(last_name),
  };
  return { playback, patient };
}
