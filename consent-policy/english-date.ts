const english = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/London', dateStyle: 'short' });

/** The ISO date in England at a moment: agreements, relationships and training end with the English day, not with UTC's. */
export function englishDate(moment: Date): string {
  return english.format(moment);
}
