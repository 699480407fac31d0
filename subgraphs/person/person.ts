import * as z from 'zod';
import type { TracedPatient } from '../../consent-policy/access-context.ts';
import type { PersonState } from '../../consent-policy/vocabulary.ts';

/** Who the patient is: the type `Person` of the public schema. */
export interface Person {
  readonly name: {
    readonly prefix: string | null;
    readonly given: readonly string[];
    readonly family: string | null;
  } | null;
  readonly birthDate: string | null;
  readonly gender: string | null;
  readonly deceased: boolean;
  readonly address: { readonly lines: readonly string[]; readonly postcode: string | null } | null;
  readonly telecom: readonly {
    readonly system: string | null;
    readonly use: string | null;
    readonly value: string;
  }[];
  readonly registeredPractice: { readonly odsCode: string; readonly name: string | null } | null;
  readonly restricted: boolean;
}

/** A trace: the person for the answer, and what every decision about the request rests on. */
export interface Trace {
  readonly patient: TracedPatient;
  readonly person: Person;
}

const period = z.object({ start: z.string().optional(), end: z.string().optional() }).optional();
const coding = z.object({ system: z.string().optional(), code: z.string().optional() });

/** The parts of PDS FHIR R4 `Patient` that are read; the rest passes by. */
const pdsPatient = z.object({
  resourceType: z.literal('Patient'),
  id: z.string().regex(/^\d{10}$/),
  meta: z.object({ security: z.array(coding).min(1) }),
  name: z
    .array(
      z.object({
        use: z.string().optional(),
        period,
        prefix: z.array(z.string()).default([]),
        given: z.array(z.string()).default([]),
        family: z.string().optional(),
      }),
    )
    .default([]),
  gender: z.string().optional(),
  birthDate: z.string().optional(),
  deceasedDateTime: z.string().optional(),
  deceasedBoolean: z.boolean().optional(),
  address: z
    .array(
      z.object({
        use: z.string().optional(),
        line: z.array(z.string()).default([]),
        postalCode: z.string().optional(),
      }),
    )
    .default([]),
  telecom: z
    .array(
      z.object({ system: z.string().optional(), use: z.string().optional(), value: z.string().optional() }),
    )
    .default([]),
  generalPractitioner: z
    .array(z.object({ identifier: z.object({ system: z.string().optional(), value: z.string(), period }) }))
    .default([]),
  extension: z
    .array(
      z.object({
        url: z.string(),
        extension: z
          .array(
            z.object({
              url: z.string(),
              valueCodeableConcept: z.object({ coding: z.array(coding) }).optional(),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});
type PdsPatient = z.infer<typeof pdsPatient>;

/**
 * Reads what PDS answered for the number that was asked, or null if it is no PDS patient. PDS answers a superseded number
 * with the record of the current one: then the asked number is a former number of this person.
 */
export function readTrace(
  json: unknown,
  askedNhsNumber: string,
  today: string,
  practiceName: (odsCode: string) => string | null,
): Trace | null {
  const read = pdsPatient.safeParse(json);
  if (!read.success) return null;
  const found = read.data;
  const state = personState(found);
  const name = found.name.find((each) => each.use === 'usual') ?? found.name[0];
  const practice = found.generalPractitioner.find(({ identifier }) => isCurrent(identifier.period, today))
    ?.identifier.value;
  return {
    patient: {
      nhsNumber: found.id,
      formerNhsNumbers: found.id === askedNhsNumber ? [] : [askedNhsNumber],
      birthDate: found.birthDate ?? null,
      familyName: name?.family ?? null,
      state,
      registeredPractice: practice ?? null,
    },
    person: {
      name: name ? { prefix: name.prefix[0] ?? null, given: name.given, family: name.family ?? null } : null,
      birthDate: found.birthDate ?? null,
      gender: found.gender ?? null,
      deceased: state.startsWith('deceased') || isDead(found),
      address: addressOf(found),
      telecom: found.telecom.flatMap(({ system, use, value }) =>
        value === undefined ? [] : [{ system: system ?? null, use: use ?? null, value }],
      ),
      registeredPractice: practice === undefined ? null : { odsCode: practice, name: practiceName(practice) },
      restricted: state === 'restricted',
    },
  };
}

/** PDS's U is an ordinary person; every other label (R, V, one we do not know) is treated as restricted. */
function personState(found: PdsPatient): PersonState {
  if (found.meta.security.some(({ code }) => code !== 'U')) return 'restricted';
  const status = deathStatus(found);
  if (status === '2') return 'deceased-formal';
  if (status === '1') return 'deceased-informal';
  return isDead(found) && status !== 'U' ? 'deceased-formal' : 'ordinary';
}

function isDead(found: PdsPatient): boolean {
  return found.deceasedDateTime !== undefined || found.deceasedBoolean === true;
}

/** UK Core extension DeathNotificationStatus: 1 informal, 2 formal, U removed. */
function deathStatus(found: PdsPatient): string | undefined {
  const notice = found.extension.find(({ url }) => url.endsWith('DeathNotificationStatus'));
  return notice?.extension.find(({ url }) => url === 'deathNotificationStatus')?.valueCodeableConcept
    ?.coding[0]?.code;
}

function addressOf(found: PdsPatient): Person['address'] {
  const home = found.address.find((each) => each.use === 'home') ?? found.address[0];
  return home ? { lines: home.line.filter((line) => line !== ''), postcode: home.postalCode ?? null } : null;
}

function isCurrent(
  span: { start?: string | undefined; end?: string | undefined } | undefined,
  today: string,
): boolean {
  return (span?.start ?? '') <= today && (span?.end ?? '9999') >= today;
}
