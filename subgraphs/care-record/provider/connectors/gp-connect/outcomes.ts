import type { SourceState } from '../../../source-state.ts';
import { type Json, list, object } from './json.ts';

/**
 * Spine error codes (GP Connect, "Error handling guidance"), the one that withholds most first. GP Connect answers
 * PATIENT_NOT_FOUND for six different reasons, so that it never means "nothing recorded".
 */
const states: readonly (readonly [string, SourceState])[] = [
  ['NO_PATIENT_CONSENT', 'WITHHELD'],
  ['NO_ORGANISATION_CONSENT', 'WITHHELD'],
  ['NO_RELATIONSHIP', 'WITHHELD'],
  ['ACCESS DENIED', 'WITHHELD'],
  ['ACCESS_DENIED', 'WITHHELD'],
  ['PATIENT_NOT_FOUND', 'NO_RECORD_GIVEN'],
  ['NO_RECORD_FOUND', 'NO_RECORD_GIVEN'],
  ['INVALID_NHS_NUMBER', 'NO_RECORD_GIVEN'],
  ['INVALID_PATIENT_DEMOGRAPHICS', 'NO_RECORD_GIVEN'],
  ['NOT_IMPLEMENTED', 'SWITCHED_OFF'],
];

/** What the outcomes inside a Bundle say of the areas asked for. */
export interface Notices {
  /** Parameters whose area is switched off, in lower case, e.g. `includeproblems`. */
  readonly off: ReadonlySet<string>;
  /** Parameters of which a part was not understood, in lower case. */
  readonly partly: ReadonlySet<string>;
  /** True for anything else that the source warns of. */
  readonly other: boolean;
  /** The state of the whole answer, if an error stands in it. */
  readonly refusal: SourceState | null;
}

/** The state that an answer other than a record stands for; null if it is neither an error nor an OperationOutcome. */
export function refusalState(status: number, body: unknown): SourceState | null {
  const outcome = object(body);
  const isOutcome = outcome.resourceType === 'OperationOutcome';
  if (status >= 500 && status !== 501) return 'UNAVAILABLE';
  if (isOutcome) {
    const known = stateOf(issues(outcome));
    if (known) return known;
  }
  if (status >= 200 && status < 300) return isOutcome ? 'INVALID_ANSWER' : null;
  return status === 403 ? 'WITHHELD' : 'UNAVAILABLE';
}

/** Reads the OperationOutcomes among the entries of a Bundle (GP Connect, "Configuration for supported clinical areas"). */
export function readNotices(outcomes: readonly Json[]): Notices {
  const all = outcomes.flatMap(issues);
  const warnings = all.filter(isWarning);
  const named = warnings.flatMap(parametersOf);
  const errors = all.filter((issue) => issue.severity === 'error' || issue.severity === 'fatal');
  return {
    off: new Set(named.filter((name) => name !== null && !name.includes('.')).map(String)),
    partly: new Set(
      named.filter((name) => name?.includes('.')).map((name) => String(name).split('.')[0] ?? ''),
    ),
    other: named.includes(null) || errors.length > 0,
    refusal: stateOf(errors),
  };
}

/** Suppliers differ in the severity of what they leave out: whatever is no error says so by its code. */
function isWarning(issue: Json): boolean {
  if (issue.severity === 'error' || issue.severity === 'fatal') return false;
  return issue.severity === 'warning' || codesOf(issue).includes('NOT_IMPLEMENTED');
}

function issues(outcome: Json): readonly Json[] {
  return list(outcome.issue).map(object);
}

function stateOf(found: readonly Json[]): SourceState | null {
  const sent = new Set(found.flatMap(codesOf));
  return states.find(([code]) => sent.has(code))?.[1] ?? null;
}

/** `diagnostics` of a NOT_IMPLEMENTED warning, and the first word of its text: one supplier says it only there. */
function parametersOf(issue: Json): readonly (string | null)[] {
  if (!codesOf(issue).includes('NOT_IMPLEMENTED')) return [null];
  const { diagnostics, details } = issue;
  const words = [diagnostics, object(details).text].filter((text) => typeof text === 'string');
  const names = words.map((text) => /^\s*(include\w+(\.\w+)?)/i.exec(text)?.[1]?.toLowerCase());
  const found = names.filter((name) => name !== undefined);
  return found.length > 0 ? found : [null];
}

function codesOf(issue: Json): readonly unknown[] {
  return list(object(issue.details).coding).map((coding) => object(coding).code);
}
