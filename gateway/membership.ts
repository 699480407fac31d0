import { readDataFolder } from './data-folder.ts';

/** Which organisations belong to which groups (practice → PCN → ICS), and their names. */
export interface Membership {
  /** Groups of an organisation; none where it is unknown. */
  groupsOf(odsCode: string): readonly string[];
  nameOf(odsCode: string): string | null;
}

/** Reads `membership.yaml` of the data folder; without that file nobody belongs to any group. */
export function readMembership(dataDir: string): Membership {
  const byCode = new Map(readDataFolder(dataDir).members?.map((row) => [row.odsCode, row]));
  return {
    groupsOf: (odsCode) => byCode.get(odsCode)?.groups ?? [],
    nameOf: (odsCode) => byCode.get(odsCode)?.name ?? null,
  };
}
