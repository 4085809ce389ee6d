import { readdirSync, readFileSync } from 'node:fs'
import type { RunningService } from '#tests/support/running-service.ts'
import { residentMb } from '../support/cpu-time.ts'

const FACTS = 30
const PAUSE_MS = 300

/** Milliseconds from the 2xx of a single fact until history shows it, with nothing else going on. */
export async function timeToHistory(service: RunningService): Promise<{ p50: number; p95: number }> {
  const took_ms: number[] = []
  for (let number = 0; number < FACTS; number++) {
    const phone = `+7495${String(2_000_000 + number)}`
    const lead = { site: 'demo', id: `idle-${number}`, at: new Date().toISOString(), kind: 'chat', phone }
    const { status, body } = await service.api('POST', '/v1/leads', lead)
    if (status !== 202) throw new Error(`A lead was answered ${status}`)
    const accepted_ms = performance.now()
    const path = `/v1/persons?site=demo&phone=${encodeURIComponent(phone)}&after=${body.position}`
    const answer = await service.api('GET', path)
    if (answer.status !== 200) throw new Error(`History was answered ${answer.status}`)
    took_ms.push(performance.now() - accepted_ms)
    await new Promise((done) => setTimeout(done, PAUSE_MS))
  }
  took_ms.sort((a, b) => a - b)
  const at = (share: number) => Math.round(took_ms[Math.ceil(FACTS * share) - 1] as number)
  return { p50: at(0.5), p95: at(0.95) }
}

/** Resident megabytes of the service and of the processes it started. */
export function processesMb(pid: number): Record<string, number> {
  const megabytes: Record<string, number> = { service: Math.round(residentMb(pid)) }
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      if (parent !== pid) continue
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8')
      megabytes[command.includes('matching-process') ? 'matching' : 'clickhouse'] = Math.round(residentMb(Number(name)))
    } catch {
      // A process that ended meanwhile.
    }
  }
  return megabytes
}
