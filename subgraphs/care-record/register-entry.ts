import * as z from 'zod';
import { purposes, type Section, sections } from '../../consent-policy/vocabulary.ts';
import { readEntryDocument } from './entry-document.ts';
import { type EntryProblem, expectedWords, inFileOrder, schemaProblems } from './entry-problem.ts';

export type { EntryProblem } from './entry-problem.ts';

/** Care settings, in the words of the public schema's enum. */
export const careSettings = [
  'PRIMARY_CARE',
  'ACUTE',
  'COMMUNITY',
  'MENTAL_HEALTH',
  'SOCIAL_CARE',
  'AMBULANCE',
  'CANCER',
  'HOSPICE',
  'PHARMACY',
  'DENTAL',
  'OPTOMETRY',
] as const;
export type CareSetting = (typeof careSettings)[number];

/** Connectors that we host. Adding one is a folder and a word here. */
export const connectorNames = ['fhir-r4', 'gp-connect', 'social-care'] as const;
export type ConnectorName = (typeof connectorNames)[number];

const registerSections = new Map<string, Section>(
  sections.filter((section) => section !== 'person').map((section) => [sectionWord(section), section]),
);

/** A section as a register entry writes it, e.g. `SOCIAL_CARE`. */
export function sectionWord(section: Section): string {
  return section.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

const textWords = 'text of 1 to 200 characters';
const text = z.string(textWords).trim().min(1, textWords).max(200, textWords);
const email = z.email('an e-mail address');
const addressWords =
  'an https:// address (http:// only on loopback), without user, password, query or fragment';
const address = z.string(addressWords).max(2000, addressWords).refine(isAllowedAddress, addressWords);
const idWords = 'an id in kebab-case of at most 63 characters, e.g. `northgate-hospital`';
const odsWords = 'an ODS code: 3 to 12 capitals and digits';
const secretWords = 'the name of a secret, never the secret: 3 to 64 capitals, digits and underscores';

const system = z.strictObject({
  connector: z.enum(connectorNames),
  baseUrl: address,
  /** Name of a secret, never the secret. */
  credentials: z
    .string(secretWords)
    .regex(/^[A-Z][A-Z0-9_]{2,63}$/, secretWords)
    .optional(),
});

const sharing = z.strictObject({
  agreement: text,
  purposes: list(z.enum(purposes).exclude(['unstated'])),
  signatories: list(text),
  partners: list(text),
  leads: z.strictObject({ subjectAccess: text, breach: text, indemnity: text }),
  validUntil: z.iso.date('a date, e.g. `2028-03-31`'),
  withheldNotice: z.enum(['STATED', 'SILENT']),
  silentApprovedBy: text.optional(),
});

/** One provider, as an ICS team writes it in YAML. Unknown keys are refused. */
export const registerEntry = z
  .strictObject({
    provider: z
      .string(idWords)
      .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, idWords)
      .max(63, idWords),
    organisation: z.strictObject({
      odsCode: z.string(odsWords).regex(/^[A-Z0-9]{3,12}$/, odsWords),
      name: text,
      controller: text,
      contacts: z.strictObject({
        dataProtectionOfficer: email,
        caldicottGuardian: email,
        clinicalSafetyOfficer: email,
      }),
    }),
    careSetting: z.enum(careSettings),
    system: system.optional(),
    /** A subgraph of the provider's own that implements the member contract, instead of `system`. */
    subgraphUrl: address.optional(),
    locate: z.enum(['registered-practice', 'pointers', 'always']),
    sections: list(z.enum([...registerSections.keys()])).transform((names) =>
      names.map((name) => registerSections.get(name) as Section),
    ),
    sharing,
    retention: z.strictObject({ period: text, basis: text, storedAt: text }),
    limits: z.strictObject({
      timeoutMs: wholeNumber(100, 30_000),
      concurrency: wholeNumber(1, 1000),
      itemsPerSection: wholeNumber(1, 10_000),
      bytes: wholeNumber(1000, 100_000_000),
    }),
  })
  .refine((entry) => entry.system !== undefined || entry.subgraphUrl !== undefined, {
    path: ['system'],
    error: 'either `system` or `subgraphUrl`',
    when: ({ value }) => isGroup(value),
  })
  .refine((entry) => entry.system === undefined || entry.subgraphUrl === undefined, {
    path: ['subgraphUrl'],
    error: 'either `system` or `subgraphUrl`, not both',
    when: ({ value }) => isGroup(value),
  })
  .refine(
    (entry) => entry.sharing.withheldNotice !== 'SILENT' || entry.sharing.silentApprovedBy !== undefined,
    {
      path: ['sharing', 'silentApprovedBy'],
      error: 'the Caldicott guardian who approved `withheldNotice: SILENT`',
      when: ({ value }) => isGroup(value) && isGroup(value.sharing),
    },
  )
  // Whoever sees it among everybody's sources would know from its absence that it withholds something.
  .refine((entry) => entry.sharing.withheldNotice !== 'SILENT' || entry.locate !== 'always', {
    path: ['locate'],
    error: 'another way than `always` for a provider that is SILENT',
    when: ({ value }) => isGroup(value) && isGroup(value.sharing),
  });
export type RegisterEntry = z.infer<typeof registerEntry>;

/** Reads one YAML file: the entry, or every problem in it at once, in the order of the file. */
export function readRegisterEntry(
  yaml: string,
): { readonly entry: RegisterEntry } | { readonly problems: readonly EntryProblem[] } {
  const document = readEntryDocument(yaml);
  if (!document.isReadable) return { problems: inFileOrder(document.problems) };
  const result = registerEntry.safeParse(document.value, { error: expectedWords });
  if (result.success && document.problems.length === 0) return { entry: result.data };
  const issues = result.error?.issues ?? [];
  return {
    problems: inFileOrder([...document.problems, ...schemaProblems(issues, document, registerEntry)]),
  };
}

/** A list of at least one, each thing once. */
function list<T extends z.ZodType>(item: T) {
  return z
    .array(item)
    .min(1, 'at least one')
    .superRefine(
      (items, context) => {
        for (const [index, each] of items.entries()) {
          if (items.indexOf(each) === index) continue;
          context.addIssue({ code: 'custom', path: [index], message: 'each one once' });
        }
      },
      { when: ({ value }) => Array.isArray(value) },
    );
}

/** Not `z.int()`: its complaint would stop the checks between keys. */
function wholeNumber(least: number, most: number) {
  const words = `a whole number from ${least} to ${most}`;
  return z.number(words).refine((value) => Number.isInteger(value) && value >= least && value <= most, words);
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAllowedAddress(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  const loopback = /^(127(\.\d+){3}|\[::1\]|localhost)$/.test(url.hostname);
  const safe = url.protocol === 'https:' || (url.protocol === 'http:' && loopback);
  return safe && [url.search, url.username, url.password, url.hash].every((part) => part === '');
}
