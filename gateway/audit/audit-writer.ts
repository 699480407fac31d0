import { statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { openStore, storeFile } from '../store/store.ts';
import type { AuditOrder, AuditReceipt } from './audit.ts';

// The thread that writes the audit trail. Records that arrive while one commit is under way share the next one.

const store = await openStore(workerData.dataDir);
const file = storeFile(workerData.dataDir);
const opened = statSync(file).ino;
let queue: AuditOrder[] = [];
let writing = false;

async function writeQueued(): Promise<void> {
  writing = true;
  while (queue.length > 0) {
    const batch = queue;
    queue = [];
    const failure = await write(batch);
    parentPort?.postMessage({ ids: batch.map(({ id }) => id), failure } satisfies AuditReceipt);
  }
  writing = false;
}

async function write(batch: readonly AuditOrder[]): Promise<string | null> {
  try {
    await store.transaction().execute(async (transaction) => {
      for (const { record } of batch) await transaction.insertInto('audit').values(record).execute();
    });
    // A file that was removed or replaced takes its records with it.
    return statSync(file).ino === opened ? null : 'the database file was replaced';
  } catch (cause) {
    return cause instanceof Error ? cause.message : 'unknown';
  }
}

parentPort?.on('message', (order: AuditOrder) => {
  queue.push(order);
  if (!writing) void writeQueued();
});
