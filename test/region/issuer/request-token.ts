import * as z from 'zod';
import { demoSecret } from '../personas.ts';

const answer = z.object({ access_token: z.string() });

/** The issuer did not give a token. */
export class TokenNotIssued extends Error {
  readonly code = 'TOKEN_NOT_ISSUED';
}

/** Asks the demo's issuer for a persona's bearer token (client credentials, RFC 6749 section 4.4). */
export async function requestToken(issuerUrl: string, personaName: string): Promise<string> {
  const credentials = Buffer.from(`${personaName}:${demoSecret(personaName)}`).toString('base64');
  const response = await fetch(new URL('/token', issuerUrl), {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  if (!response.ok) throw new TokenNotIssued(`the issuer answered ${response.status} for \`${personaName}\``);
  return answer.parse(await response.json()).access_token;
}
