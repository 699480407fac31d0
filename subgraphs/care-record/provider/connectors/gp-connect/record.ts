import { createHash } from 'node:crypto';

/** A JSON object of unknown content: everything a provider sends is read as this. */
export type Json = Readonly<Record<string, unknown>>;

/** A FHIR STU3 resource as sent. */
export interface Resource extends Json {
  readonly resourceType: string;
}

/** One structured-record Bundle, indexed once: every look-up after that is one step in a Map. */
export interface StructuredRecord {
  /** The patient's resources, contained ones included, each once and in the order sent. */
  readonly resources: readonly Resource[];
  readonly byType: ReadonlyMap<string, readonly Resource[]>;
  /** Unique and stable within the record, e.g. `Condition/1`. */
  readonly localIds: ReadonlyMap<Resource, string>;
  /** Resources whose subject is another Patient than the one in the Bundle: never shown. */
  readonly foreign: readonly Resource[];
  /** Resources sent again unchanged under the same id. */
  readonly repeated: readonly Resource[];
  /** Bundle entries that hold no resource. */
  readonly unreadable: number;
  /** What a Reference points to; `from` is needed for a contained resource. */
  resolve(reference: unknown, from?: Resource): Resource | null;
}

const nothing: Json = Object.freeze({});

/** The value as an object; an empty one where it is none, so that a path can be read without asking at each step. */
export function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : nothing;
}

/** The value as a list. Some suppliers send a single object where STU3 has a list (the specification's own examples do). */
export function list(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** `Type/id` of a Reference or a reference's text, without base address and version. */
export function referenceKey(reference: unknown): string | null {
  const text = typeof reference === 'string' ? reference : object(reference).reference;
  if (typeof text !== 'string' || text === '') return null;
  if (text.indexOf('/') === text.lastIndexOf('/')) return text;
  return /([A-Za-z]+\/[^/]+)(\/_history\/[^/]+)?$/.exec(text)?.[1] ?? text;
}

/** The values of every extension whose address ends with `name`: suppliers differ in everything before it. */
export function extensions(value: Json, name: string): readonly Json[] {
  return list(value.extension)
    .map(object)
    .filter(({ url }) => typeof url === 'string' && url.endsWith(name));
}

/** Indexes a Bundle. Two resources under one id both stay unless they are the same; nothing is dropped unseen. */
export function readRecord(bundle: Json): StructuredRecord {
  const sent = list(bundle.entry).map(object);
  const top = sent.map((entry) => entry.resource).filter(isResource);
  const patients = new Set(top.filter(({ resourceType }) => resourceType === 'Patient').map(ownKey));
  const isForeign = (resource: Resource) => {
    const subject = referenceKey(resource.subject ?? resource.patient);
    return patients.size > 0 && subject !== null && subject.startsWith('Patient/') && !patients.has(subject);
  };
  const resources: Resource[] = [];
  const foreign: Resource[] = [];
  const localIds = new Map<Resource, string>();
  const sameAs = new Map<Resource, Resource>();
  const byKey = new Map<string, Resource>();
  for (const [resource, key] of keyed(top)) {
    const known = byKey.get(key);
    if (isForeign(resource)) foreign.push(resource);
    else if (known && JSON.stringify(known) === JSON.stringify(resource)) sameAs.set(resource, known);
    else {
      resources.push(resource);
      localIds.set(resource, known ? `${key}~${digest(resource)}` : key);
      if (!known) byKey.set(key, resource);
    }
  }
  for (const { fullUrl, resource } of sent) {
    if (typeof fullUrl === 'string' && isResource(resource) && !byKey.has(fullUrl))
      byKey.set(fullUrl, resource);
  }
  return {
    resources,
    byType: Map.groupBy(resources, ({ resourceType }) => resourceType),
    localIds,
    foreign,
    repeated: [...sameAs.keys()],
    unreadable: sent.filter(({ resource }) => !isResource(resource)).length,
    resolve: (reference, from) => {
      const key = referenceKey(reference);
      const found = key?.startsWith('#') ? contained(from, key.slice(1)) : byKey.get(key ?? '');
      if (!found) return null;
      return localIds.has(found) ? found : (sameAs.get(found) ?? null);
    },
  };
}

/** Ended allergies come as contained resources of a List, whose ids mean nothing outside it: their identifier does. */
function* keyed(top: readonly Resource[]): Generator<[Resource, string]> {
  for (const resource of top) {
    yield [resource, ownKey(resource)];
    for (const inner of list(resource.contained).filter(isResource)) {
      const { system, value } = object(list(inner.identifier)[0]);
      const name = typeof value === 'string' ? `${String(system)}|${value}` : digest(inner);
      yield [inner, `${inner.resourceType}/#${name}`];
    }
  }
}

function ownKey(resource: Resource): string {
  return `${resource.resourceType}/${typeof resource.id === 'string' ? resource.id : `~${digest(resource)}`}`;
}

function contained(from: Resource | undefined, id: string): Resource | undefined {
  return list(from?.contained)
    .filter(isResource)
    .find((inner) => inner.id === id);
}

function isResource(value: unknown): value is Resource {
  return typeof object(value).resourceType === 'string';
}

function digest(resource: Resource): string {
  return createHash('sha256').update(JSON.stringify(resource)).digest('base64url').slice(0, 22);
}
