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

/** Opens the database of a data folder (made if missing), with every commit on disk before it counts, and migrates it. */
export async function openStore(dataDir: string): Promise<Store> {
  mkdirSync(dataDir, { recursive: true });
  const store = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: openDatabase(join(dataDir, 'suture.sqlite')) }),
  });
  const { error } = await new Migrator({
    db: store,
    provider: { getMigrations: async () => migrations },
  }).migrateToLatest();
  if (error) throw error;
  return store;
}

/** Kysely's SQLite dialect expects lists of parameters where `node:sqlite` takes them one by one. */
function openDatabase(file: string) {
  const database = new DatabaseSync(file, { timeout: busyTimeoutMs });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
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
