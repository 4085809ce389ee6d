import type { Config } from './config.ts'
import { findService } from './control.ts'

/** Asks the running service over its own API, as the owner of the data folder. Fails with what to do when none runs. */
export async function askService(
  config: Config,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: object,
): Promise<{ status: number; body: unknown }> {
  const service = await findService(config.DATA_DIR)
  if (!service) {
    throw new Error(
      `No service runs on ${config.DATA_DIR}. Start it with \`npm start\`, or set DATA_DIR to the one that runs.`,
    )
  }
  const answer = await fetch(`${service.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${service.token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const answered = (await answer.json().catch(() => ({}))) as { error?: { message: string } }
  if (!answer.ok) throw new Error(answered.error?.message ?? `The service answered ${answer.status}.`)
  return { status: answer.status, body: answered }
}
