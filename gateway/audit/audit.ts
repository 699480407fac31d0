import { Worker } from 'node:worker_threads';
import type { Insertable } from 'kysely';
import { GatewayFault } from '../fault.ts';
import type { AuditRow } from '../store/store.ts';

/** One access, ready to be written. */
export type AuditRecord = Insertable<AuditRow>;

/** The audit trail. */
export interface Audit {
  /** Resolves when the record is on disk; otherwise AUDIT_UNAVAILABLE, and whatever it was about must not leave. */
  record(record: AuditRecord): Promise<void>;
  close(): Promise<void>;
}

/** What goes to the writer and comes back. */
export interface AuditOrder {
  readonly id: number;
  readonly record: AuditRecord;
}
export interface AuditReceipt {
  readonly ids: readonly number[];
  readonly failure: string | null;
}

interface Waiting {
  readonly written: () => void;
  readonly failed: (fault: GatewayFault) => void;
  readonly timer: NodeJS.Timeout;
}

/** How long an answer waits for its record. */
const waitMs = 3000;

/** Opens the trail in a data folder; a thread of its own writes, so that no commit to disk holds the gateway up. */
export function openAudit(dataDir: string): Audit {
  const waiting = new Map<number, Waiting>();
  let nextId = 0;
  const settle = (id: number, failure: unknown) => {
    const entry = waiting.get(id);
    waiting.delete(id);
    clearTimeout(entry?.timer);
    if (failure === null) entry?.written();
    else entry?.failed(new GatewayFault('AUDIT_UNAVAILABLE', { cause: failure }));
  };
  const start = () => {
    const started = new Worker(new URL('./audit-writer.ts', import.meta.url), { workerData: { dataDir } });
    started.on('message', ({ ids, failure }: AuditReceipt) => {
      for (const id of ids) settle(id, failure);
    });
    let failure: unknown = 'the writer ended';
    started.on('error', (cause) => {
      failure = cause;
    });
    // Always comes, after an error too; until then the records of this thread have not been given up.
    started.on('exit', () => {
      if (writer === started) writer = null;
      for (const id of [...waiting.keys()]) settle(id, failure);
    });
    started.unref();
    return started;
  };
  // At once, so that the first access does not wait for a thread to start.
  let writer: Worker | null = start();

  return {
    record: (record) =>
      new Promise((written, failed) => {
        const id = nextId++;
        const timer = setTimeout(() => settle(id, 'timed out'), waitMs);
        waiting.set(id, { written, failed, timer });
        try {
          writer ??= start();
          writer.postMessage({ id, record } satisfies AuditOrder);
        } catch (cause) {
          settle(id, cause);
        }
      }),
    close: async () => {
      await writer?.terminate();
      writer = null;
    },
  };
}
