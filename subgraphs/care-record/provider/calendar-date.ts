const written = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/;

/** Whether this is a year, a month or a day that the calendar has: `2024-02-31` is none. */
export function isCalendarDate(text: string): boolean {
  const [, year, month = '01', day = '01'] = written.exec(text) ?? [];
  if (year === undefined) return false;
  const date = `${year}-${month}-${day}`;
  const time = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}
