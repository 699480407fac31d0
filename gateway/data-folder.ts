import { join } from 'node:path';
import * as z from 'zod';
import { relationships } from '../consent-policy/vocabulary.ts';
import { isNhsNumber } from '../subgraphs/nhs-number.ts';
import { type DataFile, DataFileFault, readDataFile } from './data-file.ts';
import type { PreferenceRow, RelationshipRow } from './store/store.ts';

/** An organisation with the groups that it belongs to. */
export type Member = z.infer<typeof member>;

/** What the files of the data folder beside the register say; null for a file that is not there. */
export interface DataFolder {
  readonly members: readonly Member[] | null;
  readonly relationships: readonly RelationshipRow[] | null;
  readonly preferences: readonly PreferenceRow[] | null;
}

const textWords = 'text';
const text = z.string(textWords).min(1, textWords);
const dateWords = 'a date, e.g. `2028-03-31`, or `null` while it is open';

/** A number with a slip in it would match nobody, and a dissent would be lost without a word. */
const numberWords = 'an NHS number: ten digits, the last one a check digit';
const nhsNumber = z.string(numberWords).refine(isNhsNumber, numberWords);

const member = z.strictObject({
  odsCode: text,
  name: text,
  groups: z.array(text, 'a list of groups, e.g. `[ICS-NORTH]`'),
});
const relationship = z.strictObject({
  nhsNumber,
  organisation: text,
  basis: z.enum(relationships).exclude(['none', 'self', 'registered-practice']),
  issuer: text,
  validUntil: z.iso.date(dateWords).nullable(),
});
const preference = z.strictObject({
  nhsNumber,
  kind: z.literal('dissent'),
  scope: z.literal('region'),
});

/** Reads all files of the data folder beside the register, or throws a `DataFileFault` with every problem of all of them. */
export function readDataFolder(dataDir: string): DataFolder {
  const files = {
    members: readDataFile(join(dataDir, 'membership.yaml'), member),
    relationships: readDataFile(join(dataDir, 'relationships.yaml'), relationship),
    preferences: readDataFile(join(dataDir, 'preferences.yaml'), preference),
  };
  const problems = Object.values(files).flatMap((file) => ('problems' in file ? file.problems : []));
  if (problems.length > 0) throw new DataFileFault(problems);
  return {
    members: rowsOf(files.members),
    relationships: rowsOf(files.relationships),
    preferences: rowsOf(files.preferences),
  };
}

function rowsOf<T>(file: DataFile<T>): readonly T[] | null {
  return 'rows' in file ? file.rows : null;
}
