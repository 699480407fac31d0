import { SystemFault, type SystemHttp } from '../../system-http.ts';
import { isRecord, type JsonRecord, type List } from './translate.ts';

/** Pages that are followed in one list; what lies beyond is said to be missing. */
const maxPages = 50;

/** Everyone whom the case system knows under an NHS number; null where it refuses. */
export function readResidents(http: SystemHttp, nhsNumber: string): Promise<List | null> {
  return readList(http, `residents?nhsNumber=${encodeURIComponent(nhsNumber)}`, 'residents');
}

/** Who is or was responsible for the resident; null where the system refuses. */
export function readAllocations(http: SystemHttp, residentId: string): Promise<List | null> {
  return readList(http, `${residentPath(residentId)}/allocations`, 'allocations');
}

/** The forms filled in about the resident; null where the system refuses. */
export function readCases(http: SystemHttp, residentId: string): Promise<List | null> {
  return readList(http, `${residentPath(residentId)}/cases`, 'cases');
}

/** An id of dots alone would lead to another place of the same system. */
function residentPath(residentId: string): string {
  if (/^\.+$/.test(residentId)) throw new SystemFault('INVALID_ANSWER');
  return `residents/${encodeURIComponent(residentId)}`;
}

/** Where a list goes on; null where it ends, undefined where it goes on and nobody can tell where. */
type Cursor = string | null | undefined;

async function readList(http: SystemHttp, path: string, name: string): Promise<List | null> {
  const items: JsonRecord[] = [];
  const visited = new Set<string>();
  let cursor: Cursor = '';
  while (typeof cursor === 'string' && visited.size < maxPages) {
    // A cursor that leads back would otherwise be followed until the limit.
    if (visited.has(cursor)) throw new SystemFault('INVALID_ANSWER');
    visited.add(cursor);
    const { status, json } = await http.send({ method: 'GET', path: withCursor(path, cursor) });
    if (status === 403) return null;
    if (status !== 200) throw new SystemFault('UNAVAILABLE');
    const page = readPage(json, name);
    items.push(...page.items);
    cursor = page.cursor;
  }
  return { items, cut: cursor !== null };
}

function withCursor(path: string, cursor: string): string {
  if (cursor === '') return path;
  return `${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`;
}

function readPage(json: unknown, name: string): { items: readonly JsonRecord[]; cursor: Cursor } {
  const list = isRecord(json) ? json[name] : null;
  if (!isRecord(json) || !Array.isArray(list) || !list.every(isRecord)) {
    throw new SystemFault('INVALID_ANSWER');
  }
  return { items: list, cursor: cursorOf(json) };
}

function cursorOf({ nextCursor }: JsonRecord): Cursor {
  if (nextCursor === undefined || nextCursor === null || nextCursor === '') return null;
  const isCursor = typeof nextCursor === 'string' || Number.isSafeInteger(nextCursor);
  return isCursor ? String(nextCursor) : undefined;
}
