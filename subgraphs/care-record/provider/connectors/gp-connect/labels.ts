import type { Label } from '../../../../../consent-policy/vocabulary.ts';
import { list, object, type Resource } from './json.ts';
import type { StructuredRecord } from './record.ts';

const actCode = new Set([
  'http://hl7.org/fhir/v3/ActCode',
  'http://terminology.hl7.org/CodeSystem/v3-ActCode',
]);
const confidentiality = new Set([
  'http://hl7.org/fhir/v3/Confidentiality',
  'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
]);
const confidentialityLabels: ReadonlyMap<string, Label> = new Map([
  ['U', 'none'],
  ['L', 'none'],
  ['M', 'none'],
  ['N', 'none'],
  ['R', 'restricted'],
  ['V', 'very-restricted'],
]);

/**
 * The stricter of two labels. NOPAT keeps an entry from the patient, R and V from staff: no one word says both, so that
 * together they are `unknown`, which nobody is shown.
 */
export function stricter(one: Label, other: Label): Label {
  if (one === other || other === 'none') return one;
  if (one === 'none') return other;
  const both = [one, other];
  return both.includes('not-for-patient') || both.includes('unknown') ? 'unknown' : 'very-restricted';
}

/** The label of one resource, from its security labels alone; a label that is not known here is `unknown`. */
export function ownLabel(resource: Resource): Label {
  const meta = resource.meta;
  if (meta === undefined || meta === null) return 'none';
  return list(object(meta).security).map(labelOf).reduce(stricter, 'none');
}

function labelOf(security: unknown): Label {
  const { system, code } = object(security);
  if (typeof system !== 'string' || typeof code !== 'string') return 'unknown';
  if (actCode.has(system) && code === 'NOPAT') return 'not-for-patient';
  return (confidentiality.has(system) && confidentialityLabels.get(code)) || 'unknown';
}

/**
 * Labels of an entry: at least as strict as its parts, the encounter it was recorded in, and the lists it stands in. What an
 * encounter that was left out as another patient's says of it, nobody knows.
 */
export function entryLabels(record: StructuredRecord): (resources: readonly Resource[]) => Label {
  const isPlain = record.resources.every((resource) => ownLabel(resource) === 'none');
  if (isPlain && record.foreign.length === 0) return () => 'none';
  const fromLists = listLabels(record);
  const known = new Map<Resource, Label>();
  const alone = (resource: Resource) => {
    const label = known.get(resource) ?? stricter(ownLabel(resource), fromLists.get(resource) ?? 'none');
    known.set(resource, label);
    return label;
  };
  const fromEncounter = (resource: Resource): Label => {
    const reference = encounterReference(resource);
    if (record.isForeign(reference, resource)) return 'unknown';
    const encounter = record.resolve(reference, resource);
    return encounter ? alone(encounter) : 'none';
  };
  return (resources) =>
    resources.flatMap((resource) => [alone(resource), fromEncounter(resource)]).reduce(stricter, 'none');
}

function encounterReference(resource: Resource): unknown {
  const { encounter } = object(resource.context);
  return encounter ?? resource.context ?? associatedEncounter(resource);
}

/** AllergyIntolerance has no context in STU3; GP Connect adds the core extension `encounter-associatedEncounter`. */
function associatedEncounter(resource: Resource): unknown {
  return list(resource.extension)
    .map(object)
    .find(({ url }) => typeof url === 'string' && url.endsWith('encounter-associatedEncounter'))
    ?.valueReference;
}

function listLabels(record: StructuredRecord): ReadonlyMap<Resource, Label> {
  const labels = new Map<Resource, Label>();
  // A stack, since Lists may stand in each other deeper than calls may; each is read again only when its label got stricter.
  const open = (record.byType.get('List') ?? []).map((holder) => ({ holder, label: ownLabel(holder) }));
  for (let next = open.pop(); next; next = open.pop()) {
    const { holder, label } = next;
    if (label === 'none') continue;
    const items = list(holder.entry).map((entry) => object(entry).item);
    for (const item of [...items, holder.encounter]) {
      const found = record.resolve(item, holder);
      const before = found && (labels.get(found) ?? 'none');
      if (!found || before === null || stricter(before, label) === before) continue;
      labels.set(found, stricter(before, label));
      if (found.resourceType === 'List') open.push({ holder: found, label });
    }
  }
  return labels;
}
