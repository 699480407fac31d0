import { defineConfig } from 'vitest/config';

export default defineConfig({
  // graphql 16 ships two copies (index.mjs and index.js); the Apollo packages load the second, so the tests must too.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
