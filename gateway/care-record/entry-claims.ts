import type { FieldTree } from './field-tree.ts';

/** The organisations that one answer may speak for. */
export interface Voice {
  speaksForCode(odsCode: unknown): boolean;
  speaksForName(name: unknown): boolean;
}

/** Whether an entry says of itself what is known already: the id of its key, and an organisation that its member speaks for. */
export type ClaimsCheck = (item: unknown, id: string, voice: Voice) => boolean;

/**
 * Compiles a check of what one selection of entries shows of their ids and organisations, under whatever names: a member may be
 * anybody's program. An organisation that is null, or has no name, claims nothing.
 */
export function claimsCheck(entry: FieldTree): ClaimsCheck {
  const ids = named(entry, 'id').map(({ key }) => key);
  const organisations = named(entry, 'source').flatMap((source) =>
    named(source.below ?? [], 'organisation').map(({ key, below }) => ({
      path: [source.key, key] as const,
      odsCodes: named(below ?? [], 'odsCode').map((each) => each.key),
      names: named(below ?? [], 'name').map((each) => each.key),
    })),
  );
  const isSpokenFor = (item: unknown, voice: Voice) =>
    organisations.every(({ path: [source, organisation], odsCodes, names }) => {
      const claimed = at(at(item, source), organisation);
      if (claimed === null) return true;
      return (
        odsCodes.every((key) => voice.speaksForCode(at(claimed, key))) &&
        names.every((key) => at(claimed, key) === null || voice.speaksForName(at(claimed, key)))
      );
    });
  return (item, id, voice) => ids.every((key) => at(item, key) === id) && isSpokenFor(item, voice);
}

function named(tree: FieldTree, name: string): FieldTree {
  return tree.filter((field) => field.name === name);
}

function at(value: unknown, key: string): unknown {
  return (value as Readonly<Record<string, unknown>>)[key];
}

/** A name or code without what the eye does not see: case, spaces, marks without width. */
export function plainWord(word: unknown): string {
  return String(word)
    .normalize('NFKC')
    .replaceAll(/[\s\p{Cf}]/gu, '')
    .toLowerCase();
}
