import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

const derived = [
  'identities',
  'edges',
  'sessions',
  'call_matches',
  'call_clocks',
  'provider_clocks',
  'conversions',
  'touchpoints',
  'matching_positions',
  'postbacks',
]

/** The reads that want replaced rows too, as what is erased must go in every version; and those of fact tables. */
const exempt = [
  {
    file: 'matching/history/history.ts',
    read: /\$\{name\}/,
    sql: /SELECT toFloat64\(max\(version\)\) AS version FROM/,
  },
  {
    file: 'matching/removal/history-deletions.ts',
    read: /\$\{table\}/,
    sql: /Replaced rows hold values as well/,
  },
  { file: 'matching/removal/delete-rows.ts', read: /\$\{table\}/, sql: /Starts the deletion on every server/ },
  { file: 'matching/removal/named-by.ts', read: /\$\{table\}/, sql: /All that the facts to be deleted name/ },
  { file: 'matching/erasures/find-person.ts', read: /\$\{table\}/, sql: /Where facts name an identifier/ },
  { file: 'matching/erasures/erasure-rows.ts', read: /\$\{table\}/, sql: /The earliest receipt of each site/ },
  { file: 'matching/retention/retention.ts', read: /\$\{table\}/, sql: /portion of some site's old facts/ },
  {
    file: 'matching/identity/catch-up.ts',
    read: /edges AS t/,
    sql: /taken back\n \* rows too, and of each edge the newest/,
  },
  { file: 'matching/identity/load-sites.ts', read: /sessions AS t$/, sql: /a piece was written or taken back since/ },
  { file: 'matching/history/unfinished.ts', read: /\$\{table\}/, sql: /WHERE t\.version > \{version:UInt64\}/ },
]

interface Read {
  file: string
  text: string
}

/** Reads of derived tables in the text of a file, each with what follows up to the end of its clause. */
function readsIn(file: string, source: string): Read[] {
  const names = derived.map((name) => `${name}(?:\\$\\{\\w+\\})?`).join('|')
  const dynamic = String.raw`\$\{(?:table|name|history|there|here|rebuilt)\b[^}]*\}+`
  const pattern = new RegExp(String.raw`\b(?:FROM|JOIN)\s+(?:${names}|${dynamic})(?![\w.])[^\n]*`, 'g')
  return [...source.matchAll(pattern)].map(([text], index) => ({ file: `${file}#${index}`, text }))
}

async function sources(folder: string): Promise<{ file: string; source: string }[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() && /\.ts$/.test(entry.name) && !/\.test\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes('node_modules') && !file.includes('dashboard/'))
  return Promise.all(
    files.map(async (file) => ({ file: file.slice(root.length + 1), source: await readFile(file, 'utf8') })),
  )
}

/** `FINAL` stands right behind the table and its alias; argMax over versions would do as well. */
function isFinal({ text }: Read): boolean {
  return /^(?:FROM|JOIN)\s+\S+\s+(?:AS\s+\w+\s+)?FINAL\b/.test(text) || /argMax\([^)]*version\)/.test(text)
}

test('derived tables are read by FINAL alone: without it, rows that were replaced would count', async () => {
  const all = (await Promise.all(['matching', 'reports-api'].map(sources))).flat()
  const wrong: Read[] = []
  let seen = 0
  for (const { file, source } of all) {
    for (const read of readsIn(file, source)) {
      if (exempt.some((one) => one.file === file && one.sql.test(source) && one.read.test(read.text))) continue
      // Fact tables are named by variables as well; where that happens the type of the variable says so.
      if (/^\w+\s+\$\{table\}/.test(read.text) && /fact-tables\.ts'|'\.\/fact-rows\.ts'/.test(source)) continue
      seen += 1
      if (!isFinal(read)) wrong.push(read)
    }
  }
  expect(wrong).toEqual([])
  expect(seen).toBeGreaterThan(10)
})

test('the scan finds a read without FINAL', () => {
  const found = readsIn('a.ts', 'SELECT x FROM sessions WHERE 1\nSELECT y FROM sessions AS s FINAL\nFROM session_notes')
  expect(found.map(isFinal)).toEqual([false, true])
})
