import type { FastifyInstance } from 'fastify';
import { loadPolicy } from '../consent-policy/policy.ts';
import { createSigner } from '../consent-policy/signature.ts';
import { memberSchema, publicSchema } from '../subgraphs/care-record/schemas.ts';
import { personSubgraph } from '../subgraphs/person/subgraph.ts';
import { readAll } from '../subgraphs/read-all.ts';
import { accessStage } from './access/access-stage.ts';
import { personTrace } from './access/person-trace.ts';
import { importFacts } from './access/recorded-facts.ts';
import { openAudit } from './audit/audit.ts';
import { careRecord } from './care-record/care-record.ts';
import { locator } from './care-record/locate.ts';
import { readRegister } from './care-record/register.ts';
import { scatterer } from './care-record/scatter.ts';
import type { Config, Secrets } from './config.ts';
import { identityStage } from './identity.ts';
import { readMembership } from './membership.ts';
import { openMetrics } from './metrics.ts';
import { guardStage } from './operation-guard/operation-guard.ts';
import { openEngine } from './plan/engine.ts';
import { careRecordSource, localSource } from './plan/subgraph-sources.ts';
import { composeSupergraph, readSubgraphs } from './plan/supergraph.ts';
import { missingParts } from './readiness.ts';
import { buildServer } from './server.ts';
import { openStore } from './store/store.ts';

/** Puts the stages together from a checked config; the caller listens. Rejects with a fault that names every problem it finds. */
export async function openGateway(config: Config, secrets: Secrets): Promise<FastifyInstance> {
  const now = () => new Date();
  const [policy, register, membership] = readAll(
    () => loadPolicy(),
    () => readRegister(config),
    () => readMembership(config.DATA_DIR),
  );
  const store = await openStore(config.DATA_DIR);
  await importFacts(store, config.DATA_DIR);
  const audit = openAudit(config.DATA_DIR);
  const signer = createSigner(config.PUBLIC_URL);

  const answerRecord = careRecord({
    publicSchema: publicSchema(),
    memberSchema: memberSchema(),
    policy,
    locate: locator(register, config, secrets, membership),
    scatter: scatterer(signer),
    now,
  });
  const engine = openEngine({
    supergraphSdl: composeSupergraph(readSubgraphs()),
    sources: { person: localSource(personSubgraph(policy)), 'care-record': careRecordSource(answerRecord) },
    audit,
    policyVersion: policy.version,
  });
  const server = await buildServer({
    config,
    stages: {
      engine,
      identity: identityStage(config, membership),
      guard: guardStage({
        tokens: config.OPERATION_TOKENS,
        depth: config.OPERATION_DEPTH,
        fields: config.OPERATION_FIELDS,
        aliases: config.OPERATION_ALIASES,
      }),
      access: accessStage({ policy, trace: personTrace(config, secrets, membership), store, audit, now }),
      requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    },
    metrics: openMetrics(),
    jwks: () => signer.jwks(),
    missing: () => missingParts(config, store, register),
  });
  server.addHook('onClose', async () => {
    await audit.close();
    await store.destroy();
  });
  return server;
}
