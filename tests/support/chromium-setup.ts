import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import chromium from '@sparticuz/chromium'
import type { TestProject } from 'vitest/node'

/** Unpacks Chromium once for all runs on this machine, and tells the tests where it is. */
export default async function setup(project: TestProject): Promise<void> {
  project.provide('chromium', { executable: await unpackChromium() })
}

/** The place of the executable. */
export async function unpackChromium(): Promise<string> {
  const modules = join(import.meta.dirname, '../../node_modules')
  const { version } = JSON.parse(await readFile(join(modules, '@sparticuz/chromium/package.json'), 'utf8'))
  const cache = join(modules, '.cache')
  const home = join(cache, `chromium-${version}`)
  const executable = join(home, 'chromium')
  if (existsSync(executable)) return executable

  // The package unpacks into the folder for temporary files, and takes a half-written file there for a whole one. So it
  // gets a folder of its own, which is given its name only when all is in it: two runs at once do not disturb each other.
  await mkdir(cache, { recursive: true })
  const draft = await mkdtemp(join(cache, 'chromium-draft-'))
  const usual = process.env.TMPDIR
  process.env.TMPDIR = draft
  try {
    await chromium.executablePath()
  } finally {
    if (usual === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = usual
  }
  try {
    await rename(draft, home)
  } catch (error) {
    if (!existsSync(executable)) throw error
    await rm(draft, { recursive: true, force: true })
  }
  return executable
}
