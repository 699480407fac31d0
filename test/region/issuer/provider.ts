import { exportJWK, generateKeyPair } from 'jose';
import { Provider, type TokenParts } from 'oidc-provider';
import { demoSecret, personaNamed, personas } from '../personas.ts';
import { claimsOf } from './claims.ts';

/** Whom the tokens are for. */
export const audience = 'suture';

const algorithm = 'PS256';
const lifetimeSeconds = 3600;

/** Stores nothing: signed access tokens need no memory, and the clients stand in the configuration. */
class Forgetful {
  async find(): Promise<undefined> {}
  async upsert(): Promise<void> {}
}

/**
 * The demo's identity provider: one client per persona, each of which may ask for a token with its client credentials.
 * The keys live as long as the process. Real staff sign in with CIS2, patients with NHS login.
 */
export async function createIssuer(issuerUrl: string): Promise<Provider> {
  return new Provider(issuerUrl, {
    adapter: Forgetful,
    clients: personas.map(({ name }) => client(name)),
    clientDefaults: { id_token_signed_response_alg: algorithm },
    ttl: { ClientCredentials: lifetimeSeconds },
    jwks: { keys: [await signingKey()] },
    cookies: { keys: [demoSecret('cookies')] },
    formats: { customizers: { jwt: addClaims } },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:suture',
        useGrantedResource: () => true,
        getResourceServerInfo: resourceServer,
      },
    },
  });
}

function client(name: string) {
  return {
    client_id: name,
    client_secret: demoSecret(name),
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  };
}

async function signingKey() {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  return { ...(await exportJWK(privateKey)), alg: algorithm, use: 'sig' };
}

function resourceServer() {
  return {
    scope: '',
    audience,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: algorithm } },
  };
}

/** The persona's claims take the place of the subject, which would else be the client id. */
function addClaims(_context: unknown, token: { readonly clientId: string }, parts: TokenParts): void {
  const persona = personaNamed(token.clientId);
  if (persona !== undefined) Object.assign(parts.payload, claimsOf(persona));
}
