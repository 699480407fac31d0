import type { Section } from '../../../../../consent-policy/vocabulary.ts';
import { clinicalAreas } from './clinical-area.ts';
import { isConsentRecord } from './dissent.ts';
import type { Json, Resource } from './json.ts';
import { readRecord, type StructuredRecord } from './record.ts';

/** What became of resources of one kind. */
export interface AccountRow {
  /** Resource type, with what tells it apart from others of that type. */
  readonly kind: string;
  readonly use: 'entry' | 'part' | 'context' | 'not mapped';
  /** The section of an entry, or the first one whose entry it is part of. */
  readonly section: Section | null;
  readonly count: number;
}

/** Read for who, where and how the record is built, never shown as entries. */
const context = new Set([
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'Organization',
  'Location',
  'HealthcareService',
  'List',
  'OperationOutcome',
]);

/** Says of every resource in a Bundle, contained ones included, what became of it: the counts add up to all of them. */
export function account(bundle: Json): readonly AccountRow[] {
  const record = readRecord(bundle);
  const uses = sectionUses(record);
  const rows = new Map<string, AccountRow>();
  const count = (row: Omit<AccountRow, 'count'>) => {
    const key = `${row.use} ${row.section} ${row.kind}`;
    rows.set(key, { ...row, count: (rows.get(key)?.count ?? 0) + 1 });
  };
  for (const resource of record.resources) {
    const used = uses.get(resource);
    count(used ? { kind: resource.resourceType, ...used } : { ...unused(resource), section: null });
  }
  const lost = (kind: string) => count({ kind, use: 'not mapped', section: null });
  for (const { resourceType, subject, patient } of record.foreign) {
    lost(`${resourceType} of ${(subject ?? patient) === undefined ? 'nobody named' : 'another patient'}`);
  }
  for (const { resourceType } of record.repeated) lost(`${resourceType} sent twice`);
  for (let index = 0; index < record.unreadable; index += 1) lost('entry without a resource');
  return [...rows.values()];
}

type Use = Pick<AccountRow, 'use' | 'section'>;

function sectionUses(record: StructuredRecord): ReadonlyMap<Resource, Use> {
  const found = [...clinicalAreas].flatMap(([section, area]) =>
    [...area.find(record)].map((one) => ({ section, ...one })),
  );
  const uses = new Map<Resource, Use>();
  for (const { section, root } of found) uses.set(root, { use: 'entry', section });
  for (const { section, parts } of found) {
    for (const part of parts) if (!uses.has(part)) uses.set(part, { use: 'part', section });
  }
  return uses;
}

function unused(resource: Resource): Pick<AccountRow, 'kind' | 'use'> {
  const { resourceType } = resource;
  if (context.has(resourceType)) return { kind: resourceType, use: 'context' };
  if (resourceType !== 'Observation') return { kind: resourceType, use: 'not mapped' };
  if (isConsentRecord(resource)) return { kind: 'Observation of consent or dissent', use: 'context' };
  return { kind: 'Observation, uncategorised', use: 'not mapped' };
}
