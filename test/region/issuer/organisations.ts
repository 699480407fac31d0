import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';

const members = z.array(z.object({ odsCode: z.string(), name: z.string() }));

/** Names of the region's organisations by ODS code. */
export const organisationNames: ReadonlyMap<string, string> = new Map(
  members
    .parse(parse(readFileSync(new URL('../membership.yaml', import.meta.url), 'utf8')))
    .map(({ odsCode, name }) => [odsCode, name]),
);
