import { loadPolicy } from '../../../consent-policy/policy.ts';
import { readAll } from '../../read-all.ts';
import { readHostConfig, readHostRegister } from './host-config.ts';
import { buildProviderHost } from './provider-host.ts';

// One program for all the provider subgraphs that we host: `npm run provider-subgraphs`.

try {
  const [{ config, secrets }, register, policy] = readAll(
    () => readHostConfig(),
    () => readHostRegister(),
    () => loadPolicy(),
  );
  const host = buildProviderHost(register, policy, config, secrets);
  const address = await host.listen({ port: config.PORT, host: config.HOST });
  process.stdout.write(`ready ${address}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void host.close());
} catch (cause) {
  process.stderr.write(
    `suture provider subgraphs: ${cause instanceof Error ? cause.message : String(cause)}\n`,
  );
  process.exitCode = 1;
}
