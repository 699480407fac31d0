import { inventedNhsNumber } from './nhs-number.ts';
import type { Person } from './person.ts';
import { between, dayAfter, pick, seeded } from './seed.ts';

type Sketch = Partial<Pick<Person, 'restricted' | 'death' | 'registeredPractice'>> & {
  readonly situation: string;
  readonly held?: readonly string[];
  readonly formerNumber?: boolean;
};

const riverside = 'G99001';
const hilltop = 'G99002';
const northgate = 'RXX01';
const eastfield = 'RXX02';
const council = '999';

/** One line a person. `held` names the holders besides the practice; `no-record` has a pointer to eastfield, and no record. */
const sketches: readonly Sketch[] = [
  { situation: 'complete', held: [northgate, eastfield, council] },
  { situation: 'complete', held: [northgate, eastfield, council] },
  { situation: 'large', held: [northgate, council] },
  { situation: 'no-record', held: [eastfield] },
  { situation: 'gp-dissent', held: [northgate] },
  { situation: 'gp-dissent-same-day', held: [northgate] },
  { situation: 'gp-consent-later', held: [northgate] },
  { situation: 'regional-dissent', held: [northgate, council] },
  { situation: 'superseded', held: [eastfield], formerNumber: true },
  { situation: 'slow-provider', held: [northgate, eastfield] },
  { situation: 'dead-provider', held: [northgate, eastfield] },
  { situation: 'lying-provider', held: [northgate, eastfield] },
  { situation: 'deceased', held: [northgate], death: { status: 2, date: '2026-02-11' } },
  { situation: 'deceased-informal', held: [northgate], death: { status: 1, date: '2026-03-02' } },
  { situation: 'restricted', held: [northgate, council], restricted: true },
  { situation: 'labelled', held: [northgate, council] },
  { situation: 'renamed', held: [northgate] },
  { situation: 'wrong-birth-date', held: [northgate] },
  { situation: 'in-transit', held: [northgate] },
  { situation: 'awaiting-filing', held: [northgate] },
  { situation: 'all-confidential', held: [northgate] },
  { situation: 'switched-off', held: [northgate] },
  { situation: 'no-known-allergies', held: [northgate] },
  { situation: 'hilltop', registeredPractice: hilltop, held: [eastfield, council] },
  { situation: 'unrelated', registeredPractice: hilltop },
  { situation: 'ordinary', held: [northgate] },
  { situation: 'ordinary', held: [eastfield, council] },
  { situation: 'ordinary', held: [council] },
];

const familyNames = [
  'Ashdown',
  'Birchall',
  'Copperwaite',
  'Dunmallow',
  'Elderkin',
  'Fernleigh',
  'Garrowby',
  'Hathersage',
  'Inglewood',
  'Jessamy',
  'Kestrelman',
  'Larkhill',
  'Merrowdale',
  'Netherby',
  'Oakhanger',
  'Pennyquick',
  'Quillfeather',
  'Rookhope',
  'Silverdale',
  'Thistlewood',
  'Underhay',
  'Vellacott',
  'Wintergreen',
  'Yarrowby',
  'Zeal',
  'Brackenbury',
  'Coldstream',
  'Dapplemere',
] as const;
const femaleNames = ['Ada', 'Beryl', 'Cerys', 'Dilys', 'Esme', 'Farida', 'Greta', 'Hana'] as const;
const maleNames = ['Alban', 'Basil', 'Cedric', 'Dev', 'Edmund', 'Farid', 'Gwilym', 'Hamish'] as const;
const middleNames = ['Marlow', 'Quince', 'Rowan', 'Sage', 'Tamar', 'Vale'] as const;
const streets = ['Larch Lane', 'Weaver Street', 'Old Tannery Road', 'Beacon View', 'Ferry Row'] as const;
const towns = ['Northmere', 'Eastfield', 'Riverside', 'Hilltop'] as const;

function drawn(sketch: Sketch, index: number): Person {
  const nth = sketches.slice(0, index).filter(({ situation }) => situation === sketch.situation).length;
  const next = seeded(`person/${sketch.situation}/${nth}`);
  const nhsNumber = inventedNhsNumber(next);
  const gender = next() < 0.5 ? 'female' : 'male';
  const names = gender === 'female' ? femaleNames : maleNames;
  const registeredPractice = sketch.registeredPractice ?? riverside;
  return {
    nhsNumber,
    situation: sketch.situation,
    familyName: familyNames[index] ?? `Newcomer${index}`,
    givenNames: [pick(next, names), pick(next, middleNames)],
    gender,
    birthDate: dayAfter('1936-01-01', between(next, 0, 25_000)),
    address: {
      lines: [`${between(next, 1, 140)} ${pick(next, streets)}`],
      city: pick(next, towns),
      postcode: `ZZ${between(next, 1, 9)} ${between(next, 1, 9)}${pick(next, ['AB', 'CD', 'EF'])}`,
    },
    // Ofcom reserves 01632 960000 to 960999 for invented numbers.
    telephone: `01632 960${String(between(next, 0, 999)).padStart(3, '0')}`,
    registeredPractice,
    restricted: sketch.restricted ?? false,
    death: sketch.death ?? null,
    supersededNumbers: sketch.formerNumber ? [inventedNhsNumber(next)] : [],
    heldBy: [registeredPractice, ...(sketch.held ?? [])],
  };
}

/** Everybody in the invented region, the same on every run. */
export const people: readonly Person[] = sketches.map(drawn);
