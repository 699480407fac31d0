import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readyQuery } from '../gateway/ready-query.ts';
import { personIn } from './region/population/find.ts';
import { type Answer, codeOf, reportOf, sectionsOf, startWorld, type World } from './world.ts';

// The whole way of a request, over the invented region's real sockets.

const riverside = 'G99001';
const northgate = 'RXX01';
const eastfield = 'RXX02';
const council = '999';
/** Stands in every clinical text of the region, each once. */
const mark = /\b(?:osprey|plover|curlew|dunlin|fulmar|gannet|linnet|siskin)-\d{4}\w+\b/g;
const clinicalSections = ['problems', 'medications', 'allergies', 'results', 'encounters', 'documents'];

let world: World;
const answers: Answer[] = [];

async function ask(persona: string, situation: string, query?: string): Promise<Answer> {
  const answer = await world.ask(persona, situation, query);
  answers.push(answer);
  return answer;
}

beforeAll(async () => {
  world = await startWorld({ LOG_LEVEL: 'debug' });
});
afterAll(() => world.end());

describe('a complete patient', () => {
  test.each(['gp', 'hospital-doctor'])('is stitched from four organisations for a %s', async (persona) => {
    const answer = await ask(persona, 'complete');
    expect(answer.status).toBe(200);
    expect(answer.body.errors).toBeUndefined();
    const sources = new Set(
      sectionsOf(answer).flatMap(([, { items }]) =>
        items.map((item) => (item.source as { organisation: { name: string } }).organisation.name),
      ),
    );
    expect(sources).toEqual(
      new Set([
        'Riverside Surgery',
        'Northgate General Hospital',
        'Eastfield Infirmary',
        'Northshire County Council',
      ]),
    );
    expect(
      sectionsOf(answer).map(([name, { complete, items }]) => [name, complete, items.length > 0]),
    ).toEqual([...clinicalSections, 'socialCare'].map((name) => [name, true, true]));
  });

  test('is ordered newest first in every section, with as many entries as the sources report', async () => {
    const answer = await ask(
      'gp',
      'complete',
      'query($nhsNumber: NHSNumber!) { patient(nhsNumber: $nhsNumber) { encounters { complete items { started } sources { items } } } }',
    );
    const { items, sources } = answer.body.data?.patient?.encounters ?? { items: [], sources: [] };
    const started = items.map((item) => String(item.started));
    expect(started).toEqual([...started].sort().reverse());
    expect(sources.reduce((sum, source) => sum + source.items, 0)).toBe(items.length);
  });

  test('is demographics and no clinical entry for a receptionist', async () => {
    const answer = await ask('receptionist', 'complete');
    expect(answer.body.data?.patient).toMatchObject({ person: { name: { family: expect.any(String) } } });
    for (const [, section] of sectionsOf(answer)) {
      expect(section).toEqual({ items: [], sources: [], complete: false });
    }
  });

  test('sees their own record', async () => {
    const answer = await ask('patient', 'complete');
    expect(answer.body.data?.patient?.problems?.items.length).toBeGreaterThan(0);
  });

  test('is not shown to a patient who is somebody else', async () => {
    expect(codeOf(await ask('patient', 'large'))).toBe('NO_RELATIONSHIP');
  });

  test('has opaque ids that stay the same', async () => {
    const ids = (answer: Answer) => sectionsOf(answer).flatMap(([, { items }]) => items.map(({ id }) => id));
    const first = ids(await ask('gp', 'complete'));
    const second = ids(await ask('hospital-doctor', 'complete'));
    expect(second).toEqual(first);
    expect(new Set(first).size).toBe(first.length);
    expect(first.every((id) => /^[\w-]{22}$/.test(String(id)))).toBe(true);
  });
});

describe('whoever has no standing', () => {
  test('gets nothing without a token', async () => {
    const answer = await world.send({
      query: readyQuery,
      variables: { nhsNumber: personIn('complete').nhsNumber },
    });
    expect([answer.status, codeOf(answer), answer.body.data]).toEqual([401, 'UNAUTHENTICATED', undefined]);
  });

  test('gets nothing with lapsed training, whether or not the number exists', async () => {
    const known = await ask('untrained', 'complete');
    const authorization = `Bearer ${await world.region.token('untrained')}`;
    const unknown = await world.send(
      { query: readyQuery, variables: { nhsNumber: '9990000107' } },
      { authorization },
    );
    expect([known.status, codeOf(known)]).toEqual([403, 'ACCESS_REFUSED']);
    expect(unknown.body.errors).toEqual(known.body.errors);
  });

  test.each(['privacy-officer', 'ics-admin', 'researcher'])('gets no record as %s', async (persona) => {
    expect(codeOf(await ask(persona, 'complete'))).toBe('ACCESS_REFUSED');
  });

  test('gets no record of a person they do not care for', async () => {
    expect(codeOf(await ask('hospital-doctor', 'unrelated'))).toBe('NO_RELATIONSHIP');
  });

  test.each(['deceased', 'deceased-informal', 'restricted'])(
    'gets no record of somebody %s',
    async (situation) => {
      expect(codeOf(await ask('gp', situation))).toBe('ACCESS_REFUSED');
    },
  );
});

