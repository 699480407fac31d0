import type { FieldTree } from './field-tree.ts';
import type { Source } from './outcome.ts';

/** Whether an entry says of itself what is known already: the id of its key and, where it has an owner, whose it is. */
export type ClaimsCheck = (item: unknown, id: string, owner: Source | null) => boolean;

/**
 * Compiles a check of what one selection of entries shows of their ids and organisations, under whatever names: a member may be
 * anybody's program, and may speak for itself alone. An organisation that is null, or has no name, claims nothing.
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
  const isOwners = (item: unknown, owner: Source) =>
    organisations.every(({ path: [source, organisation], odsCodes, names }) => {
      const claimed = at(at(item, source), organisation);
      if (claimed === null) return true;
      return (
        odsCodes.every((key) => at(claimed, key) === owner.odsCode) &&
        names.every((key) => [null, owner.name].includes(at(claimed, key) as string | null))
      );
    });
  return (item, id, owner) =>
    ids.every((key) => at(item, key) === id) && (owner === null || isOwners(item, owner));
}

function named(tree: FieldTree, name: string): FieldTree {
  return tree.filter((field) => field.name === name);
}

function at(value: unknown, key: string): unknown {
  return (value as Readonly<Record<string, unknown>>)[key];
}
