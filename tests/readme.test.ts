import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { settingsTable } from './support/settings-table.ts'

const readme = readFileSync('README.md', 'utf8')

describe('the README', () => {
  test('has a line for each setting, as the schema describes it', () => {
    const shown = /<!-- settings -->\n([\s\S]*?)\n<!-- \/settings -->/.exec(readme)?.[1]
    expect(shown?.trim()).toBe(settingsTable())
  })

  test('names commands that exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
    const named = [...readme.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name as string)
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter((name) => !(name in scripts))).toEqual([])
    expect(readme).toContain('npm install && npm start')
    expect(readme).toContain('npm install && npm test')
  })

  test('links to files that are there', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, path]) => path as string)
    const own = links.filter((path) => !path.startsWith('http'))
    expect(own.length).toBeGreaterThan(5)
    expect(own.filter((path) => !existsSync(path))).toEqual([])
  })
})
