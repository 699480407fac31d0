import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Audit, type AuditRecord, openAudit } from '../gateway/audit/audit.ts';
import { auditRecord } from '../gateway/audit/audit-record.ts';
import type { Source } from '../gateway/care-record/outcome.ts';
import { GatewayFault } from '../gateway/fault.ts';
import type { Identity } from '../gateway/identity.ts';
import { readOperation } from '../gateway/operation-guard/operation.ts';
import { openStore } from '../gateway/store/store.ts';

const nhsNumber = '9990000026';
const identity: Identity = {
  requester: {
    userId: '910000000001',
    role: 'doctor',
    roleCode: 'S8000:G8000:R8000',
    roleProfileId: 'profile-1',
    organisation: 'RXX01',
    groups: ['ICS-NORTH'],
  },
  purpose: 'TREAT',
  training: 'current',
  ownNhsNumber: null,
};
const source: Source = { odsCode: 'RXX02', name: 'Eastfield Infirmary', careSetting: 'ACUTE', silent: false };
const text =
  'query Handover($n: NHSNumber!, $word: String) { patient(nhsNumber: $n) { problems { items { id } } } }';

function recordOf(correlationId: string): AuditRecord {
  const operation = {
    ...readOperation({ query: text }, 1000),
    text,
    variables: { n: nhsNumber, word: 'Brackwater' },
    patient: nhsNumber,
  };
  const outcome = {
    source,
    section: 'problems',
    key: 'troubles',
    state: 'PARTLY_WITHHELD',
    warnings: ['The family name at this source differs from the national record.'],
    elapsedMs: 12,
    policies: ['sensitive'],
    items: new Map([['items', [{ id: 'entry-1', code: { text: 'Diverticulitis' } }]]]),
    keys: [{ id: 'entry-1', order: '2020-01-01', label: 'none' }],
  } as const;
  const passage = { identity, operation, correlationId, startedAt: new Date(Date.now() - 20) };
  return auditRecord(passage, { nhsNumber, relationship: 'encounter' }, 'ALLOWED', [], [outcome], 'policy-1');
}

let dataDir: string;
let audit: Audit;
let reader: DatabaseSync | null = null;

/** A connection of its own, as another program would have. */
function database(): DatabaseSync {
  reader ??= new DatabaseSync(join(dataDir, 'suture.sqlite'), { timeout: 100 });
  return reader;
}
const rows = () => database().prepare('select * from audit order by sequence').all();
const correlationIds = () => rows().map(({ correlationId }) => correlationId);

async function failure(work: Promise<unknown>): Promise<string> {
  const cause = await work.then(
    () => 'on record',
    (error: unknown) => error,
  );
  return cause instanceof GatewayFault ? cause.code : String(cause);
}

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'suture-audit-'));
  await (await openStore(dataDir)).destroy();
  audit = openAudit(dataDir);
});
afterEach(async () => {
  reader?.close();
  reader = null;
  await audit.close();
  await rm(dataDir, { recursive: true, force: true });
});

describe('the audit trail', () => {
  it('holds a record before anybody is answered', async () => {
    await audit.record(recordOf('first'));
    expect(correlationIds()).toEqual(['first']);
    await audit.record(recordOf('second'));
    expect(correlationIds()).toEqual(['first', 'second']);
  });

  it('says who asked, why, about whom, and what came of it', async () => {
    await audit.record(recordOf('first'));
    const [row] = rows();
    expect(row).toMatchObject({
      sequence: 1,
      outcome: 'ALLOWED',
      userId: '910000000001',
      role: 'doctor',
      roleCode: 'S8000:G8000:R8000',
      roleProfileId: 'profile-1',
      organisation: 'RXX01',
      purpose: 'TREAT',
      relationship: 'encounter',
      nhsNumber,
      operationName: 'Handover',
      policyVersion: 'policy-1',
      policies: '[]',
    });
    expect(row?.operationHash).toMatch(/^[0-9a-f]{64}$/);
    expect(row?.durationMs).toBeGreaterThanOrEqual(0);
    expect(JSON.parse(String(row?.sources))).toEqual([
      { source: 'RXX02', section: 'problems', state: 'PARTLY_WITHHELD', items: 1, policies: ['sensitive'] },
    ]);
  });

  it('holds nothing clinical, no variable and no document', async () => {
    await audit.record(recordOf('first'));
    const row = JSON.stringify(rows()[0]);
    for (const word of [
      'Diverticulitis',
      'Brackwater',
      'entry-1',
      'nhsNumber: $n',
      'family name',
      '2020-01-01',
    ]) {
      expect(row).not.toContain(word);
    }
  });

  it('takes many records at once, in order and without a gap', async () => {
    const ids = Array.from({ length: 500 }, (_, index) => `record-${index}`);
    await Promise.all(ids.map((id) => audit.record(recordOf(id))));
    expect(correlationIds()).toEqual(ids);
    expect(rows().map(({ sequence }) => sequence)).toEqual(ids.map((_, index) => index + 1));
  });

  it('goes on where it stood after a restart', async () => {
    await audit.record(recordOf('before'));
    await audit.close();
    audit = openAudit(dataDir);
    await audit.record(recordOf('after'));
    expect(rows().map(({ sequence, correlationId }) => [sequence, correlationId])).toEqual([
      [1, 'before'],
      [2, 'after'],
    ]);
  });
});

