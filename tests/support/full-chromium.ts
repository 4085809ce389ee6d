import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

/**
 * A Chromium that people use, if this machine has one. The shell that the other tests run in has neither a back/forward
 * cache nor prerendering.
 */
export const fullChromium = [
  process.env.CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path))

if (!fullChromium)
  process.stderr.write('No full Chromium (set CHROMIUM to its path): bfcache and prerendering are not tried.\n')

const isRoot = process.getuid?.() === 0
const ARGUMENTS = ['--disable-gpu', '--no-pings', '--host-resolver-rules=MAP *.test 127.0.0.1']

/** With the back/forward cache, which Playwright otherwise turns off. */
export async function openFullBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: fullChromium as string,
    headless: true,
    chromiumSandbox: !isRoot,
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
    args: ARGUMENTS,
  })
}

/** Opens an address with no devtools attached, which would keep pages from being prerendered. */
export async function browseAlone(address: string): Promise<{ close(): Promise<void> }> {
  const profile = await mkdtemp(join(tmpdir(), 'tl-profile-'))
  const sandbox = isRoot ? ['--no-sandbox'] : []
  const options = ['--headless=new', '--no-first-run', '--disable-background-networking', `--user-data-dir=${profile}`]
  // A group of its own, so that no child of it is left behind.
  const browser = spawn(fullChromium as string, [...options, ...sandbox, ...ARGUMENTS, address], {
    detached: true,
    stdio: 'ignore',
  })
  return {
    async close() {
      await ended(browser)
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

async function ended(browser: ChildProcess): Promise<void> {
  if (browser.exitCode !== null || !browser.pid) return
  const exit = new Promise((resolve) => browser.once('exit', resolve))
  process.kill(-browser.pid, 'SIGKILL')
  await exit
}
