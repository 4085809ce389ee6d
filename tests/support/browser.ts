import { type Browser, chromium } from 'playwright-core'
import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    chromium: { executable: string }
  }
}

/** A real Chromium with the rules of the web in force: nothing that protects a page is turned off. */
export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: inject('chromium').executable,
    headless: true,
    // Chromium's own sandbox refuses to start as root, which is what containers run tests as.
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-gpu',
      '--no-pings',
      // Sites with subdomains, on this machine.
      '--host-resolver-rules=MAP *.test 127.0.0.1, MAP *.test. 127.0.0.1',
    ],
  })
}
