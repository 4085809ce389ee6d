import { configureGlobal } from 'fast-check'

/**
 * CI gives the same answer for the same code: its worlds are always the same ones. Everywhere else, each run tries others;
 * a failure prints its seed.
 */
if (process.env.CI) configureGlobal({ seed: 20_261_122 })
