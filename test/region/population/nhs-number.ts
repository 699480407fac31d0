import { between } from './seed.ts';

/** The tenth digit by modulus 11 (NHS Data Dictionary, NHS NUMBER), or null where the nine digits cannot be a number. */
export function checkDigit(nineDigits: string): number | null {
  const sum = [...nineDigits].reduce((total, digit, index) => total + Number(digit) * (10 - index), 0);
  const digit = (11 - (sum % 11)) % 11;
  return digit === 10 ? null : digit;
}

/** A number of the 999 range, which is never issued. */
export function inventedNhsNumber(next: () => number): string {
  const nineDigits = `999${String(between(next, 0, 999_999)).padStart(6, '0')}`;
  const digit = checkDigit(nineDigits);
  return digit === null ? inventedNhsNumber(next) : `${nineDigits}${digit}`;
}
