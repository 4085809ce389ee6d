import { defineConfig } from 'vitest/config'

const excluded = ['**/node_modules/**', '**/dist/**']

/**
 * Of tests that watch real processes or a browser. CI's machine may stand still for seconds, and a second try tells that
 * from a fault; the runner counts it. Here nothing is tried twice: what fails now and then is to be seen.
 */
const retry = process.env.CI ? 1 : 0

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'code',
          include: ['**/*.test.ts'],
          exclude: [...excluded, 'tests/browser/**', 'tests/faults/**'],
          globalSetup: ['tests/support/engine-setup.ts'],
          setupFiles: ['tests/support/property-seed.ts'],
          maxWorkers: 2,
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'faults',
          retry,
          include: ['tests/faults/**/*.test.ts'],
          exclude: excluded,
          globalSetup: ['tests/support/build-setup.ts'],
          setupFiles: ['tests/support/property-seed.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'browser',
          retry,
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
