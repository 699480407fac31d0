import type { SharingAgreement } from '../../consent-policy/agreement.ts';
import type { RegisterEntry } from '../../subgraphs/care-record/register-entry.ts';
import { agreementOf, readRegisterFiles } from '../../subgraphs/care-record/register-files.ts';
import type { Config } from '../config.ts';
import { plainWord } from './entry-claims.ts';

/** A provider as the gateway asks it. */
export interface Provider {
  readonly entry: RegisterEntry;
  /** Where its subgraph answers: its own, or the one that we host for it. */
  readonly subgraphUrl: string;
  readonly agreement: SharingAgreement;
  /** Plain codes and names of the other organisations of the register, for which it does not speak. */
  readonly others: ReadonlySet<string>;
}

/** The providers that are registered. */
export interface Register {
  readonly providers: readonly Provider[];
  readonly byOdsCode: ReadonlyMap<string, Provider>;
}

/** Reads the register of the data folder, or throws a `RegisterFault`. */
export function readRegister(config: Pick<Config, 'DATA_DIR' | 'PROVIDER_SUBGRAPHS_URL'>): Register {
  const entries = readRegisterFiles(config.DATA_DIR);
  const providers = entries.map((entry) => ({
    entry,
    subgraphUrl: entry.subgraphUrl ?? `${config.PROVIDER_SUBGRAPHS_URL}/${entry.provider}/graphql`,
    agreement: agreementOf(entry),
    others: new Set(
      entries
        .filter((each) => each !== entry)
        .flatMap(({ organisation: { odsCode, name } }) => [odsCode, name])
        .filter((word) => word !== entry.organisation.name)
        .map(plainWord),
    ),
  }));
  return { providers, byOdsCode: new Map(providers.map((each) => [each.entry.organisation.odsCode, each])) };
}
