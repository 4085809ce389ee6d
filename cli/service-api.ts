import { request } from 'undici'
import type { Config } from './config.ts'
import { type Control, findService } from './control.ts'

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
      `No service is ready on ${config.DATA_DIR}. Start it with \`npm start\`, or set DATA_DIR to the one that runs.`,
    )
  }
  const answer = await reach(service, method, path, body)
  const answered = (await answer.body.json().catch(() => ({}))) as { error?: { message: string } }
  if (answer.statusCode >= 300) throw new Error(answered.error?.message ?? `The service answered ${answer.statusCode}.`)
  return { status: answer.statusCode, body: answered }
}

async function reach(service: Control, method: 'GET' | 'POST' | 'PUT', path: string, body: object | undefined) {
  try {
    return await request(`${service.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${service.token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      // A rebuild of years takes as long as it takes; if the service dies, the connection ends.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Error(`The service at ${service.url} (process ${service.pid}) does not answer: ${code ?? message}.`, {
      cause: error,
    })
  }
}
