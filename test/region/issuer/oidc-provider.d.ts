// oidc-provider ships no types; these are the few that the demo issuer needs.
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  /** The claims of a JWT access token, before they are signed. */
  export interface TokenParts {
    payload: Record<string, unknown>;
  }

  /** An OAuth 2.0 authorisation server. */
  export class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>);
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  }
}
