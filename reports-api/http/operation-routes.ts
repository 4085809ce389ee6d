import type { FastifyRequest } from 'fastify'
import { Registry } from 'prom-client'
import { z } from 'zod'
import { Failure } from '#shell/failure.ts'
import type { App } from '#shell/http.ts'
import type { LogStatus } from './reports-deps.ts'

export interface OperationOptions {
  /** Text for Prometheus, of every process of this service. */
  metrics_text(): Promise<string>
  /** Left out where nothing is accepted: such a process is ready when it answers. */
  log_status?: () => LogStatus | Promise<LogStatus>
  /** What is wrong although facts are accepted, in words for the one who runs it. */
  trouble(): string[]
}

const Alive = z.object({ status: z.literal('ok') })
const Ready = z.object({ ready: z.boolean(), problems: z.array(z.string()) })

/** What an orchestrator and Prometheus ask. */
export function registerOperation(app: App, { metrics_text, log_status, trouble }: OperationOptions): void {
  const schema = (summary: string, answer: z.ZodType, type?: string) => ({
    schema: { tags: ['operation'], summary },
    config: { answer: { schema: answer, ...(type !== undefined && { type }) } },
  })

  app.get('/healthz', schema('Whether the process is alive', Alive), (_, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  )

  // ClickHouse being away is told and is no reason to be taken out of rotation: the log goes on accepting facts.
  app.get('/readyz', schema('Whether facts can be accepted; answered 503 when not', Ready), async (_, reply) => {
    const log = await readLog(log_status)
    const problems = [...log.problems, ...trouble()]
    return reply
      .code(log.ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ready: log.ready, problems })
  })

  app.get(
    '/metrics',
    schema('Prometheus text; from this machine, or with the scope admin', z.string(), 'text/plain'),
    async (request, reply) => {
      if (!request.access?.allows('admin') && !isLocal(request)) {
        throw request.access
          ? new Failure('forbidden', 'This token lacks the scope "admin".')
          : new Failure('unauthorized', 'Metrics are for this machine, or for a token with the scope "admin".')
      }
      return reply
        .header('cache-control', 'no-store')
        .type(Registry.PROMETHEUS_CONTENT_TYPE)
        .send(await metrics_text())
    },
  )
}

async function readLog(log_status: OperationOptions['log_status']): Promise<{ ready: boolean; problems: string[] }> {
  if (!log_status) return { ready: true, problems: [] }
  try {
    const { full, last_flush_error } = await log_status()
    return {
      ready: !full,
      problems: [
        ...(full ? ['The log is full: facts are refused until there is room'] : []),
        ...(last_flush_error === null ? [] : [`The log could not be written to ClickHouse: ${last_flush_error}`]),
      ],
    }
  } catch {
    return { ready: false, problems: ['The log is not open'] }
  }
}

/** A proxy on this machine comes from the loopback too; these give it away. */
const proxyHeaders = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
] as const

/** The peer itself, not what it says: behind a proxy on this machine everybody would be local. */
function isLocal({ socket, headers }: FastifyRequest): boolean {
  if (proxyHeaders.some((name) => headers[name] !== undefined)) return false
  const address = socket.remoteAddress ?? ''
  return address === '::1' || /^(::ffff:)?127\./.test(address)
}
