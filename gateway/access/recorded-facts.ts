import type { TracedPatient } from '../../consent-policy/access-context.ts';
import type { Dissent, Relationship } from '../../consent-policy/vocabulary.ts';
import { readDataFolder } from '../data-folder.ts';
import type { Identity } from '../identity.ts';
import {
  type PreferenceRow,
  type RelationshipRow,
  type Store,
  StoreFault,
  storeFile,
} from '../store/store.ts';

/**
 * Replaces the stored relationships and preferences by the rows of `relationships.yaml` and `preferences.yaml` in the data
 * folder, each where that file is present.
 */
export async function importFacts(store: Store, dataDir: string): Promise<void> {
  const { relationships, preferences } = readDataFolder(dataDir);
  try {
    if (relationships) await replaceRows(store, 'relationship', relationships);
    if (preferences) await replaceRows(store, 'preference', preferences);
  } catch (cause) {
    throw new StoreFault(storeFile(dataDir), cause);
  }
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

async function replaceRows(
  store: Store,
  table: 'relationship' | 'preference',
  rows: readonly (RelationshipRow | PreferenceRow)[],
): Promise<void> {
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
