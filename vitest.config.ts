import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{cli,demo,examples,libs,services,tests}/**/*.test.ts', 'scripts/**/*.test.mjs'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
