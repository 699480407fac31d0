import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { readDataFile } from './data-file.ts';

/** Which organisations belong to which groups (practice → PCN → ICS), and their names. */
export interface Membership {
  /** Groups of an organisation; none where it is unknown. */
  groupsOf(odsCode: string): readonly string[];
  nameOf(odsCode: string): string | null;
}

const members = z.array(
  z.strictObject({ odsCode: z.string().min(1), name: z.string().min(1), groups: z.array(z.string().min(1)) }),
);

/** Reads `membership.yaml` of the data folder; without that file nobody belongs to any group. */
export function readMembership(dataDir: string): Membership {
  const file = join(dataDir, 'membership.yaml');
  const rows = existsSync(file) ? readDataFile(file, members) : [];
  const byCode = new Map(rows.map((row) => [row.odsCode, row]));
  return {
    groupsOf: (odsCode) => byCode.get(odsCode)?.groups ?? [],
    nameOf: (odsCode) => byCode.get(odsCode)?.name ?? null,
  };
}
