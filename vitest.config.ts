import { defineConfig } from 'vitest/config'

const excluded = ['**/node_modules/**', '**/dist/**']

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'code',
          include: ['**/*.test.ts'],
          exclude: [...excluded, 'tests/browser/**', 'tests/faults/**'],
          globalSetup: ['tests/support/engine-setup.ts'],
          maxWorkers: 2,
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'faults',
          include: ['tests/faults/**/*.test.ts'],
          exclude: excluded,
          globalSetup: ['tests/support/build-setup.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          exclude: excluded,
          globalSetup: ['tests/support/build-setup.ts', 'tests/support/chromium-setup.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
