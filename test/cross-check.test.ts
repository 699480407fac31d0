import { describe, expect, it } from 'vitest';
import type { TracedPatient } from '../consent-policy/access-context.ts';
import { crossCheck } from '../subgraphs/care-record/provider/cross-check.ts';
import { warnings } from '../subgraphs/care-record/provider/warnings.ts';

const traced: TracedPatient = {
  nhsNumber: '9991234578',
  formerNhsNumbers: ['9991234586'],
  birthDate: '1962-04-01',
  familyName: 'Bracken',
  state: 'ordinary',
  registeredPractice: null,
};
const claimed = { nhsNumber: '9991234578', birthDate: '1962-04-01', familyName: 'Bracken' };

describe('checking whose record was given', () => {
  it.each(['1962-04-01', '1962-04', '1962', '1962-04-01T08:10:37Z'])('agrees with %s', (birthDate) => {
    expect(crossCheck(traced, { ...claimed, birthDate })).toEqual({ samePerson: true, warnings: [] });
  });

  it.each(['1962-04-02', '1962-05', '1963', '1962-04-02T00:00:00'])('refuses %s', (birthDate) => {
    expect(crossCheck(traced, { ...claimed, birthDate })).toEqual({ samePerson: false, warnings: [] });
  });

  it.each([null, '', '1', '19', '1962-', '1962-0', '1962-02-31', 'unknown'])(
    'takes the birth date %j as missing',
    (birthDate) => {
      const missing = { samePerson: true, warnings: [warnings.birthDateMissing] };
      expect(crossCheck(traced, { ...claimed, birthDate })).toEqual(missing);
      expect(crossCheck({ ...traced, birthDate }, claimed)).toEqual(missing);
    },
  );

  it('knows a former number and says so', () => {
    const former = crossCheck(traced, { ...claimed, nhsNumber: '999 123 4586' });
    expect(former).toEqual({ samePerson: true, warnings: [warnings.formerNumber] });
  });

  it.each([null, '', '9991234594'])('refuses the number %j', (nhsNumber) => {
    expect(crossCheck(traced, { ...claimed, nhsNumber }).samePerson).toBe(false);
  });
});
