import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Store } from '../client.ts'

export interface Migration {
  number: number
  name: string
  statements: string[]
}

/** Brings the tables up to date; each numbered file runs once, in order. Returns the names of those that ran. */
export async function migrate(
  store: Store,
  { folder, dry = false }: { folder: string; dry?: boolean },
): Promise<string[]> {
  await store.command(`CREATE TABLE IF NOT EXISTS migrations (number UInt32, name String, ran_at DateTime64(3, 'UTC'))
    ENGINE = ReplacingMergeTree ORDER BY number`)
  const done = new Set(
    (await store.query<{ number: number }>('SELECT number FROM migrations FINAL')).map((row) => row.number),
  )
  const wanted = (await readMigrations(folder)).filter(({ number }) => !done.has(number))
  if (dry) return wanted.map(({ name }) => name)
  for (const { number, name, statements } of wanted) {
    for (const statement of statements) await store.command(statement)
    await store.insert('migrations', [{ number, name, ran_at: Date.now() }])
  }
  return wanted.map(({ name }) => name)
}

export async function readMigrations(folder: string): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => /^\d{4}_\w+\.sql$/.test(file)).sort()
  return Promise.all(
    files.map(async (file) => ({
      number: Number(file.slice(0, 4)),
      name: file.slice(0, -4),
      statements: split(await readFile(join(folder, file), 'utf8')),
    })),
  )
}

/** Statements end with a semicolon at the end of a line; comment lines are left out. */
function split(sql: string): string[] {
  return sql
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('--'))
    .join('\n')
    .split(/;\s*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}
