import { readFileSync } from 'node:fs';

/** The README, for the tests that hold it to its word. */
export const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** The fenced blocks in one language, in order. */
export function blocks(language: string): readonly string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, block]) => block ?? '',
  );
}
