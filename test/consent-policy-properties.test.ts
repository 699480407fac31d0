import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadPolicy, unreadableFacts } from '../consent-policy/policy.ts';
import { type Facts, roles, sections, vocabulary } from '../consent-policy/vocabulary.ts';
import { bestFacts, statedDecision } from './consent-policy-statement.ts';

const policy = loadPolicy();
const factNames = Object.keys(vocabulary) as (keyof Facts)[];

const word = (fact: keyof Facts) => fc.constantFrom<string>(...vocabulary[fact]);
const anyFacts = fc.record(Object.fromEntries(factNames.map((fact) => [fact, word(fact)]))).map(asFacts);
/** Facts near a release: wholly random ones are nearly all refused for several reasons at once. */
const nearFacts = fc
  .tuple(
    fc.constantFrom(...roles),
    fc.constantFrom(...sections),
    anyFacts,
    fc.subarray(factNames, { maxLength: 3 }),
  )
  .map(([role, section, other, changed]) =>
    asFacts({
      ...bestFacts(role, section),
      ...Object.fromEntries(changed.map((fact) => [fact, other[fact]])),
    }),
  );

describe('closed by default', () => {
  test('an unknown word in any fact refuses', () => {
    const strange = fc.oneof(
      fc.string().filter((text) => !Object.values(vocabulary).flat<unknown>().includes(text)),
      fc.constantFrom(
        undefined,
        null,
        0,
        true,
        ['doctor'],
        {},
        '__proto__',
        'constructor',
        'Doctor',
        'doctor ',
      ),
    );
    fc.assert(
      fc.property(nearFacts, fc.constantFrom(...factNames), strange, (facts, fact, value) => {
        expect(policy.decide(asFacts({ ...facts, [fact]: value }))).toBe(unreadableFacts);
      }),
    );
  });

  test('a word of another fact refuses', () => {
    expect(policy.decide(asFacts({ ...bestFacts('doctor', 'person'), label: 'doctor' }))).toBe(
      unreadableFacts,
    );
  });

  test('a missing fact refuses', () => {
    for (const fact of factNames) {
      const { [fact]: _, ...rest } = bestFacts('doctor', 'person');
      expect(policy.decide(asFacts(rest))).toBe(unreadableFacts);
    }
  });

  test('a fact that is not known refuses', () => {
    expect(policy.decide(asFacts({ ...bestFacts('doctor', 'person'), lable: 'restricted' }))).toBe(
      unreadableFacts,
    );
  });

  test('no facts at all refuse', () => {
    for (const nothing of [null, undefined, 'doctor', [], Promise.resolve(bestFacts('doctor', 'person'))])
      expect(policy.decide(asFacts(nothing))).toBe(unreadableFacts);
  });

  test('a fact that throws when read refuses', () => {
    const facts = {
      ...bestFacts('doctor', 'person'),
      get label(): never {
        throw new Error('unreadable');
      },
    };
    expect(policy.decide(asFacts(facts))).toBe(unreadableFacts);
  });

  test('a decision cannot be changed by its reader', () => {
    const decision = policy.decide(bestFacts('researcher', 'person'));
    expect(() => Object.assign(decision, { allowed: true })).toThrow(TypeError);
    expect(() => Object.assign(decision.policies, ['none'])).toThrow(TypeError);
  });
});

describe('over the vocabulary', () => {
  test('losing a ground never turns refusal into release', () => {
    const worse: readonly Partial<Facts>[] = [
      { training: 'lapsed' },
      { relationship: 'none' },
      { purpose: 'unstated' },
      { agreement: 'expired' },
      { dissent: 'local' },
      { dissent: 'regional' },
      { label: 'unknown' },
      { person: 'restricted' },
    ];
    fc.assert(
      fc.property(nearFacts, fc.constantFrom(...worse), (facts, change) => {
        if (policy.decide({ ...facts, ...change }).allowed) expect(policy.decide(facts).allowed).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('without training, relationship or purpose nothing is released', () => {
    fc.assert(
      fc.property(
        nearFacts,
        fc.constantFrom<Partial<Facts>>(
          { training: 'lapsed' },
          { relationship: 'none' },
          { purpose: 'unstated' },
        ),
        (facts, change) => {
          expect(policy.decide({ ...facts, ...change }).allowed).toBe(false);
        },
      ),
    );
  });

  test('every decision names rules that exist', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const { allowed, policies } = policy.decide(facts);
        expect(policies.length).toBeGreaterThan(0);
        expect(policy.ids).toEqual(expect.arrayContaining([...policies]));
        if (allowed) expect(policies).toEqual(['role']);
      }),
      { numRuns: 300 },
    );
  });

  test('decisions do not depend on call order', () => {
    const other = loadPolicy();
    fc.assert(
      fc.property(fc.array(nearFacts, { maxLength: 12 }), (calls) => {
        const forwards = calls.map(policy.decide);
        const backwards = calls.toReversed().map(other.decide).toReversed();
        expect(backwards).toEqual(forwards);
        expect(calls.map(policy.decide)).toEqual(forwards);
      }),
      { numRuns: 50 },
    );
  });
});

describe('agreement with the rules stated again', () => {
  /** Every combination of the words of these facts, the others at their best for the role. */
  function product(...facts: (keyof Facts)[]): Facts[] {
    return facts.reduce<Facts[]>(
      (all, fact) =>
        all.flatMap((made) => vocabulary[fact].map((value) => asFacts({ ...made, [fact]: value }))),
      [bestFacts('doctor', 'person')],
    );
  }
  const refitted = (facts: Facts, kept: (keyof Facts)[]): Facts =>
    asFacts({
      ...bestFacts(facts.role, facts.section),
      ...Object.fromEntries(kept.map((fact) => [fact, facts[fact]])),
    });

  // Together every combination of the facts that any one rule reads.
  const grids: readonly (keyof Facts)[][] = [
    ['role', 'section', 'person'],
    ['role', 'purpose'],
    ['role', 'relationship'],
    ['role', 'training'],
    ['role', 'dissent', 'recipient'],
    ['agreement', 'recipient'],
    ['label', 'recipient'],
  ];

  test.for(grids.map((facts) => ({ facts, names: facts.join(' × ') })))(
    'it is complete over $names',
    ({ facts }) => {
      for (const made of product(...facts)) {
        const asked = refitted(made, facts);
        expect(policy.decide(asked), JSON.stringify(asked)).toEqual(statedDecision(asked));
      }
    },
  );

  test('it holds for random facts near a release', () => {
    fc.assert(
      fc.property(nearFacts, (facts) => {
        expect(policy.decide(facts)).toEqual(statedDecision(facts));
      }),
      { numRuns: 1_000 },
    );
  });

  test('it holds for any random facts', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        expect(policy.decide(facts)).toEqual(statedDecision(facts));
      }),
      { numRuns: 1_000 },
    );
  });
});

/** Tests hand over what the types forbid. */
function asFacts(value: unknown): Facts {
  return value as Facts;
}
