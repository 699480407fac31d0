import { readyQuery } from '../../gateway/ready-query.ts';
import { answerTable } from './answer-table.ts';
import { personas } from './personas.ts';
import { personIn } from './population/find.ts';
import { requireFreePorts } from './ports.ts';
import { fixedPorts, startRegion } from './region.ts';
import { readStartSettings, requireUsableData } from './start-check.ts';
import { startSuture } from './suture.ts';

// `npm start`: the invented region and Suture in front of it, each program in a process of its own.

/** The persona and the person of the query that is shown. */
const asked = { persona: 'gp', situation: 'complete' };

try {
  const { dataDir, ports } = readStartSettings(process.env);
  process.stdout.write('Starting the invented region and Suture …\n');
  await requireUsableData(dataDir);
  await requireFreePorts([ports.gateway, ports.providers, ...fixedPorts]);
  const { nhsNumber } = personIn(asked.situation);
  const region = await startRegion({ ports: 'fixed', dataDir });
  const suture = await startSuture({
    region,
    dataDir,
    ports,
    env: { LOG_LEVEL: process.env.LOG_LEVEL ?? 'error', PLAYGROUND_NHS_NUMBER: nhsNumber },
    onLine: (line) => process.stdout.write(`${line}\n`),
  }).catch(async (cause) => {
    await region.stop();
    throw cause;
  });
  const stop = async (exitCode: number) => {
    await Promise.all([suture.stop(), region.stop()]);
    process.exit(exitCode);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void stop(0));
  void suture.ended.then(() => stop(1));
  // The first query compiles what every later one uses; the second is what a user sees.
  await readyAnswer(suture.address, region.token, nhsNumber);
  const answer = await readyAnswer(suture.address, region.token, nhsNumber);
  process.stdout.write(welcome(suture.address, nhsNumber, answer));
} catch (cause) {
  process.stderr.write(`suture: ${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exit(1);
}

async function readyAnswer(
  address: string,
  token: (persona: string) => Promise<string>,
  nhsNumber: string,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await token(asked.persona)}` },
    body: JSON.stringify({ query: readyQuery, variables: { nhsNumber } }),
  });
  const answer = (await response.json()) as { data?: { patient?: Record<string, unknown> } };
  return answer.data?.patient ?? {};
}

function welcome(address: string, nhsNumber: string, patient: Record<string, unknown>): string {
  const people = personas.map(({ name, description }) => `    ${name.padEnd(18)}${description}`);
  return `
Suture is ready.

  Playground   ${address}/
  GraphQL      POST ${address}/graphql
  Token        npm run --silent token -- ${asked.persona}
  Patients     npm run --silent patients
  Personas
${people.join('\n')}

The query in the playground, as \`${asked.persona}\` for NHS number ${nhsNumber} (\`${asked.situation}\`):

${readyQuery}
Its answer:

${answerTable(patient)}

Ctrl-C ends everything.
`;
}
