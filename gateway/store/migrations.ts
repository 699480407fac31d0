import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Every change of the tables, in the order of their names; one that has been released is never edited. */
export const migrations: Readonly<Record<string, Migration>> = {
  '2026-11-relationships-preferences-audit': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('relationship')
        .addColumn('nhsNumber', 'text', (column) => column.notNull())
        .addColumn('organisation', 'text', (column) => column.notNull())
        .addColumn('basis', 'text', (column) => column.notNull())
        .addColumn('issuer', 'text', (column) => column.notNull())
        .addColumn('validUntil', 'text')
        .execute();
      await db.schema
        .createIndex('relationship_by_person')
        .on('relationship')
        .columns(['nhsNumber', 'organisation'])
        .execute();
      await db.schema
        .createTable('preference')
        .addColumn('nhsNumber', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('scope', 'text', (column) => column.notNull())
        .execute();
      await db.schema.createIndex('preference_by_person').on('preference').column('nhsNumber').execute();
      await createAudit(db);
    },
  },
};

async function createAudit(db: Kysely<unknown>): Promise<void> {
  let table = db.schema
    .createTable('audit')
    .addColumn('sequence', 'integer', (column) => column.primaryKey().autoIncrement());
  const texts = [
    'at',
    'correlationId',
    'outcome',
    'userId',
    'role',
    'purpose',
    'nhsNumber',
    'operationHash',
  ] as const;
  for (const name of [...texts, 'policyVersion', 'policies', 'sources'] as const) {
    table = table.addColumn(name, 'text', (column) => column.notNull());
  }
  for (const name of [
    'roleCode',
    'roleProfileId',
    'organisation',
    'relationship',
    'operationName',
  ] as const) {
    table = table.addColumn(name, 'text');
  }
  await table.addColumn('durationMs', 'integer', (column) => column.notNull()).execute();
}
