import { type GraphQLField, type GraphQLSchema, isObjectType } from 'graphql';
import type { AccessContext } from '../../../consent-policy/access-context.ts';
import { enforceConsent, sectionOfField } from '../../../consent-policy/directive.ts';
import { sourceFacts } from '../../../consent-policy/facts.ts';
import type { Policy } from '../../../consent-policy/policy.ts';
import { agreementOf } from '../register-files.ts';
import { memberSchema } from '../schemas.ts';
import type { SectionAnswer } from './connector.ts';
import { releasedSection, type SectionWriter, withheldSection } from './member-section.ts';
import type { SectionLoader } from './section-loader.ts';

/** One call of one provider's subgraph, made after its access context was verified. */
export interface MemberContext {
  readonly access: AccessContext;
  readonly load: SectionLoader;
  readonly writer: SectionWriter;
  /** ISO date, for the agreement. */
  readonly today: string;
}

/** The representation is of another patient than the access context's. */
export class WrongPatientFault extends Error {
  readonly code = 'ACCESS_REFUSED';

  constructor() {
    super('the access context is for another patient');
    this.name = 'WrongPatientFault';
  }
}

/**
 * The member contract with its resolvers, one schema for every provider: which one is asked stands in the context. Consent
 * stands around each section, for `_entities` as for every other path.
 */
export function providerSubgraph(policy: Policy): GraphQLSchema {
  const schema = memberSchema({
    Patient: {
      __resolveReference: ({ nhsNumber }: { nhsNumber: string }, { access }: MemberContext) => {
        if (nhsNumber !== access.patient.nhsNumber) throw new WrongPatientFault();
        return { nhsNumber };
      },
    },
  });
  for (const field of patientFields(schema)) {
    const section = sectionOfField(field);
    if (section !== null)
      field.resolve = (_patient, _arguments, context) => (context as MemberContext).load(section);
  }
  return enforceConsent<MemberContext>(schema, {
    policy,
    facts: ({ access, writer, today }, section) =>
      sourceFacts(access, section, agreementOf(writer.entry), today),
    withheld: (_section, _decision, { writer }) => withheldSection(writer),
    release: (answer, decideWith, section, { access, writer }) =>
      releasedSection(writer, section, answer as SectionAnswer, decideWith, access.requester.role),
  });
}

function patientFields(schema: GraphQLSchema): readonly GraphQLField<unknown, unknown>[] {
  const patient = schema.getType('Patient');
  return isObjectType(patient) ? Object.values(patient.getFields()) : [];
}
