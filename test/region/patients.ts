import { people } from './population/people.ts';

// `npm run --silent patients`: whom the demo region knows, one line each.
process.stdout.write(people.map(({ nhsNumber, situation }) => `${nhsNumber}\t${situation}\n`).join(''));
