import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createIssuer } from '../issuer/provider.ts';
import { serve } from '../listen.ts';

// The issuer's identifier is its address, which is known only once it listens.
await serve({
  async listen({ port, host }) {
    const server = createServer();
    await once(server.listen(port, host), 'listening');
    const address = `http://${host}:${(server.address() as AddressInfo).port}`;
    const issuer = await createIssuer(process.env.ISSUER_URL ?? address);
    server.on('request', issuer.callback());
    return address;
  },
});
