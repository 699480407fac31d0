import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { SectionOutcome } from './care-record/outcome.ts';

/** What is counted: codes, states and times; never a patient, a user or an operation. */
export interface Metrics {
  /** One request that ended with an HTTP status. */
  request(status: number, seconds: number): void;
  /** What the sources of one request did; a SILENT one is not counted, or the counters would tell that it was asked. */
  outcomes(outcomes: readonly SectionOutcome[]): void;
  /** Prometheus text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Opens the metrics of one gateway. */
export function openMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'suture_request_duration_seconds',
    help: 'Time from request to answer, by HTTP status',
    labelNames: ['status'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4],
    registers: [registry],
  });
  const sources = new Counter({
    name: 'suture_source_states_total',
    help: 'How sources answered, by organisation (ODS code, or `unconnected`), section and state',
    labelNames: ['source', 'section', 'state'],
    registers: [registry],
  });
  return {
    request: (status, seconds) => requests.observe({ status }, seconds),
    outcomes: (outcomes) => {
      for (const { source, section, state } of outcomes) {
        // Codes of organisations that nobody registered come from outside, and would be labels without end.
        const label = source.unconnected ? 'unconnected' : source.odsCode;
        if (!source.silent) sources.inc({ source: label, section, state });
      }
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
