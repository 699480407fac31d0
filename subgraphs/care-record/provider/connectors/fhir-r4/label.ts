import type { Label } from '../../../../../consent-policy/vocabulary.ts';
import { type Element, isElement } from './resource.ts';

const confidentiality =
  /^http:\/\/(terminology\.hl7\.org\/CodeSystem\/v3-|hl7\.org\/fhir\/v3\/)Confidentiality$/;
const actCode = /^http:\/\/(terminology\.hl7\.org\/CodeSystem\/v3-|hl7\.org\/fhir\/v3\/)ActCode$/;
const confidentialityLabels: ReadonlyMap<unknown, Label> = new Map([
  ['U', 'none'],
  ['L', 'none'],
  ['M', 'none'],
  ['N', 'none'],
  ['R', 'restricted'],
  ['V', 'very-restricted'],
]);

/**
 * The label of an entry from `meta.security` of all resources it is made of (FHIR R4 security-labels). A label that is not
 * known here, or that cannot be read, is `unknown`, which nobody is allowed to see past.
 */
export function labelOf(parts: readonly Element[]): Label {
  return parts.flatMap(labelsOf).reduce(stricter, 'none');
}

/** In the place of a part that was left unread: what label it has nobody knows. */
export const unlabelled: Element = { meta: { security: null } };

/** Whether a bundle says that something was taken out of it (v3-ObservationValue REDACTED). */
export function saysRedacted(bundle: Element): boolean {
  return securityOf(bundle).some((coding) => isElement(coding) && coding.code === 'REDACTED');
}

function labelsOf(resource: Element): readonly Label[] {
  return securityOf(resource).map((coding) => (isElement(coding) ? meaning(coding) : 'unknown'));
}

function securityOf({ meta }: Element): readonly unknown[] {
  if (meta === undefined) return [];
  const security = isElement(meta) ? meta.security : null;
  if (security === undefined) return [];
  return Array.isArray(security) ? security : [null];
}

function meaning({ system, code }: Element): Label {
  if (typeof system !== 'string') return 'unknown';
  if (confidentiality.test(system)) return confidentialityLabels.get(code) ?? 'unknown';
  return actCode.test(system) && code === 'NOPAT' ? 'not-for-patient' : 'unknown';
}

/** Very restricted holds back all that the two others do; restricted and not for the patient hold back different people. */
function stricter(one: Label, other: Label): Label {
  if (one === other || other === 'none') return one;
  if (one === 'none') return other;
  if (one === 'unknown' || other === 'unknown') return 'unknown';
  return one === 'very-restricted' || other === 'very-restricted' ? 'very-restricted' : 'unknown';
}