describe('consent', () => {
  test.each(['gp-dissent', 'gp-dissent-same-day'])(
    'withholds the practice from a hospital after %s',
    async (situation) => {
      const answer = await ask('hospital-doctor', situation);
      for (const section of clinicalSections) {
        expect(reportOf(answer, section, riverside)?.state).toBe('WITHHELD');
        expect(answer.body.data?.patient?.[section]?.complete).toBe(false);
      }
      expect(answer.text).not.toContain('"source":{"organisation":{"name":"Riverside Surgery"}}');
    },
  );

  test('shows a dissenting patient to the practice itself', async () => {
    const answer = await ask('gp', 'gp-dissent');
    expect(reportOf(answer, 'problems', riverside)).toMatchObject({
      state: 'COMPLETE',
      items: expect.any(Number),
    });
  });

  test('follows a consent that is later than the dissent', async () => {
    const answer = await ask('hospital-doctor', 'gp-consent-later');
    expect(reportOf(answer, 'problems', riverside)?.state).toBe('COMPLETE');
  });

  test('withholds every source after a regional dissent but from its own staff', async () => {
    const own = await ask('gp', 'regional-dissent');
    expect(reportOf(own, 'problems', riverside)?.state).toBe('COMPLETE');
    expect(reportOf(own, 'problems', northgate)?.state).toBe('WITHHELD');
    const answer = await ask('ooh-gp', 'regional-dissent');
    const states = new Set(
      sectionsOf(answer).flatMap(([, { sources }]) => sources.map(({ state }) => state)),
    );
    expect(states).toEqual(new Set(['WITHHELD', 'NOT_HELD']));
    expect(sectionsOf(answer).flatMap(([, { items }]) => items)).toEqual([]);
  });

  test('drops a labelled entry and says so for its source only', async () => {
    const answer = await ask('gp', 'labelled');
    expect(reportOf(answer, 'problems', riverside)?.state).toBe('PARTLY_WITHHELD');
    expect(reportOf(answer, 'problems', northgate)?.state).toBe('PARTLY_WITHHELD');
    expect(reportOf(answer, 'documents', northgate)?.state).toBe('PARTLY_WITHHELD');
    expect(reportOf(answer, 'medications', northgate)?.state).toBe('COMPLETE');
  });
});

describe('a source that does not answer in full', () => {
  test.each([
    ['slow-provider', eastfield, 'TIMED_OUT'],
    ['dead-provider', eastfield, 'UNAVAILABLE'],
    ['lying-provider', eastfield, 'INVALID_ANSWER'],
    ['wrong-birth-date', northgate, 'INVALID_ANSWER'],
    ['no-record', eastfield, 'NO_RECORD_GIVEN'],
    ['in-transit', riverside, 'INCOMPLETE'],
    ['awaiting-filing', riverside, 'INCOMPLETE'],
    ['all-confidential', riverside, 'PARTLY_WITHHELD'],
  ])('is in the answer as what it is: %s at %s is %s', async (situation, source, state) => {
    const answer = await ask('gp', situation);
    expect(reportOf(answer, 'problems', source)?.state).toBe(state);
    expect(answer.body.data?.patient?.problems?.complete).toBe(false);
    expect(answer.body.errors).toBeUndefined();
  });

  test.each([
    ['in-transit', 'INCOMPLETE'],
    ['awaiting-filing', 'INCOMPLETE'],
    ['all-confidential', 'PARTLY_WITHHELD'],
  ])('is that to a hospital too: %s is %s', async (situation, state) => {
    expect(reportOf(await ask('hospital-doctor', situation), 'problems', riverside)?.state).toBe(state);
  });

  test('costs no other source anything', async () => {
    const answer = await ask('gp', 'slow-provider');
    expect(reportOf(answer, 'problems', northgate)?.state).toBe('COMPLETE');
    expect(answer.body.data?.patient?.problems?.items.length).toBeGreaterThan(0);
  });

  test('may be switched off for one section', async () => {
    const answer = await ask('gp', 'switched-off');
    expect(reportOf(answer, 'results', riverside)?.state).toBe('SWITCHED_OFF');
    expect(reportOf(answer, 'problems', riverside)?.state).toBe('COMPLETE');
  });

  test('that knows another family name is a warning', async () => {
    const report = reportOf(await ask('gp', 'renamed'), 'problems', northgate);
    expect(report).toMatchObject({ state: 'COMPLETE', warnings: [expect.stringContaining('family name')] });
  });
});

