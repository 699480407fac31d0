import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { type Generated, Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Relationship } from '../../consent-policy/vocabulary.ts';
import { migrations } from './migrations.ts';

/** A fact that shows that an organisation's staff care for a person. */
export interface RelationshipRow {
  readonly nhsNumber: string;
  /** ODS code. */
  readonly organisation: string;
  readonly basis: Exclude<Relationship, 'none' | 'self' | 'registered-practice'>;
  readonly issuer: string;
  /** Last day (ISO date), or null while it is open. */
  readonly validUntil: string | null;
}

/** A patient's choice about the shared record. */
export interface PreferenceRow {
  readonly nhsNumber: string;
  readonly kind: 'dissent';
  readonly scope: 'region';
}

/** One access to one patient, allowed or refused: who, whom, why, what; nothing clinical. */
export interface AuditRow {
  readonly sequence: Generated<number>;
  /** ISO instant at which the answer was ready. */
  readonly at: string;
  readonly correlationId: string;
  /** `ALLOWED`, or the code that the requester was given. */
  readonly outcome: string;
  readonly userId: string;
  readonly role: string;
  readonly roleCode: string | null;
  readonly roleProfileId: string | null;
  readonly organisation: string | null;
  readonly purpose: string;
  readonly relationship: string | null;
  readonly nhsNumber: string;
  readonly operationName: string | null;
  /** SHA-256 of the document's text. */
  readonly operationHash: string;
  readonly policyVersion: string;
  /** Ids of the policies that refused the access as a whole (JSON list). */
  readonly policies: string;
  /** Each source and section with its state, item count and deciding policies (JSON list). */
  readonly sources: string;
  readonly durationMs: number;
}

/** The tables. */
export interface Tables {
  readonly relationship: RelationshipRow;
  readonly preference: PreferenceRow;
  readonly audit: AuditRow;
}
export type Store = Kysely<Tables>;

/** How long a writer waits for another one's lock. */
const busyTimeoutMs = 1000;

/** The database's file in a data folder. */
export function storeFile(dataDir: string): string {
  return join(dataDir, 'suture.sqlite');
}

/** The database's file cannot be used; the message names it and says why. */
export class StoreFault extends Error {
  readonly code = 'STORE_UNUSABLE';

  constructor(file: string, cause: unknown) {
    super(`the database \`${file}\` cannot be used: ${reasonOf(cause)}`, { cause });
    this.name = 'StoreFault';
  }
}

/** Opens the database of a data folder (made if missing), with every commit on disk before it counts, and migrates it. */
export async function openStore(dataDir: string): Promise<Store> {
  const file = storeFile(dataDir);
  try {
    mkdirSync(dataDir, { recursive: true });
    return await migrated(
      new Kysely<Tables>({ dialect: new SqliteDialect({ database: openDatabase(file) }) }),
    );
  } catch (cause) {
    throw new StoreFault(file, cause);
  }
}

async function migrated(store: Store): Promise<Store> {
  const provider = { getMigrations: async () => migrations };
  const { error } = await new Migrator({ db: store, provider }).migrateToLatest();
  if (!error) return store;
  await store.destroy();
  throw error;
}

/** Result codes (sqlite.org/rescode.html), the low byte of the extended ones that Node gives, and codes of the system. */
const reasons: Readonly<Record<string, string>> = {
  5: 'another program keeps it locked',
  8: 'it is read-only',
  10: 'the disk does not read or write',
  11: 'it is damaged; restore it, or move it away to begin anew without its audit trail',
  13: 'the disk is full',
  14: 'it cannot be opened; is it a file, in a folder that can be written?',
  26: 'it is no SQLite database; restore it, or move it away to begin anew without its audit trail',
  EACCES: 'no permission to write its folder',
  EEXIST: 'its folder is a file',
  ENOTDIR: 'its folder is within a file',
};

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown';
  const result: unknown = Reflect.get(cause, 'errcode');
  const code = typeof result === 'number' ? result & 0xff : String(Reflect.get(cause, 'code'));
  return reasons[code] ?? cause.message;
}

/** Kysely's SQLite dialect expects lists of parameters where `node:sqlite` takes them one by one. */
function openDatabase(file: string) {
  const database = new DatabaseSync(file, { timeout: busyTimeoutMs });
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
  } catch (cause) {
    database.close();
    throw cause;
  }
  return {
    close: () => database.close(),
    prepare: (sql: string) => {
      const statement = database.prepare(sql);
      const values = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[];
      return {
        reader: statement.columns().length > 0,
        all: (parameters: readonly unknown[]) => statement.all(...values(parameters)),
        run: (parameters: readonly unknown[]) => statement.run(...values(parameters)),
        iterate: (parameters: readonly unknown[]) => statement.iterate(...values(parameters)),
      };
    },
  };
}
