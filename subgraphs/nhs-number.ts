/**
 * Whether ten digits end in a right check digit (NHS Data Dictionary, NHS NUMBER: modulus 11 with weights 10 to 2, 11 becomes
 * 0 and 10 is never issued). Does NOT say that the number belongs to anybody.
 */
export function isNhsNumber(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{10}$/.test(value)) return false;
  const sum = [...value.slice(0, 9)].reduce((total, digit, index) => total + Number(digit) * (10 - index), 0);
  return (11 - (sum % 11)) % 11 === Number(value[9]);
}
