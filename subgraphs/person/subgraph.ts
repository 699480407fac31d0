import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { type GraphQLSchema, parse } from 'graphql';
import type { AccessContext } from '../../consent-policy/access-context.ts';
import { enforceConsent } from '../../consent-policy/directive.ts';
import { factsOf } from '../../consent-policy/facts.ts';
import type { Policy } from '../../consent-policy/policy.ts';
import type { Person } from './person.ts';

/** What the subgraph reads of a request: the trace that the access stage made. */
export interface PersonContext {
  readonly access: { readonly context: AccessContext; readonly person: Person } | null;
}

/** Builds the subgraph `person`: who the patient is, from the trace already made; it asks nobody. */
export function personSubgraph(policy: Policy): GraphQLSchema {
  const typeDefs = parse(readFileSync(new URL('schema.graphql', import.meta.url), 'utf8'));
  const schema = buildSubgraphSchema([
    {
      typeDefs,
      resolvers: {
        Query: {
          patient: (_: unknown, asked: { nhsNumber: string }, context: PersonContext) =>
            patientOf(asked, context),
        },
        Patient: {
          __resolveReference: patientOf,
          person: (_: unknown, __: unknown, context: PersonContext) => context.access?.person ?? null,
        },
      },
    },
  ]);
  return enforceConsent<PersonContext>(schema, {
    policy,
    facts: ({ access }, section) => factsOf(granted(access).context, section),
    withheld: () => null,
  });
}

/** Access was granted to a person that this request did not ask about, or to none. */
class NotGrantedFault extends Error {
  readonly code = 'ACCESS_REFUSED';
}

function granted<T>(access: T | null): T {
  if (access === null) throw new NotGrantedFault('no access was granted');
  return access;
}

/** The number asked for, or one that it superseded, must be the one that access was granted for. */
function patientOf({ nhsNumber }: { nhsNumber: string }, { access }: PersonContext): { nhsNumber: string } {
  const { patient } = granted(access).context;
  if (![patient.nhsNumber, ...patient.formerNhsNumbers].includes(nhsNumber)) {
    throw new NotGrantedFault('access was granted for another person');
  }
  return { nhsNumber: patient.nhsNumber };
}
