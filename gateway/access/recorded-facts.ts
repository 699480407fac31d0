import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { TracedPatient } from '../../consent-policy/access-context.ts';
import { type Dissent, type Relationship, relationships } from '../../consent-policy/vocabulary.ts';
import { isNhsNumber } from '../../subgraphs/nhs-number.ts';
import { readDataFile } from '../data-file.ts';
import type { Identity } from '../identity.ts';
import type { Store } from '../store/store.ts';

/** A number with a slip in it would match nobody, and a dissent would be lost without a word. */
const nhsNumber = z.string().refine(isNhsNumber, 'an NHS number: ten digits, the last one a check digit');

const relationshipFile = z.array(
  z.strictObject({
    nhsNumber,
    organisation: z.string().min(1),
    basis: z.enum(relationships).exclude(['none', 'self', 'registered-practice']),
    issuer: z.string().min(1),
    validUntil: z.iso.date().nullable(),
  }),
);
const preferenceFile = z.array(
  z.strictObject({ nhsNumber, kind: z.literal('dissent'), scope: z.literal('region') }),
);

/**
 * Replaces the stored relationships and preferences by the rows of `relationships.yaml` and `preferences.yaml` in the data
 * folder, each where that file is present.
 */
export async function importFacts(store: Store, dataDir: string): Promise<void> {
  await importFile(store, 'relationship', join(dataDir, 'relationships.yaml'), relationshipFile);
  await importFile(store, 'preference', join(dataDir, 'preferences.yaml'), preferenceFile);
}

/** On what current fact the requester cares for this person. */
export async function relationshipOf(
  store: Store,
  { requester, ownNhsNumber }: Identity,
  patient: TracedPatient,
  today: string,
): Promise<Relationship> {
  const numbers = [patient.nhsNumber, ...patient.formerNhsNumbers];
  if (requester.role === 'patient')
    return ownNhsNumber !== null && numbers.includes(ownNhsNumber) ? 'self' : 'none';
  if (requester.organisation === null) return 'none';
  if (requester.organisation === patient.registeredPractice) return 'registered-practice';
  const row = await store
    .selectFrom('relationship')
    .select('basis')
    .where('nhsNumber', 'in', numbers)
    .where('organisation', '=', requester.organisation)
    .where((row) => row.or([row('validUntil', 'is', null), row('validUntil', '>=', today)]))
    .orderBy('basis')
    .executeTakeFirst();
  return row?.basis ?? 'none';
}

/** Whether the person dissents to the shared record of the whole region. */
export async function regionalDissentOf(
  store: Store,
  patient: TracedPatient,
): Promise<Exclude<Dissent, 'local'>> {
  const row = await store
    .selectFrom('preference')
    .select('kind')
    .where('nhsNumber', 'in', [patient.nhsNumber, ...patient.formerNhsNumbers])
    .where('kind', '=', 'dissent')
    .executeTakeFirst();
  return row ? 'regional' : 'none';
}

/** Rows go in by the hundred: SQLite bounds the parameters of a statement. */
const rowsAtOnce = 100;

async function importFile<T extends Record<string, unknown>>(
  store: Store,
  table: 'relationship' | 'preference',
  file: string,
  schema: z.ZodType<T[]>,
): Promise<void> {
  if (!existsSync(file)) return;
  const rows = readDataFile(file, schema);
  await store.transaction().execute(async (transaction) => {
    await transaction.deleteFrom(table).execute();
    for (let start = 0; start < rows.length; start += rowsAtOnce) {
      const some = rows.slice(start, start + rowsAtOnce);
      await transaction
        .insertInto(table)
        .values(some as never)
        .execute();
    }
  });
}
