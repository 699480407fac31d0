/** How a source answered: the enum `SourceState` of the public schema. */
export const sourceStates = [
  'COMPLETE',
  'PARTLY_WITHHELD',
  'WITHHELD',
  'INCOMPLETE',
  'NO_RECORD_GIVEN',
  'NOT_HELD',
  'SWITCHED_OFF',
  'TIMED_OUT',
  'UNAVAILABLE',
  'INVALID_ANSWER',
] as const;
export type SourceState = (typeof sourceStates)[number];

/** The only sentences that say why, so that none can say what was withheld, or quote a provider. */
export const sourceMessages: Readonly<Record<SourceState, string>> = {
  COMPLETE: 'Answered in full.',
  PARTLY_WITHHELD: 'Answered; some information may not be shown to you.',
  WITHHELD: 'Information from this source may not be shown to you.',
  INCOMPLETE: 'Answered, but not everything it holds is here.',
  NO_RECORD_GIVEN: 'Gave no record and did not say why; this does not mean that nothing is recorded.',
  NOT_HELD: 'Does not offer this part of the record.',
  SWITCHED_OFF: 'This part of the record is switched off at this source.',
  TIMED_OUT: 'Did not answer in time.',
  UNAVAILABLE: 'Could not be reached.',
  INVALID_ANSWER: 'Gave an answer that is not a usable record of this patient.',
};
