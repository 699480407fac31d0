import { createServer } from 'node:net';

/** Somebody listens on a port that is needed. */
export class PortInUse extends Error {
  readonly code = 'PORT_IN_USE';

  constructor(ports: readonly number[]) {
    super(`${ports.map((port) => `port ${port} is in use`).join(', ')}: is another \`npm start\` running?`);
    this.name = 'PortInUse';
  }
}

/** Rejects with `PortInUse` unless every port of this machine's loopback is free at this moment. */
export async function requireFreePorts(ports: readonly number[]): Promise<void> {
  const free = await Promise.all(ports.map(isFreePort));
  const busy = ports.filter((_, index) => !free[index]);
  if (busy.length > 0) throw new PortInUse(busy);
}

/** Whether nobody listens on a port at this moment. */
export async function isFreePort(port: number): Promise<boolean> {
  return (await listened(port)) !== null;
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  return (await listened(0)) ?? 0;
}

/** The port that was listened on for a moment, or null if it could not be. */
function listened(port: number): Promise<number | null> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null));
    });
  });
}
