import type { Section } from '../../../../../consent-policy/vocabulary.ts';
import { type EntryDraft, emptyAnswer, type SectionAnswer } from '../../connector.ts';
import { type Warning, warnings } from '../../warnings.ts';
import { allergy } from './allergies.ts';
import { document } from './documents.ts';
import { encounter } from './encounters.ts';
import { medication, medicationParts } from './medications.ts';
import { problem } from './problems.ts';
import type { Element, Resource, ResourceIndex } from './resource.ts';
import { resultParts, results } from './results.ts';
import { SectionReader } from './section-reader.ts';

/** How one section is asked for, and how its entries are made of what comes back. */
export interface SectionPlan {
  readonly searches: readonly { readonly resourceType: string; readonly parameters?: string }[];
  /** The type of the resources that entries are made of and that are read by their ids. */
  readonly partType: string | null;
  /** The references to them. */
  parts(resource: Element): readonly Element[];
  entries(found: readonly Resource[], read: SectionReader): readonly EntryDraft[];
}

/** The sections that a UK Core R4 server can carry. */
export const plans: ReadonlyMap<Section, SectionPlan> = new Map<Section, SectionPlan>([
  ['problems', plan(['Condition'], problem)],
  [
    'medications',
    {
      ...plan(['MedicationRequest', 'MedicationStatement'], medication),
      partType: 'Medication',
      parts: medicationParts,
    },
  ],
  ['allergies', plan(['AllergyIntolerance'], allergy)],
  [
    'results',
    {
      searches: [
        { resourceType: 'DiagnosticReport' },
        { resourceType: 'Observation', parameters: 'category=laboratory' },
      ],
      partType: 'Observation',
      parts: resultParts,
      entries: results,
    },
  ],
  ['encounters', plan(['Encounter'], encounter)],
  ['documents', plan(['DocumentReference'], document)],
]);

function plan(
  resourceTypes: readonly string[],
  entry: (resource: Resource, read: SectionReader) => EntryDraft | null,
): SectionPlan {
  return {
    searches: resourceTypes.map((resourceType) => ({ resourceType })),
    partType: null,
    parts: () => [],
    entries: (found, read) => found.flatMap((resource) => entry(resource, read) ?? []),
  };
}

/** Why an answer is not all that its source holds. */
export type Shortfall =
  | 'searchIncomplete'
  | 'readToLimit'
  | 'partlyUnavailable'
  | 'tooEntangled'
  | 'unreadableEntries'
  | 'withheld';

/** What was read for one section. */
export interface Gathered {
  readonly matches: readonly Resource[];
  /** The matches and everything that they refer to, as far as it was given. */
  readonly index: ResourceIndex;
  readonly shortfalls: ReadonlySet<Shortfall>;
}

/** The section's answer; `noted` are the warnings that hold for the record as a whole. */
export function translate(
  section: SectionPlan,
  gathered: Gathered,
  noted: readonly Warning[],
): SectionAnswer {
  const read = new SectionReader(gathered.matches, gathered.index);
  const entries = section.entries(gathered.matches, read);
  const shortfalls = new Set(gathered.shortfalls);
  if (read.unreadable || gathered.index.clash) shortfalls.add('unreadableEntries');
  if (read.partsMissing) shortfalls.add('partlyUnavailable');
  if (read.shared.tooEntangled) shortfalls.add('tooEntangled');
  const said = [...shortfalls].flatMap((shortfall) => (shortfall === 'withheld' ? [] : warnings[shortfall]));
  return { ...emptyAnswer(stateOf(shortfalls), ...noted, ...said), entries };
}

/** Withholding has no warning of its own, so it goes before the rest, which have. */
function stateOf(shortfalls: ReadonlySet<Shortfall>): SectionAnswer['state'] {
  if (shortfalls.has('withheld')) return 'PARTLY_WITHHELD';
  return shortfalls.size > 0 ? 'INCOMPLETE' : 'COMPLETE';
}