describe('a person', () => {
  test('is followed from a superseded number, which providers are asked for too', async () => {
    const person = personIn('superseded');
    const authorization = `Bearer ${await world.region.token('gp')}`;
    const answer = await world.send(
      { query: readyQuery, variables: { nhsNumber: person.supersededNumbers[0] } },
      { authorization },
    );
    expect(answer.body.data?.patient?.nhsNumber).toBe(person.nhsNumber);
    expect(reportOf(answer, 'problems', eastfield)).toMatchObject({
      state: 'COMPLETE',
      warnings: [expect.stringContaining('former NHS number')],
    });
  });

  test('with more than 2,000 entries arrives whole', async () => {
    const answer = await ask('gp', 'large');
    const items = sectionsOf(answer).flatMap(([, section]) => section.items);
    expect(items.length).toBeGreaterThan(2000);
    expect(sectionsOf(answer).every(([, { complete }]) => complete)).toBe(true);
  });

  test.each([
    ['9990000018', 'PATIENT_NOT_FOUND'],
    ['9990000000', 'INVALID_NHS_NUMBER'],
    ['999000001', 'INVALID_NHS_NUMBER'],
  ])('with the number %s is %s', async (nhsNumber, code) => {
    const authorization = `Bearer ${await world.region.token('gp')}`;
    const answer = await world.send({ query: readyQuery, variables: { nhsNumber } }, { authorization });
    expect(codeOf(answer)).toBe(code);
    expect(answer.text).not.toContain(nhsNumber);
  });
});

describe('the answer', () => {
  test('is not to be stored, names its request and carries the constant notice', async () => {
    const answer = await ask('gp', 'complete');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body.extensions).toEqual({
      notice: 'Some services never appear in this record.',
      correlationId: answer.headers.get('x-correlation-id'),
    });
  });

  test('shows sections under aliases, fragments and conditions as asked', async () => {
    const query = `query($nhsNumber: NHSNumber!, $no: Boolean = false) {
      record: patient(nhsNumber: $nhsNumber) {
        first: problems { __typename entries: items { kind: __typename name: code { words: text } } ...s }
        second: problems { items { id @skip(if: $no) ... on Entry { from: source { at: retrievedAt } } } }
        medications @include(if: $no) { complete }
      }
    }
    fragment s on Section { all: complete who: sources { is: organisation { its: odsCode } how: state } }`;
    const answer = await ask('gp', 'complete', query);
    expect(answer.body.errors).toBeUndefined();
    expect(answer.body.data).toMatchObject({
      record: {
        first: {
          __typename: 'ProblemSection',
          entries: expect.arrayContaining([{ kind: 'Problem', name: { words: expect.any(String) } }]),
          all: true,
          who: expect.arrayContaining([{ is: { its: riverside }, how: 'COMPLETE' }]),
        },
        second: {
          items: expect.arrayContaining([{ id: expect.any(String), from: { at: expect.any(String) } }]),
        },
      },
    });
    expect(answer.text).not.toContain('medications');
  });

  test('lets the schema be explored with a token only, as every tool asks for it', async () => {
    const query = getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true });
    const authorization = `Bearer ${await world.region.token('ics-admin')}`;
    expect((await world.send({ query })).status).toBe(401);
    const { body } = await world.send({ query }, { authorization });
    const schema = buildClientSchema(body.data as unknown as IntrospectionQuery);
    expect(schema.getQueryType()?.getFields().patient?.description).toContain('stitched live');
  });
});

