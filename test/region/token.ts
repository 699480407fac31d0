import { requestToken, TokenNotIssued } from './issuer/request-token.ts';
import { personaNamed, personas } from './personas.ts';

// `npm run --silent token -- <persona>`: a bearer token of the demo region and nothing else on stdout.
const issuerUrl = process.env.ISSUER_URL ?? 'http://127.0.0.1:4100';
const [name = ''] = process.argv.slice(2);

if (personaNamed(name) === undefined) {
  const list = personas.map((persona) => `  ${persona.name.padEnd(18)}${persona.description}\n`).join('');
  process.stderr.write(`usage: npm run --silent token -- <persona>\npersonas:\n${list}`);
  process.exitCode = 2;
} else {
  try {
    process.stdout.write(`${await requestToken(issuerUrl, name)}\n`);
  } catch (error) {
    process.stderr.write(`${explanation(error)}\n`);
    process.exitCode = 1;
  }
}

function explanation(error: unknown): string {
  if (error instanceof TokenNotIssued) return error.message;
  return `no issuer answers at ${issuerUrl}: start the region with \`npm start\`, or set ISSUER_URL`;
}
