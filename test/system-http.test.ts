import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { SystemFault, systemHttp } from '../subgraphs/care-record/provider/system-http.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** What a system that answers so is taken for: its JSON, or the state of the fault. */
async function answered(respond: (response: ServerResponse) => void, limitMs = 5000): Promise<unknown> {
  const server = createServer((_request, response) => respond(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const http = systemHttp({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    authorization: null,
    signal: AbortSignal.timeout(limitMs),
    limitBytes: 1000,
  });
  try {
    return (await http.send({ method: 'GET', path: 'x' })).json;
  } catch (fault) {
    if (fault instanceof SystemFault) return fault.state;
    throw fault;
  }
}

describe('asking a provider’s own system', () => {
  it.each([
    ['{"value":5.10}', { value: '5.10' }],
    ['{"value" : 12345678901234567890.10 }', { value: '12345678901234567890.10' }],
    ['{"valueDecimal":0.0000001}', { valueDecimal: '0.0000001' }],
    ['{"valueInteger":12345678901234567890}', { valueInteger: '12345678901234567890' }],
    ['{"value":-0}', { value: '-0' }],
    ['{"value":1e999,"value2":1}', { value: '1e999', value2: 1 }],
    ['{"value":5.1}', { value: 5.1 }],
    ['{"value":1e-7}', { value: 1e-7 }],
    ['{"size":5.10}', { size: 5.1 }],
    [String.raw`{"text":"\"value\":5.10,"}`, { text: '"value":5.10,' }],
    [String.raw`{"text":"x\\","value":5.10}`, { text: 'x\\', value: '5.10' }],
    ['{"value":05.10}', 'INVALID_ANSWER'],
    ['{"value":5.}', 'INVALID_ANSWER'],
  ])('reads %s with the digits sent', async (body, json) => {
    expect(await answered((response) => response.end(body))).toEqual(json);
  });

  it('ends a body that drips beyond the deadline', async () => {
    const drip = (response: ServerResponse) => {
      const timer = setInterval(() => response.write(' '), 20);
      stops.push(() => clearInterval(timer));
    };
    expect(await answered(drip, 300)).toBe('TIMED_OUT');
  });

  it('refuses more bytes than the limit', async () => {
    expect(await answered((response) => response.end(`"${'x'.repeat(1000)}"`))).toBe('INVALID_ANSWER');
  });

  it('unpacks nothing that was sent packed', async () => {
    const packed = gzipSync(`"${'x'.repeat(1_000_000)}"`);
    const respond = (response: ServerResponse) =>
      response.setHeader('content-encoding', 'gzip').end(packed.subarray(0, 900));
    expect(await answered(respond)).toBe('INVALID_ANSWER');
  });
});
