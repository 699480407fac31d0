/** A JSON object of unknown content: everything a provider sends is read as this. */
export type Json = Readonly<Record<string, unknown>>;

/** A FHIR STU3 resource as sent. */
export interface Resource extends Json {
  readonly resourceType: string;
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

/** True for an object that says what type of resource it is. */
export function isResource(value: unknown): value is Resource {
  return typeof object(value).resourceType === 'string';
}

/** `Type/id` of a Reference or a reference's text, without base address and version; in time linear in its length. */
export function referenceKey(reference: unknown): string | null {
  const text = typeof reference === 'string' ? reference : object(reference).reference;
  if (typeof text !== 'string' || text === '') return null;
  const steps = text.split('/');
  if (steps.length <= 2) return text;
  if (steps.at(-2) === '_history') steps.splice(-2);
  const [type, id] = steps.slice(-2);
  return type !== undefined && /^[A-Za-z]+$/.test(type) && id ? `${type}/${id}` : text;
}

/** The values of every extension whose address ends with `name`: suppliers differ in everything before it. */
export function extensions(value: Json, name: string): readonly Json[] {
  return list(value.extension)
    .map(object)
    .filter(({ url }) => typeof url === 'string' && url.endsWith(name));
}

/** The NHS numbers among Identifiers, however their system is written, without spaces; null for one that cannot be read. */
export function nhsNumbers(identifiers: unknown): readonly (string | null)[] {
  return list(identifiers)
    .map(object)
    .filter(({ system }) => typeof system === 'string' && /\/Id\/nhs-number\/*$/i.test(system.trim()))
    .map(({ value }) => (typeof value === 'string' ? value.replaceAll(' ', '') || null : null));
}
