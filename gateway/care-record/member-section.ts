import { type GraphQLObjectType, getNamedType, isObjectType } from 'graphql';
import type { SourceState } from '../../subgraphs/care-record/source-state.ts';
import { misfit, objectReader } from './answer-check.ts';
import { claimsCheck, plainWord, type Voice } from './entry-claims.ts';
import type { FieldTree } from './field-tree.ts';
import type { Key, Source } from './outcome.ts';

/** Response keys under which the patient's number, keys and reports are asked for; the guard refuses a client's names that begin with `__`. */
export const patientKey = '__nhsNumber';
export const keysKey = '__keys';
export const reportsKey = '__reports';
/** What is asked of a member for each section besides its entries. */
export const alwaysAsked = `${keysKey}:keys{id order label} ${reportsKey}:reports{state warnings}`;

/** One section of a member's answer, held against the contract. */
export interface MemberSection {
  readonly [keysKey]: readonly Key[];
  readonly [reportsKey]: readonly { readonly state: SourceState; readonly warnings: readonly string[] }[];
  readonly [itemsKey: string]: readonly unknown[];
}

/** The member that answered, and how many entries it may send before they are not even looked at. */
export interface Answerer {
  readonly source: Source;
  /** Codes and names of the other organisations of the register. */
  readonly others: ReadonlySet<unknown>;
  readonly mostEntries: number;
}

/** Reads a member's answer for one section; null where it is not one. */
export type MemberReader = (value: unknown, answerer: Answerer) => MemberSection | null;

/** More organisations than this stand behind no other region's gateway. */
const mostReports = 1000;

/** Items as selected, one key for each of them, and nothing said for others. */
export function memberReader(memberType: GraphQLObjectType, items: FieldTree): MemberReader {
  const shape = objectReader(memberType.name, [
    ...items,
    reserved(memberType, keysKey, 'keys', ['id', 'order', 'label']),
    reserved(memberType, reportsKey, 'reports', ['state', 'warnings']),
  ]);
  const claims = items.map(({ key, below }) => ({ key, isTrue: claimsCheck(below ?? []) }));
  return (value, answerer) => {
    if (!isWithin(value, items, answerer.mostEntries)) return null;
    const read = shape(value);
    if (read === misfit) return null;
    const section = read as MemberSection;
    const keys = section[keysKey];
    if (new Set(keys.map(({ id }) => id)).size !== keys.length) return null;
    const voice = voiceOf(answerer, section[reportsKey].length);
    const isTrue = claims.every((claim) =>
      section[claim.key]?.every((item, index) => claim.isTrue(item, keys[index]?.id ?? '', voice)),
    );
    return isTrue ? section : null;
  };
}

/**
 * A provider speaks for itself. Several reports come from another region's gateway, which speaks for organisations that are not
 * known here, and for none that has a register entry of its own.
 */
function voiceOf({ source, others }: Answerer, reports: number): Voice {
  if (reports > 1) {
    const isStranger = (word: unknown) => !others.has(plainWord(word));
    return { speaksForCode: isStranger, speaksForName: isStranger };
  }
  return {
    speaksForCode: (code) => code === source.odsCode,
    speaksForName: (name) => name === source.name,
  };
}

/** Lengths come first: what is too long costs no time. */
function isWithin(value: unknown, items: FieldTree, mostEntries: number): boolean {
  const length = (key: string): unknown =>
    typeof value === 'object' && value !== null
      ? Reflect.get(Object(Reflect.get(value, key)), 'length')
      : null;
  const entries = length(keysKey);
  return (
    Number(entries) <= mostEntries &&
    Number(length(reportsKey)) <= mostReports &&
    items.every(({ key }) => length(key) === entries)
  );
}

function reserved(
  memberType: GraphQLObjectType,
  key: string,
  name: string,
  leaves: readonly string[],
): FieldTree[number] {
  const type = memberType.getFields()[name]?.type ?? null;
  const inner = type && getNamedType(type);
  const leaf = (each: string, parent: GraphQLObjectType) => ({
    key: each,
    name: each,
    type: parent.getFields()[each]?.type ?? null,
    below: null,
  });
  return { key, name, type, below: isObjectType(inner) ? leaves.map((each) => leaf(each, inner)) : null };
}
