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
    const known = new Set([
      ...(custodians ?? []),
      ...(patient.registeredPractice ? [patient.registeredPractice] : []),
    ]);
    const pointersDown = custodians === null;
    const isLocated = ({ entry }: Provider) =>
      entry.locate === 'always' ||
      known.has(entry.organisation.odsCode) ||
      (entry.locate === 'pointers' && pointersDown && config.LOCATOR_DOWN === 'ask');
    return {
      providers: register.providers.filter(isLocated),
      unlocated: register.providers.filter(
        (each) => pointersDown && each.entry.locate === 'pointers' && !isLocated(each),
      ),
      unconnected: [...known]
        .filter((odsCode) => !register.byOdsCode.has(odsCode))
        .map((odsCode) => unconnectedSource(odsCode, patient, membership)),
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
  return { odsCode, name: membership.nameOf(odsCode), careSetting, silent: false };
}

const nhsNumberSystem = 'https://fhir.nhs.uk/Id/nhs-number';
const odsCodeSystem = 'https://fhir.nhs.uk/Id/ods-organization-code';
const limitBytes = 2_000_000;

/** All pointers at once: of a page that has a next one, nobody could say which provider was left out. */
const pointerBundle = z
  .object({
    resourceType: z.literal('Bundle'),
    link: z.array(z.object({ relation: z.string() })).default([]),
    entry: z
      .array(
        z.object({
          resource: z.object({
            custodian: z
              .object({ identifier: z.object({ system: z.string().optional(), value: z.string() }) })
              .optional(),
          }),
        }),
      )
      .default([]),
  })
  .refine(({ link }) => link.every(({ relation }) => relation !== 'next'), 'more pages');

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
  const bundle = pointerBundle.parse(status === 200 ? json : null);
  return bundle.entry.flatMap(({ resource }) => {
    const custodian = resource.custodian?.identifier;
    return custodian && (custodian.system ?? odsCodeSystem) === odsCodeSystem ? [custodian.value] : [];
  });
}
