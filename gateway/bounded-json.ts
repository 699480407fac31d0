import { type Dispatcher, request } from 'undici';

/** What an HTTP service answered, with its body parsed; `json` is undefined where the body is no JSON. */
export interface JsonResponse {
  readonly status: number;
  readonly json: unknown;
}

/** The answer of a service was larger than the limit. */
export class TooManyBytesFault extends Error {
  readonly code = 'TOO_MANY_BYTES';

  constructor(limitBytes: number) {
    super(`an answer is larger than ${limitBytes} bytes`);
    this.name = 'TooManyBytesFault';
  }
}

/** Sends one request and reads its answer as JSON within a time and a number of bytes; follows no redirects. */
export async function requestJson(
  url: string,
  options: {
    readonly method?: 'GET' | 'POST';
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly timeoutMs: number;
    readonly limitBytes: number;
    readonly dispatcher?: Dispatcher;
  },
): Promise<JsonResponse> {
  const { statusCode, body } = await request(url, {
    method: options.method ?? 'GET',
    headers: { ...options.headers },
    body: options.body ?? null,
    signal: AbortSignal.timeout(Math.max(1, Math.floor(options.timeoutMs))),
    ...(options.dispatcher && { dispatcher: options.dispatcher }),
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > options.limitBytes) throw new TooManyBytesFault(options.limitBytes);
    chunks.push(chunk);
  }
  return { status: statusCode, json: parseJson(Buffer.concat(chunks).toString('utf8')) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
