import { ownEnvironment, root, runCommand } from './running-service.ts'

export interface Ran {
  code: number | null
  text: string
}

/** Runs a command of `throughline` to its end. */
export async function throughline(env: Record<string, string>, ...args: string[]): Promise<Ran> {
  const command = runCommand([process.execPath, `${root}/bin/throughline.mjs`, ...args], {
    ...ownEnvironment(),
    ...env,
  })
  const { code } = await command.ended
  return { code, text: command.output() }
}
