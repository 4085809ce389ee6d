import { readFileSync } from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import { assets } from './assets.ts'
import { runBackup } from './backup.ts'
import { readConfig, WrongSettings } from './config.ts'
import { createToken } from './create-token.ts'
import { demoFill } from './demo-fill.ts'
import { runDoctor } from './doctor.ts'
import { runErase } from './erase.ts'
import { runImport } from './import.ts'
import { runMatchingProcess } from './matching-process.ts'
import { runMigrate } from './migrate.ts'
import { listQuarantine, runReplay } from './quarantine.ts'
import { runRebuild } from './rebuild.ts'
import { runRestore } from './restore.ts'
import { roles, start } from './start.ts'
import { runWorkerProcess } from './worker-process.ts'

/** The `throughline` command. Exit codes: 0 done, 1 failed, 2 wrong usage. */
export async function main(argv: string[]): Promise<void> {
  try {
    await program().parseAsync(argv)
  } catch (error) {
    process.exitCode = exitCodeOf(error)
    if (!(error instanceof CommanderError)) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    }
  }
}

function program(): Command {
  const { version } = JSON.parse(readFileSync(assets.packageFile, 'utf8')) as { version: string }
  const command = new Command('throughline')
    .description('Self-hosted end-to-end analytics and call tracking')
    .version(version)
    .exitOverride()
  command
    .command('start')
    .description('run the service')
    .addOption(new Option('--only <roles>', `run these roles only, comma separated: ${roles.join(', ')}`))
    .option('--demo', 'serve the demo site at /demo/')
    .action((options) => start(readConfig(process.env), options))
  command
    .command('migrate')
    .description('bring the tables up to date')
    .option('--dry-run', 'say what would run')
    .option('--json', 'answer for machines')
    .action((options) => runMigrate(readConfig(process.env), options))
  command
    .command('rebuild')
    .description('derive the whole history from the facts again')
    .option('--site <id>', 'of this site alone')
    .option('--check', 'compare with what is there, change nothing; fails when they differ')
    .option('--json', 'answer for machines')
    .action((options) => runRebuild(readConfig(process.env), options))
  addFacts(command)
  addQuarantine(command)
  addOperation(command)
  const token = command.command('token').description('tokens of the API')
  token
    .command('create')
    .description('make a token; its secret is shown once')
    .requiredOption('--name <name>', 'what it is for')
    .requiredOption('--scopes <scopes>', 'comma separated: ingest, reports, personal, admin')
    .option('--sites <sites>', 'bind it to these sites, comma separated')
    .option('--json', 'answer for machines')
    .action((options) => createToken(readConfig(process.env), options))
  const demo = command.command('demo').description('the demo site')
  demo
    .command('fill')
    .description('make a believable year of data through the public API')
    .option('--days <days>', 'how many days back', '365')
    .option('--visits <visits>', 'how many visits in all', '12000')
    .option('--seed <seed>', 'another number, another year', '1')
    .action((options) => demoFill(readConfig(process.env), options))
  command.command('matching-process', { hidden: true }).action(() => runMatchingProcess())
  command.command('worker-process', { hidden: true }).action(() => runWorkerProcess(readConfig(process.env)))
  return command
}

/** What is sent to the running service like any fact. */
function addFacts(command: Command): void {
  command
    .command('import')
    .description('send events of a file to the running service; the same command goes on after a break')
    .argument('<file>', 'NDJSON, a batch of events a line; .gz and .br are unpacked; - is standard input')
    .option('--site <id>', 'the site of the lines that name none')
    .option('--id <id>', 'the name of the import; made from the file when not given')
    .option('--json', 'answer for machines')
    .action((file, options) => runImport(readConfig(process.env), file, options))
  command
    .command('erase')
    .description('erase a person: rows and fields everywhere')
    .requiredOption('--site <id>', 'the site that knows the person')
    .option('--phone <phone>', 'one of their phones')
    .option('--email <email>', 'one of their e-mails')
    .option('--visitor <id>', 'a browser of theirs')
    .option('--person <id>', 'their person id')
    .option('--wait', 'until the last byte is gone: eight minutes or so')
    .option('--json', 'answer for machines')
    .action((options) => runErase(readConfig(process.env), options))
}

function addOperation(command: Command): void {
  command
    .command('doctor')
    .description('look at everything that can be wrong, and say what to do')
    .option('--json', 'answer for machines')
    .action((options) => runDoctor(process.env, options))
  command
    .command('backup <dir>')
    .description('copy everything into a new folder, while the service goes on')
    .option('--disk <name>', 'for a ClickHouse server: the disk it has for backups')
    .option('--json', 'answer for machines')
    .action((dir, options) => runBackup(readConfig(process.env), dir, options))
  command
    .command('restore <dir>')
    .description('make an empty DATA_DIR what it was when the backup was made')
    .option('--json', 'answer for machines')
    .action((dir, options) => runRestore(readConfig(process.env), dir, options))
}

function addQuarantine(command: Command): void {
  const quarantine = command.command('quarantine').description('rows that ClickHouse refused')
  quarantine
    .command('list')
    .description('what was refused, when and why')
    .option('--table <table>', 'of this table alone')
    .option('--limit <rows>', 'so many at most', '100')
    .option('--rows', 'show the rows themselves, which may hold personal data')
    .option('--json', 'one object a line, for machines')
    .action((options) => listQuarantine(readConfig(process.env), options))
  quarantine
    .command('replay')
    .description('put rows into the log again, those that ClickHouse takes by now')
    .option('--table <table>', 'all rows of this table')
    .option('--row <names...>', 'these rows, named as `quarantine list` does')
    .option('--all', 'all rows')
    .option('--json', 'answer for machines')
    .action((options) => runReplay(readConfig(process.env), options))
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  return error instanceof WrongSettings ? 2 : 1
}
