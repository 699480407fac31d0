import { belonging } from './belonging.ts';
import { containedKey, Identities, ownKey } from './identities.ts';
import { isResource, type Json, list, object, type Resource, referenceKey } from './json.ts';

/** One structured-record Bundle, indexed once: every look-up after that is one step in a Map. */
export interface StructuredRecord {
  /** The patient's resources, contained ones included, each once and in the order sent. */
  readonly resources: readonly Resource[];
  readonly byType: ReadonlyMap<string, readonly Resource[]>;
  /** Unique and stable within the record, e.g. `Condition/1`. */
  readonly localIds: ReadonlyMap<Resource, string>;
  /** Resources that are another patient's, or name nobody where they must: never shown. */
  readonly foreign: readonly Resource[];
  /** Lists that carry another NHS number: they do not vouch for what is there. */
  readonly doubtful: ReadonlySet<Resource>;
  /** Resources sent again unchanged under the same id. */
  readonly repeated: readonly Resource[];
  /** Whether the Bundle has a Patient of its own: one that is only contained says nothing of whose record this is. */
  readonly hasPatient: boolean;
  /** Bundle entries that hold no resource. */
  readonly unreadable: number;
  /** True where the Bundle says that there is more than was sent. */
  readonly cut: boolean;
  /** What a Reference points to; `from` is needed for a contained resource. */
  resolve(reference: unknown, from?: Resource): Resource | null;
  /** Whether a Reference leads to a resource that was left out as another patient's. */
  isForeign(reference: unknown, from: Resource): boolean;
}

/** Indexes a Bundle. Two resources under one id both stay unless they are the same; nothing is dropped unseen. */
export function readRecord(bundle: Json): StructuredRecord {
  const sent = list(bundle.entry).map(object);
  const identities = new Identities();
  const belongingOf = belonging(sent, identities);
  const resources: Resource[] = [];
  const foreign = new Set<Resource>();
  const doubtful = new Set<Resource>();
  for (const { resource, key, container } of keyed(sent)) {
    const whose = belongingOf(resource, container);
    const isStranger = container !== null && foreign.has(container) && resource.resourceType !== 'Patient';
    if (whose === 'other' || isStranger) foreign.add(resource);
    else if (identities.add(resource, key)) resources.push(resource);
    if (whose === 'doubtful') doubtful.add(resource);
  }
  for (const { fullUrl, resource } of sent) {
    if (typeof fullUrl === 'string' && isResource(resource)) identities.addKey(resource, fullUrl);
  }
  const foreignKeys = new Set(
    sent.flatMap(({ fullUrl, resource }) =>
      isResource(resource) && foreign.has(resource) ? [ownKey(resource), fullUrl] : [],
    ),
  );
  return {
    resources,
    byType: Map.groupBy(resources, ({ resourceType }) => resourceType),
    localIds: identities.localIds,
    foreign: [...foreign],
    doubtful,
    repeated: [...identities.repeated.keys()],
    hasPatient: sent.some(({ resource }) => object(resource).resourceType === 'Patient'),
    unreadable: sent.filter(({ resource }) => !isResource(resource)).length,
    cut: saysMore(bundle, sent.length),
    resolve: (reference, from) => identities.resolve(reference, from ?? null),
    isForeign: (reference, from) => {
      const key = referenceKey(reference);
      if (!key?.startsWith('#')) return key !== null && foreignKeys.has(key);
      const inner = identities.contained(from, key.slice(1));
      return inner !== null && foreign.has(inner);
    },
  };
}

interface Keyed {
  readonly resource: Resource;
  readonly key: string;
  readonly container: Resource | null;
}

function* keyed(sent: readonly Json[]): Generator<Keyed> {
  for (const { resource } of sent) {
    if (!isResource(resource)) continue;
    yield { resource, key: ownKey(resource), container: null };
    for (const inner of list(resource.contained).filter(isResource)) {
      yield { resource: inner, key: containedKey(inner), container: resource };
    }
  }
}

/** An answer of GP Connect has no pages: one that has is not all there. */
function saysMore({ link, total }: Json, entries: number): boolean {
  const count = typeof total === 'string' || typeof total === 'number' ? Number(total) : 0;
  const relations = list(link).map((one) => object(one).relation);
  return count > entries || relations.some((one) => typeof one === 'string' && /^\s*next\s*$/i.test(one));
}
