import type { ClinicalArea, Found } from './clinical-area.ts';
import { listCode } from './encounters.ts';
import { list, object, type Resource } from './json.ts';
import { observationValue, resultMembers } from './observation-values.ts';
import { provenance } from './provenance.ts';
import type { StructuredRecord } from './record.ts';
import type { ValueReader } from './value-reader.ts';

const primaryList = '887191000000108';
const furtherLists = /^(consultations|problems)-investigations-/;
/** SNOMED CT "Comment note": a filing comment, derived from the result that it is about. */
const commentNote = '37331000000100';
/** Observation.category of investigations: HL7's words, and pathology and radiology as SNOMED CT specialties. */
const investigation = new Set(['laboratory', 'imaging', '394595002', '394914008']);

/**
 * A result is a DiagnosticReport with every Observation that it leads to, or an investigation's Observation that no
 * report leads to. Other Observations are uncategorised data, a section of their own.
 */
export const results: ClinicalArea = {
  parameter: { name: 'includeInvestigations' },
  primaryList,
  furtherLists,
  holds: (one) => one.resourceType === 'DiagnosticReport' || (isObservation(one) && isInvestigation(one)),

  *find(record) {
    const observations = record.byType.get('Observation') ?? [];
    const reached = reachFrom(record, observations);
    const taken = new Set<Resource>();
    for (const root of record.byType.get('DiagnosticReport') ?? []) {
      const report = withContext(root, reached(targets(record, root.result)), record);
      for (const part of report.parts) taken.add(part);
      yield report;
    }
    const children = new Set(observations.flatMap((one) => members(record, one)));
    const listed = listedInvestigations(record);
    const isResult = (one: Resource) => listed.has(one) || isInvestigation(one);
    const topFirst = [...observations].sort(
      (one, other) => Number(children.has(one)) - Number(children.has(other)),
    );
    for (const root of topFirst) {
      if (taken.has(root) || !(isResult(root) || members(record, root).some(isResult))) continue;
      const [, ...parts] = reached([root]);
      for (const one of [root, ...parts]) taken.add(one);
      yield withContext(root, parts, record);
    }
  },

  translate({ root, parts }, record, read) {
    for (const one of [root, ...parts]) countMissing(one, record, read);
    const isReport = root.resourceType === 'DiagnosticReport';
    const effective = read.start(root, 'effective') ?? collected(parts, read);
    const recordedAt = read.date(root.issued);
    const performer = list(root.performer)[0];
    const own = isReport
      ? { value: read.text(root.conclusion), unit: null, range: null, interpretation: null, note: null }
      : observationValue(root, read);
    return {
      order: effective ?? recordedAt,
      item: {
        source: provenance(read.person(object(performer).actor ?? performer), recordedAt),
        code: read.concept(root.code),
        ...own,
        note: read.notes([{ text: own.note }], ...parts.filter(isContext).map((one) => one.note)),
        status: read.text(root.status),
        effective,
        members: resultMembers(isReport ? null : root, parts, read),
      },
    };
  },
};

/** Observations that the given ones lead to, themselves first: members of groups at any depth, and filing comments. */
function reachFrom(record: StructuredRecord, observations: readonly Resource[]) {
  const comments = Map.groupBy(
    observations.filter((one) => codes(one.code).includes(commentNote)),
    (comment) => targets(record, related(comment, 'derived-from'))[0] ?? null,
  );
  return (roots: readonly Resource[]): readonly Resource[] => {
    const found = new Set(roots);
    for (const one of found) {
      for (const next of [...members(record, one), ...(comments.get(one) ?? [])]) found.add(next);
    }
    return [...found];
  };
}

/** What was asked for and what it was made on: their notes are about the result. */
function isContext({ resourceType }: Resource): boolean {
  return resourceType === 'Specimen' || resourceType === 'ProcedureRequest';
}

function withContext(root: Resource, observations: readonly Resource[], record: StructuredRecord): Found {
  const context = [root, ...observations].flatMap((one) =>
    targets(record, [...list(one.specimen), ...list(one.basedOn)]),
  );
  return { root, parts: [...new Set([...observations, ...context])] };
}

/** `has-member` is what a group of tests uses; a supplier that gives no type means the same. */
function members(record: StructuredRecord, group: Resource): readonly Resource[] {
  if (group.related === undefined) return [];
  return targets(record, [...related(group, 'has-member'), ...related(group, undefined)]).filter(
    isObservation,
  );
}

function related(observation: Resource, type: string | undefined): readonly unknown[] {
  return list(observation.related)
    .map(object)
    .filter((one) => one.type === type)
    .map(({ target }) => target);
}

function targets(record: StructuredRecord, references: unknown): readonly Resource[] {
  return list(references)
    .map((reference) => record.resolve(reference))
    .filter((found) => found !== null);
}

/** A member that a report or group names and that was not sent is missing from the entry. */
function countMissing(one: Resource, record: StructuredRecord, read: ValueReader): void {
  const named = [...list(one.result), ...related(one, 'has-member'), ...related(one, undefined)];
  for (const reference of named) if (record.resolve(reference) === null) read.malformed();
}

function listedInvestigations(record: StructuredRecord): ReadonlySet<Resource> {
  const lists = (record.byType.get('List') ?? []).filter((one) => {
    const code = listCode(one) ?? '';
    return code === primaryList || furtherLists.test(code);
  });
  const items = lists.flatMap((one) => list(one.entry).map((entry) => object(entry).item));
  return new Set(targets(record, items).filter(isObservation));
}

function isObservation({ resourceType }: Resource): boolean {
  return resourceType === 'Observation';
}

function isInvestigation(observation: Resource): boolean {
  if (observation.specimen !== undefined) return true;
  return list(observation.category).some((category) =>
    codes(category).some((code) => investigation.has(code)),
  );
}

function codes(concept: unknown): readonly string[] {
  return list(object(concept).coding)
    .map((coding) => object(coding).code)
    .filter((code) => typeof code === 'string');
}

function collected(parts: readonly Resource[], read: ValueReader): string | null {
  const specimen = parts.find(({ resourceType }) => resourceType === 'Specimen');
  return specimen ? read.start(object(specimen.collection), 'collected') : null;
}