describe('HTTP', () => {
  test('is spoken as GraphQL over HTTP asks, by its published audits', async () => {
    const authorization = `Bearer ${await world.region.token('gp')}`;
    const url = `${world.suture.address}/graphql`;
    const withToken: typeof fetch = (input, init) =>
      fetch(input, { ...init, headers: { ...(init?.headers as Record<string, string>), authorization } });
    const results = await Promise.all(serverAudits({ url, fetchFn: withToken }).map((audit) => audit.fn()));
    const failed = results.filter(({ status }) => status === 'error').map(({ id, name }) => `${id} ${name}`);
    expect(failed).toEqual([]);
  });

  test('lets no page of another origin ask unless it is named', async () => {
    const response = await fetch(`${world.suture.address}/graphql`, {
      method: 'OPTIONS',
      headers: { origin: 'https://elsewhere.example', 'access-control-request-method': 'POST' },
    });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('the audit trail', () => {
  test('has one record for each access, allowed or refused, and nothing clinical', async () => {
    const before = auditRows().length;
    await ask('gp', 'complete');
    await ask('untrained', 'complete');
    const [allowed, refused, ...more] = auditRows().slice(before);
    expect(more).toEqual([]);
    expect(allowed).toMatchObject({
      outcome: 'ALLOWED',
      role: 'doctor',
      organisation: riverside,
      purpose: 'TREAT',
      relationship: 'registered-practice',
      nhsNumber: personIn('complete').nhsNumber,
      operationName: 'Record',
    });
    expect(JSON.parse(String(allowed?.sources))).toContainEqual(
      expect.objectContaining({ source: council, section: 'socialCare', state: 'COMPLETE' }),
    );
    expect(refused).toMatchObject({ outcome: 'ACCESS_REFUSED', policies: '["training"]' });
  });

  test('stops every answer while it cannot be written', async () => {
    const lock = new DatabaseSync(join(world.dataDir, 'suture.sqlite'));
    lock.exec('BEGIN EXCLUSIVE');
    const answer = await ask('gp', 'complete');
    lock.exec('ROLLBACK');
    lock.close();
    expect([answer.status, codeOf(answer), answer.body.data]).toEqual([503, 'AUDIT_UNAVAILABLE', undefined]);
    expect((await ask('gp', 'complete')).status).toBe(200);
  });
});

describe('what a provider said', () => {
  test('is in no file, log or metric after all these queries', async () => {
    const marks = new Set(answers.flatMap(({ text }) => text.match(mark) ?? []));
    expect(marks.size).toBeGreaterThan(1000);
    const metrics = await (await fetch(`${world.suture.address}/metrics`)).text();
    expect(metrics).toContain('suture_source_states_total');
    const kept = [...world.logged, metrics, ...(await filesBelow(world.dataDir))].join('\n');
    expect(kept.match(mark)?.filter((mark) => marks.has(mark)) ?? []).toEqual([]);
  });

  test('nor is anybody’s NHS number in a log or metric', async () => {
    const metrics = await (await fetch(`${world.suture.address}/metrics`)).text();
    expect(world.logged.length).toBeGreaterThan(10);
    expect([...world.logged, metrics].join('\n')).not.toMatch(/(?<!\d)999\d{7}(?!\d)/);
  });
});

describe('when a provider is killed', () => {
  test('the rest still arrives, with what happened to it', async () => {
    await world.region.kill('northgate');
    const answer = await ask('gp', 'complete');
    expect(reportOf(answer, 'problems', northgate)?.state).toMatch(/^(UNAVAILABLE|TIMED_OUT)$/);
    expect(reportOf(answer, 'problems', riverside)?.state).toBe('COMPLETE');
    expect(reportOf(answer, 'problems', eastfield)?.state).toBe('COMPLETE');
  });

  test('a pointer service that is gone is no shorter list', async () => {
    await world.region.kill('pointers');
    const answer = await ask('gp', 'complete');
    expect(reportOf(answer, 'problems', eastfield)?.state).toBe('COMPLETE');
  });

  test('provider subgraphs that are gone are in every section', async () => {
    await world.suture.kill('providers');
    const answer = await ask('gp', 'complete');
    expect(reportOf(answer, 'problems', riverside)?.state).toBe('UNAVAILABLE');
    expect(answer.body.data?.patient?.problems).toMatchObject({ items: [], complete: false });
  });

  test('no demographics service means no record', async () => {
    await world.region.kill('pds');
    const answer = await ask('gp', 'complete');
    expect([answer.status, codeOf(answer)]).toEqual([503, 'PERSON_TRACE_UNAVAILABLE']);
    expect((await fetch(`${world.suture.address}/ready`)).status).toBe(503);
  });
});

describe('when it is asked to end', () => {
  test('the gateway ends by itself', async () => {
    const [gateway] = await world.suture.stop();
    expect(gateway).toBe(0);
  });
});

function auditRows(): readonly Record<string, unknown>[] {
  const database = new DatabaseSync(join(world.dataDir, 'suture.sqlite'), { readOnly: true });
  const rows = database.prepare('select * from audit order by sequence').all();
  database.close();
  return rows;
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')));
}
