import type { ClinicalArea, Found } from './clinical-area.ts';
import { extensions, type Json, list, object, type Resource } from './json.ts';
import { provenance } from './provenance.ts';
import type { StructuredRecord } from './record.ts';
import type { Concept, ValueReader } from './value-reader.ts';

/** CareConnect-PrescriptionType-1; other types say nothing of repeating. */
const repeating: ReadonlyMap<unknown, boolean> = new Map([
  ['acute', false],
  ['acute-handwritten', false],
  ['repeat', true],
  ['repeat-dispensing', true],
]);

/**
 * A medicine is a MedicationStatement with its Medication, its plan (MedicationRequest, intent `plan`) and the plan's
 * issues (intent `order`). A request that no statement leads to is an entry of its own rather than lost.
 */
export const medications: ClinicalArea = {
  parameter: { name: 'includeMedication', part: [{ name: 'includePrescriptionIssues', valueBoolean: true }] },
  primaryList: '933361000000108',
  furtherLists: /^(consultations|problems)-medications-/,
  holds: (one) => one.resourceType === 'MedicationStatement' || isRequest(one),

  *find(record) {
    const requests = record.byType.get('MedicationRequest') ?? [];
    const issues = Map.groupBy(requests, (request) => record.resolve(list(request.basedOn)[0]));
    const taken = new Set<Resource>();
    const withParts = (root: Resource): Found => {
      taken.add(root);
      const plans = new Set(list(root.basedOn).map((reference) => record.resolve(reference)));
      const related = [root, ...plans].flatMap((plan) => (plan ? [plan, ...(issues.get(plan) ?? [])] : []));
      const parts = new Set(related.flatMap((one) => [one, medicineOf(one, record)]));
      parts.delete(root);
      parts.delete(null);
      for (const part of parts) if (part) taken.add(part);
      return { root, parts: [...parts].filter((part) => part !== null) };
    };
    for (const statement of record.byType.get('MedicationStatement') ?? []) yield withParts(statement);
    const plansFirst = [...requests].sort((one, other) => Number(isIssue(one)) - Number(isIssue(other)));
    for (const request of plansFirst) if (!taken.has(request)) yield withParts(request);
  },

  translate({ root, parts }, record, read) {
    for (const reference of list(root.basedOn)) if (record.resolve(reference) === null) read.malformed();
    const plan = root.resourceType === 'MedicationRequest' ? root : (parts.find(isRequest) ?? null);
    const doses = list(root.dosage ?? root.dosageInstruction).map(object);
    const period = object(root.effectivePeriod ?? object(root.dispenseRequest).validityPeriod);
    const recordedAt = read.date(root.dateAsserted ?? root.authoredOn);
    const started = read.date(root.effectiveDateTime ?? period.start);
    return {
      order: started ?? recordedAt,
      item: {
        source: provenance(read.person(plan?.recorder), recordedAt),
        code: medicine(root, record, read),
        dose: dose(doses, read),
        route: read.concept(doses[0]?.route),
        status: read.text(root.status),
        intent: isRequest(root) ? read.text(root.intent) : null,
        started,
        ended: read.date(period.end),
        repeat: isRepeat(plan),
        prescriber: read.person(object(plan?.requester).agent),
        reason: reason(root, read) ?? (plan && reason(plan, read)),
        note: read.notes(...[root, ...parts.filter(isRequest)].map((one) => one.note)),
      },
    };
  },
};

function isRequest(resource: Resource): boolean {
  return resource.resourceType === 'MedicationRequest';
}

function isIssue(request: Resource): boolean {
  return list(request.basedOn).length > 0;
}

function medicineOf(resource: Resource, record: StructuredRecord): Resource | null {
  return record.resolve(resource.medicationReference, resource);
}

function medicine(resource: Resource, record: StructuredRecord, read: ValueReader): Concept | null {
  const code = read.concept(medicineOf(resource, record)?.code ?? resource.medicationCodeableConcept);
  if (code) return code;
  const words = read.text(object(resource.medicationReference).display);
  return words === null ? read.malformed() : { text: words, codings: [] };
}

function dose(doses: readonly Json[], read: ValueReader): string | null {
  const words = doses.flatMap(({ text, patientInstruction }) => [
    read.text(text),
    read.text(patientInstruction),
  ]);
  return words.filter((word) => word !== null).join('; ') || null;
}

function isRepeat(plan: Resource | null): boolean | null {
  if (!plan) return null;
  const { valueCodeableConcept } = object(extensions(plan, 'PrescriptionType-1')[0]);
  const { code } = object(list(object(valueCodeableConcept).coding)[0]);
  return repeating.get(code) ?? null;
}

function reason(resource: Resource, read: ValueReader): Concept | null {
  const coded = read.concept(list(resource.reasonCode)[0]);
  return coded ?? read.concept(read.look(list(resource.reasonReference)[0])?.code);
}
