import type { EntryDocument } from './entry-document.ts';

/** What a file of the register says of itself, as far as it can be read. */
export interface Registered {
  readonly file: string;
  readonly provider: unknown;
  readonly odsCode: unknown;
}

/** Another file that registers the same provider, or the same organisation, or both. */
export interface Clash {
  /** Where the file says the same as the other: the provider's id where both are the same. */
  readonly path: readonly string[];
  readonly file: string;
  /** The same id and the same ODS code: a new version of the other file, perhaps. */
  readonly isSame: boolean;
}

const providerPath = ['provider'];
const odsCodePath = ['organisation', 'odsCode'];

/** What a file says of its provider, even if it is not a valid entry. */
export function identityOf(file: string, document: EntryDocument): Registered {
  return { file, provider: document.at(providerPath), odsCode: document.at(odsCodePath) };
}

/** One provider id and one ODS code stand in one file: the others that say the same. */
export function clashes(document: EntryDocument, others: readonly Registered[]): readonly Clash[] {
  const { provider, odsCode } = identityOf('', document);
  return others.flatMap((other) => {
    const isProvider = provider !== undefined && provider === other.provider;
    const isOdsCode = odsCode !== undefined && odsCode === other.odsCode;
    if (!isProvider && !isOdsCode) return [];
    const path = isProvider ? providerPath : odsCodePath;
    return [{ path, file: other.file, isSame: isProvider && isOdsCode }];
  });
}
