/** The only warnings that reach a clinician: fixed sentences, no word of a provider's and nothing about the patient. */
export const warnings = {
  nameDiffers: 'The family name at this source differs from the national record.',
  birthDateMissing: 'This source gave no birth date to check against the national record.',
  recordInTransit:
    'The record transfer from the previous GP practice is not yet complete; information may be missing.',
  awaitingFiling: 'Items received by this source are awaiting filing; information may be missing.',
  cutAtLimit: 'This source holds more than could be shown; the newest entries are here.',
  unreadableEntries: 'Some entries could not be read.',
  partlyUnavailable: 'Part of this source could not be read.',
  searchIncomplete: 'The source says that its answer is not complete.',
  readToLimit: 'This source holds more than could be read.',
  tooEntangled:
    'Entries at this source refer to one another too often to be followed; information may be missing.',
  emptyList: 'No information is recorded in this area at this source.',
  consultationDocumentsOnly:
    'Only documents filed in a consultation are given by this source; there may be others.',
  formerNumber: 'Found under a former NHS number of this person.',
  notConnected: 'This organisation may hold information but is not connected to this record.',
  locatorDown:
    'It could not be found out who holds information about this person; other organisations may too.',
} as const;
export type Warning = (typeof warnings)[keyof typeof warnings];
