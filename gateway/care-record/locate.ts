import * as z from 'zod';
import type { TracedPatient } from '../../consent-policy/access-context.ts';
import { requestJson } from '../bounded-json.ts';
import type { Config, Secrets } from '../config.ts';
import type { Membership } from '../membership.ts';
import type { Source } from './outcome.ts';
import type { Provider, Register } from './register.ts';

/** Where a record may lie. */
export interface Located {
  readonly providers: readonly Provider[];
  /** Organisations that are known to hold something and that no register entry connects. */
  readonly unconnected: readonly Source[];
  /** Providers whose locator could not be asked and that a setting says not to ask. */
  readonly unlocated: readonly Provider[];
  /**
   * False where a locator could not be asked: then some organisation may hold something that nobody here knows of, and no part
   * of the record is complete, whoever answers.
   */
  readonly allLocated: boolean;
  /** Of `providers`, those that are asked only because their locator could not be. */
  readonly unsure: readonly Provider[];
}

/** Finds the providers that may hold something of a person; never rejects. */
export type Locate = (patient: TracedPatient, odsCodeOfRequester: string | null) => Promise<Located>;

/** The organisations that a pointer service says hold something, or null if it could not say. */
type Pointers = (
  patient: TracedPatient,
  odsCodeOfRequester: string | null,
) => Promise<ReadonlySet<string> | null>;

/** Makes the locator: GP practices by PDS's registration, others by NRL-style pointers, some always. */
export function locator(
  register: Register,
  config: Config,
  secrets: Secrets,
  membership: Membership,
): Locate {
  const pointers = pointerClient(config, secrets);
  const usesPointers = register.providers.some(({ entry }) => entry.locate === 'pointers');
  return async (patient, requester) => {
    const custodians = usesPointers ? await pointers(patient, requester) : new Set<string>();
    const practice = patient.registeredPractice;
    const isPracticeCode = practice === null || isOdsCode(practice);
    const known = new Set([
      ...(custodians ?? []),
      ...(practice !== null && isPracticeCode ? [practice] : []),
    ]);
    const isKnown = ({ entry }: Provider) =>
      entry.locate === 'always' || known.has(entry.organisation.odsCode);
    const unsure = register.providers.filter(
      (each) => custodians === null && each.entry.locate === 'pointers' && !isKnown(each),
    );
    const isAsked = (each: Provider) =>
      isKnown(each) || (config.LOCATOR_DOWN === 'ask' && unsure.includes(each));
    return {
      providers: register.providers.filter(isAsked),
      unsure: unsure.filter(isAsked),
      unlocated: unsure.filter((each) => !isAsked(each)),
      unconnected: [...known]
        .filter((odsCode) => !register.byOdsCode.has(odsCode))
        .map((odsCode) => unconnectedSource(odsCode, patient, membership)),
      allLocated: custodians !== null && isPracticeCode,
    };
  };
}

/** What a provider's register entry says of it as a source. */
export function sourceOf({ entry }: Provider): Source {
  return {
    odsCode: entry.organisation.odsCode,
    name: entry.organisation.name,
    careSetting: entry.careSetting,
    silent: entry.sharing.withheldNotice === 'SILENT',
  };
}

function unconnectedSource(odsCode: string, patient: TracedPatient, membership: Membership): Source {
  const careSetting = odsCode === patient.registeredPractice ? 'PRIMARY_CARE' : null;
  return { odsCode, name: membership.nameOf(odsCode), careSetting, silent: false, unconnected: true };
}

const nhsNumberSystem = 'https://fhir.nhs.uk/Id/nhs-number';
const limitBytes = 2_000_000;

/** The Organisation Data Service's system as older and looser programs write it too. */
const odsCodeSystem = /^https?:\/\/fhir\.nhs\.(?:uk|net)\/id\/ods-organization-code$/i;

/** As a register entry has it. Ten digits are an NHS number in the wrong place, which must not get among the sources. */
function isOdsCode(value: string): boolean {
  return /^[A-Z0-9]{3,12}$/.test(value) && !/^\d{10}$/.test(value);
}

const pointer = z.object({
  resourceType: z.literal('DocumentReference'),
  id: z.string().optional(),
  custodian: z.object({
    identifier: z.object({
      system: z.string().regex(odsCodeSystem).optional(),
      value: z.string().toUpperCase().refine(isOdsCode),
    }),
  }),
});

/** FHIR R4, section 3.1.1.4.4: what a server has to say about a search stands among what it found. */
const remark = z.object({
  resourceType: z.literal('OperationOutcome'),
  issue: z.array(z.object({ severity: z.literal('information'), code: z.literal('informational') })),
});

/**
 * All pointers at once, every one readable: of a page that has a next one, of fewer than there are, or of a pointer to nobody,
 * no one could say which provider was left out.
 */
const pointerBundle = z
  .object({
    resourceType: z.literal('Bundle'),
    total: z.number().optional(),
    link: z.array(z.object({ relation: z.string() })).default([]),
    entry: z
      .array(z.object({ resource: z.discriminatedUnion('resourceType', [pointer, remark]) }))
      .default([]),
  })
  .refine(({ link }) => link.every(({ relation }) => relation.trim().toLowerCase() !== 'next'), 'more pages')
  .refine(({ total = 0, entry }) => distinctPointers(entry) >= total, 'more pointers')
  .transform(({ entry }) => ({ custodians: entry.flatMap(custodianOf) }));

type PointerEntry = { readonly resource: z.infer<typeof pointer> | z.infer<typeof remark> };

/** One that is sent twice makes up for none that is missing. */
function distinctPointers(entries: readonly PointerEntry[]): number {
  const pointers = entries.filter(({ resource }) => resource.resourceType === 'DocumentReference');
  return new Set(pointers.map(({ resource }, index) => ('id' in resource && resource.id) || index)).size;
}

function custodianOf({ resource }: PointerEntry): readonly string[] {
  return resource.resourceType === 'DocumentReference' ? [resource.custodian.identifier.value] : [];
}

/** NRL consumer API (R4): DocumentReferences whose custodian holds the record. Asked under former numbers too. */
function pointerClient(config: Config, secrets: Secrets): Pointers {
  return async (patient, requester) => {
    try {
      const numbers = [patient.nhsNumber, ...patient.formerNhsNumbers];
      const bundles = await Promise.all(
        numbers.map((number) => askPointers(config, secrets, number, requester)),
      );
      return new Set(bundles.flat());
    } catch {
      return null;
    }
  };
}

async function askPointers(
  config: Config,
  secrets: Secrets,
  nhsNumber: string,
  requester: string | null,
): Promise<readonly string[]> {
  const query = new URLSearchParams({ 'subject:identifier': `${nhsNumberSystem}|${nhsNumber}` });
  const { status, json } = await requestJson(`${config.POINTERS_URL}/DocumentReference?${query}`, {
    headers: {
      accept: 'application/fhir+json',
      authorization: `Bearer ${secrets.POINTERS_CREDENTIALS}`,
      'nhsd-end-user-organisation-ods': requester ?? 'PATIENT',
    },
    timeoutMs: config.POINTERS_TIMEOUT_MS,
    limitBytes,
  });
  return pointerBundle.parse(status === 200 ? json : null).custodians;
}
