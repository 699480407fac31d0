import type { EntryItem } from '../../connector.ts';

/**
 * Who recorded an entry and when. The system is named by its protocol, not by the supplier's identifier system, which
 * often ends in the practice's ODS code and so would tell a restricted person's place.
 */
export function provenance(author: string | null, recordedAt: string | null): EntryItem['source'] {
  return { system: 'GP Connect', author, recordedAt };
}
