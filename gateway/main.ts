import { readConfig, withoutApolloTelemetry } from './config.ts';
import { openGateway } from './gateway.ts';

// What production runs: `npm run gateway`.

try {
  withoutApolloTelemetry();
  const { config, secrets } = readConfig();
  const server = await openGateway(config, secrets);
  const address = await server.listen({ port: config.PORT, host: config.HOST });
  process.stdout.write(`ready ${address}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void server.close());
} catch (cause) {
  process.stderr.write(`suture: ${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exitCode = 1;
}
