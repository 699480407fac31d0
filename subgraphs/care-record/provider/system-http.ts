import { type Dispatcher, request } from 'undici';

/** Why a provider's own system gave nothing usable; the only error that a connector may throw. */
export class SystemFault extends Error {
  readonly state: 'TIMED_OUT' | 'UNAVAILABLE' | 'INVALID_ANSWER';

  constructor(state: SystemFault['state'], cause?: unknown) {
    super(`the provider's system: ${state}`, { cause });
    this.name = 'SystemFault';
    this.state = state;
  }
}

export interface SystemRequest {
  readonly method: 'GET' | 'POST';
  /** Relative to the system's base address, or absolute on the same origin; anything else is refused. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface SystemResponse {
  readonly status: number;
  /** The parsed JSON body; undefined where it was empty or not JSON and the status is not 2xx. */
  readonly json: unknown;
}

/** The one way to a provider's own system: same origin, no redirects, bounded in time and bytes. */
export interface SystemHttp {
  /** The system's base address, ending in `/`. */
  readonly baseUrl: string;
  /** Rejects with a `SystemFault` for a refused connection, a passed deadline, too many bytes, or a 2xx that is not JSON. */
  send(request: SystemRequest): Promise<SystemResponse>;
}

export interface SystemHttpOptions {
  readonly baseUrl: string;
  /** Value of the `Authorization` header, or null. */
  readonly authorization: string | null;
  readonly signal: AbortSignal;
  readonly limitBytes: number;
  readonly dispatcher?: Dispatcher;
}

export function systemHttp(options: SystemHttpOptions): SystemHttp {
  const base = new URL(options.baseUrl.endsWith('/') ? options.baseUrl : `${options.baseUrl}/`);
  return {
    baseUrl: base.href,
    async send({ method, path, headers, body }) {
      const url = new URL(path, base);
      if (url.origin !== base.origin) throw new SystemFault('INVALID_ANSWER');
      const response = await sent(() =>
        request(url, {
          method,
          signal: options.signal,
          ...(options.dispatcher && { dispatcher: options.dispatcher }),
          headers: {
            accept: 'application/fhir+json, application/json',
            ...(options.authorization && { authorization: options.authorization }),
            ...(body !== undefined && { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        }),
      );
      const text = await sent(() => readBounded(response.body, options.limitBytes));
      return { status: response.statusCode, json: parsed(text, response.statusCode) };
    },
  };
}

async function sent<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof SystemFault) throw cause;
    const timedOut = cause instanceof Error && /Abort|Timeout/.test(cause.name);
    throw new SystemFault(timedOut ? 'TIMED_OUT' : 'UNAVAILABLE', cause);
  }
}

async function readBounded(body: Dispatcher.ResponseData['body'], limitBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limitBytes) throw new SystemFault('INVALID_ANSWER');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A number where FHIR keeps a result. Whole in the text, since within a JSON string its quotes would be escaped. */
const resultNumber =
  /("value(?:Decimal|Integer)?"\s*:\s*)(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?=\s*[,}])/g;

/**
 * Results keep the digits they were sent with (FHIR R4, 2.24.0.1: decimals keep their precision): a number that JavaScript
 * would write in another way, such as 5.10, becomes a string. A reviver would say the same at several times the cost.
 */
function withNumbersAsSent(text: string): string {
  return text.replace(resultNumber, (whole, key: string, sent: string) =>
    String(Number(sent)) === sent ? whole : `${key}"${sent}"`,
  );
}

function parsed(text: string, status: number): unknown {
  try {
    return JSON.parse(withNumbersAsSent(text));
  } catch (cause) {
    if (status >= 200 && status < 300) throw new SystemFault('INVALID_ANSWER', cause);
    return undefined;
  }
}