describe('a database file that is removed while it is open', () => {
  it('takes no record that would be lost with it', async () => {
    await audit.record(recordOf('before'));
    await rm(join(dataDir, 'suture.sqlite'));
    expect(await failure(audit.record(recordOf('after')))).toBe('AUDIT_UNAVAILABLE');
  });
});

describe('an audit trail that cannot be written', () => {
  it('fails while it is locked and recovers by itself', async () => {
    await audit.record(recordOf('before'));
    database().exec('begin immediate');
    expect(await failure(audit.record(recordOf('locked')))).toBe('AUDIT_UNAVAILABLE');
    database().exec('rollback');
    expect(await failure(audit.record(recordOf('after')))).toBe('on record');
    expect(correlationIds()).toEqual(['before', 'after']);
  });

  it('fails without its table and says so each time', async () => {
    database().exec('alter table audit rename to elsewhere');
    expect(await failure(audit.record(recordOf('one')))).toBe('AUDIT_UNAVAILABLE');
    expect(await failure(audit.record(recordOf('two')))).toBe('AUDIT_UNAVAILABLE');
    database().exec('alter table elsewhere rename to audit');
    expect(await failure(audit.record(recordOf('three')))).toBe('on record');
  });

  it('fails where its folder is none and recovers when it is one', async () => {
    const folder = join(dataDir, 'elsewhere');
    await writeFile(folder, 'not a folder');
    const other = openAudit(folder);
    expect(await failure(other.record(recordOf('one')))).toBe('AUDIT_UNAVAILABLE');
    expect(await failure(other.record(recordOf('two')))).toBe('AUDIT_UNAVAILABLE');
    await rm(folder);
    expect(await failure(other.record(recordOf('three')))).toBe('on record');
    await other.close();
  });

  it('replaces a writer that has ended without a word', async () => {
    const started = new Promise<{ terminate(): Promise<number> }>((resolve) =>
      process.once('worker', resolve),
    );
    await audit.record(recordOf('before'));
    await (await started).terminate();
    expect(await failure(audit.record(recordOf('after')))).toBe('on record');
    expect(correlationIds()).toEqual(['before', 'after']);
  });

  it('fails records that wait when their writer ends', async () => {
    const started = new Promise<{ terminate(): Promise<number> }>((resolve) =>
      process.once('worker', resolve),
    );
    await audit.record(recordOf('before'));
    database().exec('begin immediate');
    const waiting = failure(audit.record(recordOf('waiting')));
    await (await started).terminate();
    database().exec('rollback');
    expect(await waiting).toBe('AUDIT_UNAVAILABLE');
    expect(await failure(audit.record(recordOf('after')))).toBe('on record');
  });

  it('fails a record that is none without harm to others', async () => {
    const broken = { ...recordOf('broken'), userId: () => 'a function' } as unknown as AuditRecord;
    const [one, other] = await Promise.all([
      failure(audit.record(broken)),
      failure(audit.record(recordOf('whole'))),
    ]);
    expect([one, other]).toEqual(['AUDIT_UNAVAILABLE', 'on record']);
  });

  it('fails what waits when it is closed', async () => {
    await audit.record(recordOf('before'));
    database().exec('begin immediate');
    const waiting = failure(audit.record(recordOf('waiting')));
    await audit.close();
    database().exec('rollback');
    expect(await waiting).toBe('AUDIT_UNAVAILABLE');
    expect(correlationIds()).toEqual(['before']);
  });
});
