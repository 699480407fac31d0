import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { describe, expect, it } from 'vitest';
import {
  isElement,
  type Resource,
  ResourceIndex,
} from '../subgraphs/care-record/provider/connectors/fhir-r4/resource.ts';
import { unnamed } from '../subgraphs/care-record/provider/connectors/fhir-r4/section-reader.ts';
import { plans, translate } from '../subgraphs/care-record/provider/connectors/fhir-r4/translate.ts';
import { schemaErrors } from './fhir-r4-entry-schema.ts';

function isResource(value: unknown): value is Resource {
  return isElement(value) && typeof value.resourceType === 'string' && typeof value.id === 'string';
}

/** What of the examples became an entry, what a part of one, by resource type; throws where the schema is broken. */
function mapped(resources: readonly Resource[]): Map<string, { total: number; entry: number; part: number }> {
  const counts = new Map<string, { total: number; entry: number; part: number }>();
  const countOf = (type: string) => counts.get(type) ?? { total: 0, entry: 0, part: 0 };
  for (const { resourceType } of resources) {
    counts.set(resourceType, { ...countOf(resourceType), total: countOf(resourceType).total + 1 });
  }
  const index = new ResourceIndex(null, resources);
  for (const [section, plan] of plans) {
    const matches = resources.filter((resource) => isSearched(plan.searches, resource));
    const answer = translate(plan, { matches, index, shortfalls: new Set() }, []);
    expect(schemaErrors(section, answer)).toEqual([]);
    for (const { localId } of answer.entries) {
      const type = localId.slice(0, localId.indexOf('/'));
      counts.set(type, { ...countOf(type), entry: countOf(type).entry + 1 });
    }
    const parts = new Set(
      matches.flatMap((holder) =>
        [...plan.parts(holder), ...unnamed(holder)].map((part) => index.find(part, holder)),
      ),
    );
    for (const part of parts) {
      const type = String(part?.resourceType);
      if (part !== null) counts.set(type, { ...countOf(type), part: countOf(type).part + 1 });
    }
  }
  return counts;
}

function isSearched(
  searches: readonly { resourceType: string; parameters?: string }[],
  resource: Resource,
): boolean {
  const search = searches.find(({ resourceType }) => resourceType === resource.resourceType);
  return (
    search !== undefined &&
    (search.parameters === undefined || JSON.stringify(resource.category ?? []).includes('"laboratory"'))
  );
}

function printed(title: string, counts: ReturnType<typeof mapped>): void {
  const table = new Table({
    head: [title, 'all', 'entry', 'part', 'not mapped'],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [24, 8, 8, 8, 12],
  });
  const unmapped: string[] = [];
  for (const [type, { total, entry, part }] of [...counts].sort()) {
    if (entry + part === 0) unmapped.push(`${type} ${total}`);
    else table.push([type, total, entry, part, Math.max(0, total - entry - part)]);
  }
  table.push([{ colSpan: 5, content: `not mapped: ${unmapped.join(', ')}` }]);
  console.log(table.toString());
}

const alwaysEntries = ['Condition', 'MedicationRequest', 'MedicationStatement', 'AllergyIntolerance'].concat([
  'DiagnosticReport',
  'Encounter',
  'DocumentReference',
]);

describe('examples that others published', () => {
  const ukCore = '../shared/data/ukcore-r4-json';
  it.skipIf(!existsSync(ukCore))(`translates every UK Core example (from ${ukCore})`, () => {
    const resources = readdirSync(ukCore)
      .filter((name) => name.endsWith('.json'))
      .map((name): unknown => JSON.parse(readFileSync(join(ukCore, name), 'utf8')))
      .filter(isResource);
    const counts = mapped(resources);
    printed('UK Core R4', counts);
    for (const type of alwaysEntries)
      expect(counts.get(type)).toMatchObject({ entry: counts.get(type)?.total });
    expect(counts.get('Observation')?.entry).toBeGreaterThan(0);
    expect(counts.get('Medication')).toBeDefined();
  });

  const synthea = '../shared/data/synthea-r4/patients.tar.xz';
  it.skipIf(!existsSync(synthea))(`translates 62 whole histories (from ${synthea})`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'synthea-'));
    try {
      execFileSync('tar', ['-xJf', synthea, '-C', folder]);
      const resources = readdirSync(folder).flatMap((name) =>
        historyOf(readFileSync(join(folder, name), 'utf8')),
      );
      const counts = mapped(resources);
      printed('Synthea R4', counts);
      for (const type of [
        'Condition',
        'MedicationRequest',
        'AllergyIntolerance',
        'DiagnosticReport',
        'Encounter',
      ]) {
        expect(counts.get(type)).toMatchObject({ entry: counts.get(type)?.total });
      }
      expect(counts.get('Observation')?.part).toBeGreaterThan(1000);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** A transaction bundle's resources, their references as a server would rewrite them. */
function historyOf(json: string): readonly Resource[] {
  const keys = new Map<string, string>();
  for (const { fullUrl, resource } of (
    JSON.parse(json) as { entry: { fullUrl: string; resource: Resource }[] }
  ).entry) {
    keys.set(fullUrl, `${resource.resourceType}/${resource.id}`);
  }
  const rewritten = json.replaceAll(/urn:uuid:[0-9a-f-]{36}/g, (url) => keys.get(url) ?? url);
  return (JSON.parse(rewritten) as { entry: { resource: Resource }[] }).entry.map(({ resource }) => resource);
}
