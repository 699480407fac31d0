import type { ClinicalArea } from './clinical-area.ts';
import { list, object, type Resource } from './json.ts';
import { provenance } from './provenance.ts';
import type { ValueReader } from './value-reader.ts';

/** Kinds of List that make up a consultation: consultation, topic, heading (GP Connect, "List - consultation structure"). */
const structure = new Set(['325851000000107', '25851000000105', '24781000000107']);

/** A contact is an Encounter; the Lists of its consultation, topics and headings are parts of it. */
export const encounters: ClinicalArea = {
  parameter: { name: 'includeConsultations' },
  primaryList: '1149501000000101',
  furtherLists: /^(325851000000107|25851000000105|24781000000107)$|^problems-consultations-/,
  holds: ({ resourceType }) => resourceType === 'Encounter',

  find(record) {
    const lists = (record.byType.get('List') ?? []).filter(isStructure);
    const byEncounter = Map.groupBy(lists, (one) => record.resolve(one.encounter));
    return (record.byType.get('Encounter') ?? []).map((root) => ({
      root,
      parts: byEncounter.get(root) ?? [],
    }));
  },

  translate({ root, parts }, _record, read) {
    const { start, end } = object(root.period);
    const started = read.date(start);
    const consultation = parts.find((part) => listCode(part) === '325851000000107');
    return {
      order: started,
      item: {
        source: provenance(author(root, read), read.date(consultation?.date)),
        type: read.concept(list(root.type)[0]),
        class: read.text(object(root.class).code),
        status: read.text(root.status),
        started,
        ended: read.date(end),
        reason: read.concept(list(root.reason)[0]),
        location: location(root, read),
        discharge: discharge(root, read),
      },
    };
  },
};

/** The code of a List, whose meaning GP Connect fixes. */
export function listCode(resource: Resource): string | null {
  const { code } = object(list(object(resource.code).coding)[0]);
  return typeof code === 'string' ? code : null;
}

function isStructure(resource: Resource): boolean {
  return structure.has(listCode(resource) ?? '');
}

/** Whoever recorded the consultation (REC), else who held it (PPRF). */
function author(encounter: Resource, read: ValueReader): string | null {
  const participants = list(encounter.participant).map(object);
  const inRole = (role: string) =>
    participants.find(({ type }) =>
      list(type).some((one) => list(object(one).coding).some((coding) => object(coding).code === role)),
    );
  return read.person((inRole('REC') ?? inRole('PPRF'))?.individual);
}

function location(encounter: Resource, read: ValueReader): string | null {
  const names = list(encounter.location).map((place) => {
    const reference = object(place).location;
    const found = read.look(reference, encounter);
    return found ? read.text(found.name) : read.calledIn(reference, encounter);
  });
  return [...new Set(names.filter((name) => name !== null))].join('; ') || null;
}

function discharge(encounter: Resource, read: ValueReader): string | null {
  const concept = read.concept(object(encounter.hospitalization).dischargeDisposition);
  return concept?.text ?? concept?.codings[0]?.display ?? null;
}
