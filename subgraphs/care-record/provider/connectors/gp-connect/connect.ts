import { englishDate } from '../../../../../consent-policy/english-date.ts';
import type { Section } from '../../../../../consent-policy/vocabulary.ts';
import { type Connector, emptyAnswer, type SectionAnswer } from '../../connector.ts';
import { clinicalAreas } from './clinical-area.ts';
import { readStructuredRecord } from './read.ts';
import { translate } from './translate.ts';

/** GP Connect Access Record Structured 1.6 (FHIR STU3): a practice's record, all sections in one call. */
export const gpConnect: Connector = {
  sections: [...clinicalAreas.keys()],

  read(call, wanted) {
    const carried = wanted.filter((section) => clinicalAreas.has(section));
    const answers: Promise<ReadonlyMap<Section, SectionAnswer>> =
      carried.length === 0
        ? Promise.resolve(new Map())
        : readStructuredRecord(call, carried).then((response) =>
            translate(response, call.access.patient, carried, englishDate(call.now)),
          );
    return new Map(
      wanted.map((section) => [section, answers.then((all) => all.get(section) ?? emptyAnswer('NOT_HELD'))]),
    );
  },
};
