import { isDeepStrictEqual } from 'node:util';
import type { TracedPatient } from '../../../../../consent-policy/access-context.ts';
import { type Connector, emptyAnswer, type SectionAnswer, type SystemCall } from '../../connector.ts';
import { crossCheck } from '../../cross-check.ts';
import { SystemFault, type SystemHttp } from '../../system-http.ts';
import type { Warning } from '../../warnings.ts';
import { readAllocations, readCases, readResidents } from './read.ts';
import {
  claimedPerson,
  idOf,
  isAllAbout,
  isRestricted,
  type JsonRecord,
  type List,
  type ResidentList,
  translate,
} from './translate.ts';

/** A local authority's case system: REST and JSON, in the words of the published LBHackney-IT/social-care-case-viewer-api. */
export const socialCare: Connector = {
  sections: ['socialCare'],
  read(call, wanted) {
    return new Map(
      wanted.map((section) => [
        section,
        section === 'socialCare' ? readSocialCare(call) : Promise.resolve(emptyAnswer('NOT_HELD')),
      ]),
    );
  },
};

async function readSocialCare({ http, access: { patient } }: SystemCall): Promise<SectionAnswer> {
  const residents = await findResidents(http, patient);
  if (residents === null) return emptyAnswer('WITHHELD');
  const [id, other] = residents.keys();
  const resident = residents.get(id ?? '');
  // Between several records of one person nobody may choose here.
  if (id === undefined || resident === undefined || other !== undefined) {
    return emptyAnswer('NO_RECORD_GIVEN');
  }
  const check = crossCheck(patient, claimedPerson(resident));
  if (!check.samePerson) return emptyAnswer('INVALID_ANSWER');
  if (isRestricted(resident)) return emptyAnswer('WITHHELD', ...check.warnings);
  return readResident(http, id, check.warnings);
}

async function readResident(
  http: SystemHttp,
  residentId: string,
  noted: readonly Warning[],
): Promise<SectionAnswer> {
  const [allocations, cases] = await Promise.all([
    listOf(readAllocations(http, residentId)),
    listOf(readCases(http, residentId)),
  ]);
  if (allocations instanceof SystemFault && cases instanceof SystemFault) throw allocations;
  if (!isAllAbout(residentId, allocations) || !isAllAbout(residentId, cases)) {
    return emptyAnswer('INVALID_ANSWER');
  }
  return translate(allocations, cases, noted);
}

/** A list that could not be read beside one that could costs itself only; one that is no list costs the section. */
async function listOf(reading: Promise<List | null>): Promise<ResidentList> {
  try {
    return (await reading) ?? 'refused';
  } catch (fault) {
    if (fault instanceof SystemFault && fault.state !== 'INVALID_ANSWER') return fault;
    throw fault;
  }
}

/** By the current NHS number, or else by those that it superseded; null where the system refuses. */
async function findResidents(
  http: SystemHttp,
  { nhsNumber, formerNhsNumbers }: TracedPatient,
): Promise<ReadonlyMap<string, JsonRecord> | null> {
  const current = byId([await readResidents(http, nhsNumber)]);
  if (current === null || current.size > 0 || formerNhsNumbers.length === 0) return current;
  return byId(await Promise.all(formerNhsNumbers.map((number) => readResidents(http, number))));
}

function byId(lists: readonly (List | null)[]): ReadonlyMap<string, JsonRecord> | null {
  const residents = new Map<string, JsonRecord>();
  for (const list of lists) {
    if (list === null) return null;
    // Who else is meant by the number stands on a page that was not read.
    if (list.cut) throw new SystemFault('INVALID_ANSWER');
    for (const item of list.items) {
      const known = residents.get(residentId(item));
      if (known !== undefined && !isDeepStrictEqual(known, item)) throw new SystemFault('INVALID_ANSWER');
      residents.set(residentId(item), item);
    }
  }
  return residents;
}

function residentId({ mosaicId }: JsonRecord): string {
  const id = idOf(mosaicId);
  if (id === null) throw new SystemFault('INVALID_ANSWER');
  return id;
}
