/** The query that the playground opens with and that `npm start` runs: a whole record, with who answered. */
export const readyQuery = `query Record($nhsNumber: NHSNumber!) {
  patient(nhsNumber: $nhsNumber) {
    nhsNumber
    person { name { given family } birthDate registeredPractice { name } }
    problems { ...sources items { id status onset code { text } source { organisation { name } } } }
    medications { ...sources items { id status dose code { text } source { organisation { name } } } }
    allergies { ...sources items { id criticality code { text } source { organisation { name } } } }
    results { ...sources items { id effective value unit code { text } members { code { text } value unit } source { organisation { name } } } }
    encounters { ...sources items { id started ended type { text } source { organisation { name } } } }
    documents { ...sources items { id created title source { organisation { name } } } }
    socialCare { ...sources items { id kind title status started source { organisation { name } } } }
  }
}

fragment sources on Section {
  complete
  sources { organisation { odsCode name } state message warnings items elapsedMs }
}
`;
