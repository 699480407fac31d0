import {
  allergyCodes,
  type Code,
  documentCodes,
  type MeasuredTest,
  medicineCodes,
  noKnownAllergy,
  penicillinAllergy,
  problemCodes,
  reactionCodes,
  reportCodes,
  testCodes,
} from './codes.ts';
import type { Person } from './person.ts';
import { between, dayAfter, mark, pick, seeded } from './seed.ts';

/** What one organisation has recorded of one person, before any protocol's words: each system writes it in its own. */
export interface History {
  readonly problems: readonly Problem[];
  readonly medicines: readonly Medicine[];
  readonly allergies: readonly Allergy[];
  readonly reports: readonly Report[];
  readonly contacts: readonly Contact[];
  readonly documents: readonly Document[];
}

interface Entry {
  /** Unique within the organisation. */
  readonly id: string;
  readonly date: string;
  /** A text that occurs in no other entry of the region. */
  readonly text: string;
  /** v3-Confidentiality `R` or `V`, v3-ActCode `NOPAT`. */
  readonly label: 'R' | 'V' | 'NOPAT' | null;
}

/** A problem; over if it has an end. */
export interface Problem extends Entry {
  readonly code: Code;
  readonly end: string | null;
  readonly significance: 'major' | 'minor';
}

/** A medicine; `text` is its dose instruction. */
export interface Medicine extends Entry {
  readonly code: Code;
  readonly end: string | null;
  readonly repeat: boolean;
}

/** An allergy, or the statement that none is known. */
export interface Allergy extends Entry {
  readonly code: Code;
  readonly reaction: Code | null;
}

/** A group of test results. */
export interface Report extends Entry {
  readonly code: Code;
  readonly tests: readonly (MeasuredTest & { readonly value: number })[];
}

/** A consultation or visit; `kind` picks among the kinds of the organisation. */
export interface Contact extends Entry {
  readonly kind: number;
  readonly days: number;
}

/** A document that was made in a contact. */
export interface Document extends Entry {
  readonly code: Code;
  readonly bytes: number;
  readonly contactId: string;
}

interface Counts {
  readonly problems: number;
  readonly medicines: number;
  readonly allergies: number;
  readonly reports: number;
  readonly contacts: number;
  readonly documents: number;
}

const largePractice = {
  problems: 300,
  medicines: 600,
  allergies: 10,
  reports: 600,
  contacts: 400,
  documents: 200,
};
const largeHospital = {
  problems: 40,
  medicines: 60,
  allergies: 4,
  reports: 100,
  contacts: 80,
  documents: 40,
};

/** The history of `person` at the organisation: the same on every run, whoever else there is. */
export function history(person: Person, odsCode: string): History {
  const draw = drawing(person, odsCode);
  const counts = countsOf(person, odsCode);
  const contacts = entries('v', counts.contacts, (id) => contact(draw(id), id));
  return {
    problems: entries('p', counts.problems, (id, index) => labelled(problem(draw(id), id), person, index)),
    medicines: entries('m', counts.medicines, (id) => medicine(draw(id), id)),
    allergies: entries('a', counts.allergies, (id) => allergy(draw(id), id, allergyCode(person, odsCode))),
    reports: entries('r', counts.reports, (id) => report(draw(id), id)),
    contacts,
    documents: entries('d', counts.documents, (id, index) =>
      labelledDocument(document(draw(id), id, contacts[index % contacts.length]), person, index),
    ),
  };

  function labelled(entry: Problem, { situation }: Person, index: number): Problem {
    if (situation !== 'labelled' || index > 0) return entry;
    return { ...entry, label: isPractice(odsCode) ? 'NOPAT' : 'R' };
  }
  function labelledDocument(entry: Document, { situation }: Person, index: number): Document {
    return situation === 'labelled' && index === 0 && !isPractice(odsCode) ? { ...entry, label: 'V' } : entry;
  }
}

function isPractice(odsCode: string): boolean {
  return odsCode.startsWith('G');
}

function drawing(person: Person, odsCode: string): (id: string) => () => number {
  return (id) => seeded(`${odsCode}/${person.nhsNumber}/${id}`);
}

function countsOf(person: Person, odsCode: string): Counts {
  if (person.situation === 'large') return isPractice(odsCode) ? largePractice : largeHospital;
  const next = drawing(person, odsCode)('counts');
  // Beside each labelled entry stands one without a label.
  const atLeast = person.situation === 'labelled' ? 2 : 1;
  return {
    problems: between(next, atLeast, 2),
    medicines: between(next, 1, 3),
    allergies: 1,
    reports: between(next, 1, 2),
    contacts: between(next, 1, 2),
    documents: between(next, atLeast, 2),
  };
}

function entries<T>(letter: string, count: number, make: (id: string, index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(`${letter}${index}`, index));
}

/** Entries lie between 2009 and the spring of 2026, whatever today is. */
function entry(next: () => number, id: string, words: string): Entry {
  const date = dayAfter('2009-01-05', between(next, 0, 6300));
  return { id, date, text: `${words} (${mark(next)}${id})`, label: null };
}

function problem(next: () => number, id: string): Problem {
  const code = pick(next, problemCodes);
  const made = entry(next, id, code.display);
  const over = next() < 0.3;
  return {
    ...made,
    code,
    end: over ? dayAfter(made.date, between(next, 30, 300)) : null,
    significance: pick(next, ['major', 'minor']),
  };
}

function medicine(next: () => number, id: string): Medicine {
  const doses = ['one to be taken each morning', 'two at night', 'one with the midday meal'] as const;
  const made = entry(next, id, pick(next, doses));
  const repeat = next() < 0.6;
  return {
    ...made,
    code: pick(next, medicineCodes),
    repeat,
    end: repeat ? null : dayAfter(made.date, between(next, 7, 56)),
  };
}

function allergy(next: () => number, id: string, fixed: Code | null): Allergy {
  const code = fixed ?? pick(next, allergyCodes);
  const reaction = code === noKnownAllergy ? null : pick(next, reactionCodes);
  return { ...entry(next, id, code.display), code, reaction };
}

function allergyCode({ situation }: Person, odsCode: string): Code | null {
  if (situation !== 'no-known-allergies') return null;
  return isPractice(odsCode) ? noKnownAllergy : penicillinAllergy;
}

function report(next: () => number, id: string): Report {
  const tests = testCodes.map((test) => ({ ...test, value: measured(next, test) }));
  return { ...entry(next, id, 'Blood taken at the bench'), code: pick(next, reportCodes), tests };
}

/** Mostly within the range, now and then above it. */
function measured(next: () => number, { low, high }: MeasuredTest): number {
  return Math.round(low + next() * (high - low) * 1.15);
}

function contact(next: () => number, id: string): Contact {
  const reasons = ['Came about a cough', 'Came for a review', 'Came after a fall'] as const;
  return { ...entry(next, id, pick(next, reasons)), kind: between(next, 0, 11), days: between(next, 0, 6) };
}

function document(next: () => number, id: string, made: Contact | undefined): Document {
  const code = pick(next, documentCodes);
  const drawn = entry(next, id, code.display);
  return {
    ...drawn,
    date: made?.date ?? drawn.date,
    code,
    bytes: between(next, 8_000, 90_000),
    contactId: made?.id ?? '',
  };
}
