import { type DocumentNode, type GraphQLSchema, Kind, parse, valueFromASTUntyped } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { AccessContext } from '../../consent-policy/access-context.ts';
import { englishDate } from '../../consent-policy/english-date.ts';
import type { Policy } from '../../consent-policy/policy.ts';
import { warnings } from '../../subgraphs/care-record/provider/warnings.ts';
import { withinLimit } from './limit.ts';
import type { Locate, Located } from './locate.ts';
import { mergeSection, refusedSection } from './merge.ts';
import type { SectionOutcome } from './outcome.ts';
import { permit } from './permit.ts';
import { planRecord, type RecordPlan } from './record-plan.ts';
import type { Provider } from './register.ts';
import { disclosed, releaseEntries } from './release.ts';
import type { Scatter } from './scatter.ts';

/** What the stage rests on. */
export interface CareRecordHouse {
  readonly publicSchema: GraphQLSchema;
  readonly memberSchema: GraphQLSchema;
  readonly policy: Policy;
  readonly locate: Locate;
  readonly scatter: Scatter;
  readonly now: () => Date;
}

/** One question about one patient's record. */
export interface RecordRequest {
  /** The subgraph operation that the planner wrote. */
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly access: AccessContext;
  readonly deadline: number;
}

/** The patient as the operation shapes them, and what every source did. */
export interface RecordAnswer {
  readonly patient: Record<string, unknown>;
  readonly outcomes: readonly SectionOutcome[];
}

/** How many operations are remembered with their plans. */
const rememberedPlans = 500;

/** Makes the stage `care-record`: locate → permit → scatter (each answer checked) → release → merge. */
export function careRecord(house: CareRecordHouse): (request: RecordRequest) => Promise<RecordAnswer> {
  const planFor = planner(house);
  return async ({ query, variables, access, deadline }) => {
    const plan = planFor(query, variables);
    const located = await house.locate(access.patient, access.requester.organisation);
    const today = englishDate(house.now());
    const permitted = permit(house.policy, access, located, plan.sections, today);
    const answered = await house.scatter(permitted.asks, access, deadline);
    const outcomes = [
      ...permitted.outcomes,
      ...answered.map((each) => received(house.policy, access, located, each)),
    ];
    const sections = plan.sections.map((section) => [
      section.key,
      permitted.refused.has(section)
        ? refusedSection(section)
        : mergeSection(
            section,
            bySource(outcomes.filter(({ key }) => key === section.key)),
            located.allLocated,
          ),
    ]);
    return { patient: { ...plainFields(plan, access), ...Object.fromEntries(sections) }, outcomes };
  };
}

/** What a source that was asked gave, as far as consent and its limit let it through. */
function received(
  policy: Policy,
  access: AccessContext,
  { providers, unsure }: Located,
  outcome: SectionOutcome,
): SectionOutcome {
  const isSources = ({ entry }: Provider) => entry.organisation.odsCode === outcome.source.odsCode;
  const limit = providers.find(isSources)?.entry.limits.itemsPerSection ?? 0;
  const released = withinLimit(releaseEntries(policy, access, outcome), limit);
  return unsure.some(isSources)
    ? { ...released, warnings: [...released.warnings, warnings.locatorDown] }
    : released;
}

/** By organisation, so that who answered first does not show; those that do not offer the section come last. */
function bySource(outcomes: readonly SectionOutcome[]): readonly SectionOutcome[] {
  const rank = ({ state, source }: SectionOutcome) => `${state === 'NOT_HELD' ? 1 : 0}${source.odsCode}`;
  return outcomes
    .flatMap((each) => disclosed(each) ?? [])
    .sort((one, other) => (rank(one) < rank(other) ? -1 : 1));
}

function plainFields(plan: RecordPlan, access: AccessContext): Record<string, unknown> {
  const values: Readonly<Record<string, unknown>> = {
    __typename: 'Patient',
    nhsNumber: access.patient.nhsNumber,
  };
  return Object.fromEntries(plan.plain.map(({ key, name }) => [key, values[name]]));
}

/** Plans are remembered by operation and by the Boolean variables that `@skip` and `@include` may read. */
function planner(house: CareRecordHouse) {
  const documents = new LRUCache<string, DocumentNode>({ max: rememberedPlans });
  const plans = new LRUCache<string, RecordPlan>({ max: rememberedPlans });
  return (query: string, variables: Readonly<Record<string, unknown>>): RecordPlan => {
    const conditions = Object.entries(variables).filter(([, value]) => typeof value === 'boolean');
    const key = JSON.stringify([query, conditions]);
    const known = plans.get(key);
    if (known) return known;
    const document = documents.get(query) ?? parse(query, { noLocation: true });
    documents.set(query, document);
    const plan = planRecord(
      house.publicSchema,
      house.memberSchema,
      document,
      withDefaults(document, variables),
    );
    plans.set(key, plan);
    return plan;
  };
}

/** Variables with the defaults that the operation declares (GraphQL spec, section 6.1.2). */
function withDefaults(
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const declared = document.definitions.flatMap((each) =>
    each.kind === Kind.OPERATION_DEFINITION ? (each.variableDefinitions ?? []) : [],
  );
  const defaults = declared.flatMap(({ variable, defaultValue }) =>
    defaultValue ? [[variable.name.value, valueFromASTUntyped(defaultValue)]] : [],
  );
  return { ...Object.fromEntries(defaults), ...variables };
}
