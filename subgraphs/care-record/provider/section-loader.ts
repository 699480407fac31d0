import DataLoader from 'dataloader';
import type { Section } from '../../../consent-policy/vocabulary.ts';
import { type Connector, emptyAnswer, type SectionAnswer, type SystemCall } from './connector.ts';
import { SystemFault } from './system-http.ts';

/** A section's answer with the time it must not outlast. */
export type SectionLoader = (section: Section) => Promise<SectionAnswer>;

/** Tells the log of a failure that is ours. */
export type Report = (cause: unknown) => void;

/**
 * One loader a request: sections that are asked for in the same tick reach the connector together, so that a protocol with one
 * call for all of them makes one. Each answers by `deadline` (aborted signal), TIMED_OUT if it has not by then, and none waits
 * for another.
 */
export function sectionLoader(
  connector: Connector,
  call: SystemCall,
  deadline: AbortSignal,
  report: Report,
): SectionLoader {
  // DataLoader settles a batch as a whole: what it loads is the beginning of each answer.
  const loader = new DataLoader<Section, { readonly answer: Promise<SectionAnswer> }>(
    async (wanted) => {
      const answers = started(connector, call, wanted);
      return wanted.map((section) => ({ answer: bounded(answers.get(section), deadline, report) }));
    },
    { maxBatchSize: 50 },
  );
  return async (section) => (await loader.load(section)).answer;
}

function bounded(
  answer: Promise<SectionAnswer> | undefined,
  deadline: AbortSignal,
  report: Report,
): Promise<SectionAnswer> {
  if (!answer) return Promise.resolve(emptyAnswer('NOT_HELD'));
  const late = new Promise<SectionAnswer>((resolve) => {
    const giveUp = () => resolve(emptyAnswer('TIMED_OUT'));
    if (deadline.aborted) giveUp();
    else deadline.addEventListener('abort', giveUp, { once: true });
  });
  return Promise.race([answer.catch((cause: unknown) => failedAnswer(cause, report)), late]);
}

/** Only a `SystemFault` says why; whatever else is thrown is ours, and goes to the log. */
function failedAnswer(cause: unknown, report: Report): SectionAnswer {
  if (cause instanceof SystemFault) return emptyAnswer(cause.state);
  report(cause);
  return emptyAnswer('UNAVAILABLE');
}

/** A connector that throws before it has begun fails each section. */
function started(
  connector: Connector,
  call: SystemCall,
  wanted: readonly Section[],
): ReadonlyMap<Section, Promise<SectionAnswer>> {
  try {
    return connector.read(call, wanted);
  } catch (cause) {
    return new Map(wanted.map((section) => [section, Promise.reject(cause)]));
  }
}
