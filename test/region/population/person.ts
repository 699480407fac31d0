/** One invented person of the region: what PDS knows, and who holds a record. Nothing clinical stands here. */
export interface Person {
  /** 999 range, valid check digit. */
  readonly nhsNumber: string;
  /** One word or two for people to read, e.g. `complete`, `gp-dissent`, `slow-provider`; printed by `npm run patients`. */
  readonly situation: string;
  readonly familyName: string;
  readonly givenNames: readonly string[];
  readonly gender: 'female' | 'male';
  readonly birthDate: string;
  readonly address: { readonly lines: readonly string[]; readonly city: string; readonly postcode: string };
  readonly telephone: string;
  /** ODS code of the registered practice. */
  readonly registeredPractice: string;
  /** PDS "S flag": address, telecom and practice are stripped by PDS. */
  readonly restricted: boolean;
  /** Death notification status: 1 informal, 2 formal. */
  readonly death: { readonly status: 1 | 2; readonly date: string } | null;
  /** Former NHS numbers that PDS answers with this person (superseded). */
  readonly supersededNumbers: readonly string[];
  /** ODS codes of the organisations that hold a record of this person. */
  readonly heldBy: readonly string[];
}
