import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { readEntryDocument } from '../subgraphs/care-record/entry-document.ts';
import { isEntryName } from '../subgraphs/care-record/register-files.ts';
import { identityOf, type Registered } from '../subgraphs/care-record/registered.ts';
import { orUnreadable, readEntryText } from '../subgraphs/care-record/text-file.ts';

/** The register that a file is held against. */
export interface Neighbours {
  readonly folder: string;
  /** Whether the file itself stands in that folder; a file elsewhere may be a new version of one there. */
  readonly isInside: boolean;
  readonly registered: readonly Registered[];
}

/** Where the gateway reads the register by default. */
const usualRegister = join('data', 'providers');

/** The other entries of a register: of `folder`, of the file's own folder where that is called `providers`, or the usual one. */
export function neighboursOf(file: string, folder: string | undefined): Neighbours | null {
  const own = dirname(resolve(file));
  const register = folder ?? (basename(own) === 'providers' ? own : usualRegister);
  if (folder === undefined && !existsSync(register)) return null;
  const names = orUnreadable(register, () => readdirSync(register)).filter(isEntryName);
  const others = names
    .toSorted()
    .map((name) => join(register, name))
    .filter((other) => orUnreadable(other, () => realpathSync(other)) !== realpathSync(file));
  return {
    folder: register,
    isInside: realpathSync(own) === realpathSync(register),
    registered: others.flatMap((other) => {
      const read = readEntryText(other);
      return 'text' in read ? [identityOf(basename(other), readEntryDocument(read.text))] : [];
    }),
  };
}
