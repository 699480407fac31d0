import { parseDocument } from 'yaml';
import * as z from 'zod';
import { purposes, type Section, sections } from '../../consent-policy/vocabulary.ts';

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
  sections
    .filter((section) => section !== 'person')
    .map((section) => [section.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase(), section]),
);

const text = z.string().trim().min(1).max(200);
const email = z.email();
const address = z
  .url()
  .refine(isAllowedAddress, 'an https:// address (http:// only on loopback), without a query');

const system = z.strictObject({
  connector: z.enum(connectorNames),
  baseUrl: address,
  /** Name of a secret, never the secret. */
  credentials: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{2,63}$/, 'the name of a secret: capitals, digits, underscores')
    .optional(),
});

const sharing = z.strictObject({
  agreement: text,
  purposes: z.array(z.enum(purposes).exclude(['unstated'])).min(1),
  signatories: z.array(text).min(1),
  partners: z.array(text).min(1),
  leads: z.strictObject({ subjectAccess: text, breach: text, indemnity: text }),
  validUntil: z.iso.date(),
  withheldNotice: z.enum(['STATED', 'SILENT']),
  silentApprovedBy: text.optional(),
});

/** One provider, as an ICS team writes it in YAML. Unknown keys are refused. */
export const registerEntry = z
  .strictObject({
    provider: z
      .string()
      .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'kebab-case, e.g. `northgate-hospital`')
      .max(63),
    organisation: z.strictObject({
      odsCode: z.string().regex(/^[A-Z0-9]{3,12}$/, 'an ODS code: 3 to 12 capitals and digits'),
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
    sections: z
      .array(z.enum([...registerSections.keys()]))
      .min(1)
      .transform((names) => names.map((name) => registerSections.get(name) as Section)),
    sharing,
    retention: z.strictObject({ period: text, basis: text, storedAt: text }),
    limits: z.strictObject({
      timeoutMs: z.int().min(100).max(30_000),
      concurrency: z.int().min(1).max(1000),
      itemsPerSection: z.int().min(1).max(10_000),
      bytes: z.int().min(1000).max(100_000_000),
    }),
  })
  .superRefine((entry, context) => {
    if ((entry.system === undefined) === (entry.subgraphUrl === undefined)) {
      context.addIssue({
        code: 'custom',
        path: ['system'],
        message: 'either `system` or `subgraphUrl`, one of the two',
      });
    }
    if (entry.sharing.withheldNotice === 'SILENT' && entry.sharing.silentApprovedBy === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['sharing', 'silentApprovedBy'],
        message: 'the Caldicott guardian who approved `withheldNotice: SILENT`',
      });
    }
  });
export type RegisterEntry = z.infer<typeof registerEntry>;

/** One thing that is wrong in a register entry. */
export interface EntryProblem {
  /** Dotted path, e.g. `sharing.validUntil`; empty for the file as a whole. */
  readonly key: string;
  readonly found: string;
  readonly expected: string;
}

/** Reads one YAML file: the entry, or every problem in it at once. */
export function readRegisterEntry(
  yaml: string,
): { readonly entry: RegisterEntry } | { readonly problems: readonly EntryProblem[] } {
  const document = parseDocument(yaml, { uniqueKeys: true, merge: false });
  if (document.errors.length > 0) {
    return {
      problems: document.errors.map((error) => ({
        key: '',
        found: error.message.split('\n')[0] ?? error.code,
        expected: 'a YAML document',
      })),
    };
  }
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  const result = registerEntry.safeParse(value);
  if (result.success) return { entry: result.data };
  return { problems: result.error.issues.flatMap((issue) => entryProblems(issue, value)) };
}

function entryProblems(issue: z.core.$ZodIssue, value: unknown): EntryProblem[] {
  const key = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((unknown) => ({
      key: key === '' ? unknown : `${key}.${unknown}`,
      found: 'a key that is not known',
      expected: 'only the keys of a register entry; see README, “Register a provider”',
    }));
  }
  return [{ key, found: shown(valueAt(value, issue.path)), expected: expectation(issue) }];
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return `one of ${issue.values.map((word) => `\`${String(word)}\``).join(', ')}`;
    case 'invalid_type':
      return issue.expected === 'object' ? 'a group of keys' : `a value of type ${issue.expected}`;
    case 'too_small':
      return `at least ${String(issue.minimum)}${issue.origin === 'array' ? ' of them' : issue.origin === 'string' ? ' characters' : ''}`;
    case 'too_big':
      return `at most ${String(issue.maximum)}${issue.origin === 'string' ? ' characters' : ''}`;
    case 'invalid_format':
      return issue.format === 'regex' ? issue.message : `a valid ${issue.format}`;
    default:
      return issue.message;
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'an empty value';
  return typeof value === 'object' ? 'a group or list' : `\`${String(value)}\``;
}

function isAllowedAddress(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  const loopback = /^(127(\.\d+){3}|\[::1\]|localhost)$/.test(url.hostname);
  const safe = url.protocol === 'https:' || (url.protocol === 'http:' && loopback);
  return safe && url.search === '' && url.username === '' && url.hash === '';
}
