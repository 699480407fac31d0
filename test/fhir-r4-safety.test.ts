import { describe, expect, it } from 'vitest';
import type { Section } from '../consent-policy/vocabulary.ts';
import type { SectionAnswer } from '../subgraphs/care-record/provider/connector.ts';
import {
  type Element,
  type Resource,
  ResourceIndex,
} from '../subgraphs/care-record/provider/connectors/fhir-r4/resource.ts';
import { plans, translate } from '../subgraphs/care-record/provider/connectors/fhir-r4/translate.ts';
import { warnings } from '../subgraphs/care-record/provider/warnings.ts';

function translated(
  section: Section,
  matches: readonly Resource[],
  others: readonly Resource[] = [],
): SectionAnswer {
  const plan = plans.get(section);
  if (plan === undefined) throw new Error(`no such section: ${section}`);
  const index = new ResourceIndex(null, [...matches, ...others]);
  return translate(plan, { matches, index, shortfalls: new Set() }, []);
}

function many<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** Characters of the answer for each character that was read. */
function growth(answer: SectionAnswer, ...read: readonly unknown[]): number {
  return JSON.stringify(answer.entries).length / JSON.stringify(read).length;
}

const entangled = { state: 'INCOMPLETE', warnings: expect.arrayContaining([warnings.tooEntangled]) };

describe('what many entries are made of', () => {
  const reports = many(2000, (index) => ({
    resourceType: 'DiagnosticReport',
    id: `r${index}`,
    result: [{ reference: 'Observation/group' }],
  }));
  const group = (changes: Readonly<Record<string, unknown>>) => ({
    resourceType: 'Observation',
    id: 'group',
    code: { text: 'group' },
    ...changes,
  });

  it('grows no answer to reports times members', () => {
    const leaves = many(2000, (index) => ({
      resourceType: 'Observation',
      id: `o${index}`,
      code: { text: `o${index}` },
    }));
    const hasMember = leaves.map(({ id }) => ({ reference: `Observation/${id}` }));
    const read = [...reports, group({ hasMember }), ...leaves];
    const answer = translated('results', read);
    expect(answer).toMatchObject(entangled);
    const last = { text: 'o1999', codings: [] };
    const members = answer.entries.flatMap(({ item }) => item.members);
    expect(members.length).toBeLessThan(4 * read.length + 20_000);
    expect(members).toEqual(expect.arrayContaining([expect.objectContaining({ code: last }) as unknown]));
  });

  it.each([
    ['components', { component: many(2000, (index) => ({ code: { text: `c${index}` } })) }],
    ['empty components', { component: many(50_000, () => ({})) }],
    ['words', { note: [{ text: 'x'.repeat(200_000) }] }],
    ['codes', { code: { coding: many(2000, (index) => ({ system: 'urn:x', code: `${index}` })) } }],
  ])('grows no answer to reports times %s', (_what, changes) => {
    const answer = translated('results', [...reports, group(changes)]);
    expect(answer).toMatchObject(entangled);
    expect(growth(answer, reports, group(changes))).toBeLessThan(40);
  });

  it('shows nobody a report of which a part was left unread', () => {
    const answer = translated('results', [...reports, group({ note: [{ text: 'x'.repeat(1_000_000) }] })]);
    expect(answer.entries).toHaveLength(reports.length);
    const unread = answer.entries.filter(({ item }) => Array.isArray(item.members) && !item.members.length);
    expect(unread.length).toBeGreaterThan(1900);
    expect(new Set(unread.map(({ label }) => label))).toEqual(new Set(['unknown']));
  });

  it('grows no answer to requests times one medicine', () => {
    const requests = many(2000, (index) => ({
      resourceType: 'MedicationRequest',
      id: `m${index}`,
      medicationReference: { reference: 'Medication/d' },
    }));
    const medicine = { resourceType: 'Medication', id: 'd', code: { text: 'x'.repeat(200_000) } };
    const answer = translated('medications', requests, [medicine]);
    expect(answer).toMatchObject(entangled);
    expect(growth(answer, requests, medicine)).toBeLessThan(20);
  });

  it('grows no answer to entries times one name', () => {
    const conditions = many(2000, (index) => ({
      resourceType: 'Condition',
      id: `c${index}`,
      recorder: { reference: 'Organization/a' },
    }));
    const author = { resourceType: 'Organization', id: 'a', name: 'x'.repeat(200_000) };
    const answer = translated('problems', conditions, [author]);
    expect(answer).toMatchObject(entangled);
    expect(growth(answer, conditions, author)).toBeLessThan(20);
  });

  it('shows in full what a few thousand entries share', () => {
    const requests = many(5000, (index) => ({
      resourceType: 'MedicationRequest',
      id: `m${index}`,
      medicationReference: { reference: 'Medication/d' },
      requester: { reference: 'Practitioner/a' },
    }));
    const medicine = { resourceType: 'Medication', id: 'd', code: { text: 'timolol' } };
    const prescriber = { resourceType: 'Practitioner', id: 'a', name: [{ family: 'Fern' }] };
    const answer = translated('medications', requests, [medicine, prescriber]);
    expect(answer).toMatchObject({ state: 'COMPLETE', warnings: [] });
    expect(answer.entries.at(-1)?.item).toMatchObject({ code: { text: 'timolol' }, prescriber: 'Fern' });
  });

  it('finds each of very many contained resources', () => {
    const contained = many(20_000, (index) => ({
      resourceType: 'Observation',
      id: `${index}`,
      code: { text: `${index}` },
    }));
    const result = contained.map(({ id }) => ({ reference: `#${id}` }));
    const report = { resourceType: 'DiagnosticReport', id: 'r', contained, result };
    const { state, entries } = translated('results', [report]);
    expect(state).toBe('COMPLETE');
    expect(entries[0]?.item.members).toHaveLength(20_000);
  });
});

describe('a labelled resource that an entry only names', () => {
  const meta = {
    security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'V' }],
  };
  const named = { reference: 'Practitioner/a' };

  it.each([
    ['by reference', named],
    ['in words of the reference', { ...named, display: 'Fern' }],
  ])('stays unnamed %s', (_how, recorder) => {
    const condition = { resourceType: 'Condition', id: 'c', recorder };
    const author = { resourceType: 'Practitioner', id: 'a', name: [{ family: 'Fern' }] };
    const authors = (of: Resource) =>
      translated('problems', [condition], [of]).entries.map(({ item }) => item.source.author);
    expect(authors({ ...author, meta })).toEqual([null]);
    expect(authors(author)).toEqual(['Fern']);
  });

  it('stays unnamed as the place of a contact', () => {
    const location = [{ location: { reference: 'Location/l' } }];
    const place = { resourceType: 'Location', id: 'l', name: 'Invented ward', meta };
    const { entries } = translated('encounters', [{ resourceType: 'Encounter', id: 'e', location }], [place]);
    expect(entries).toMatchObject([{ item: { location: null } }]);
  });

  it.each([
    ['medications', 'MedicationRequest'],
    ['encounters', 'Encounter'],
  ] as const)('is no reason among %s, not even in words of the reference', (section, resourceType) => {
    const reasons = (of: Element) =>
      translated(section, [
        {
          resourceType,
          id: 'x',
          contained: [of],
          reasonReference: [{ reference: '#c', display: 'Invented illness' }],
        },
      ]).entries.map(({ item }) => item.reason);
    const condition = { resourceType: 'Condition', id: 'c' };
    expect(reasons({ ...condition, meta })).toEqual([null]);
    expect(reasons(condition)).toEqual([{ text: 'Invented illness', codings: [] }]);
  });
});
