import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { nanoid } from 'nanoid'

/** A well-behaved visitor who posts all the time, and sees how it goes. */
export interface Neighbour {
  /** Ends the visit. Statuses other than 202, the slowest answer, how many there were, and how far memory grew. */
  stop(): Promise<{ failed: unknown[]; slowest_ms: number; posts: number; grown_mb: number }>
}

const EVERY_MS = 50

export function startNeighbour(port: number, pid: number): Neighbour {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const name = nanoid(8)
  const failed: unknown[] = []
  const before_mb = residentMb(pid)
  let [isOn, posts, slowest_ms, most_mb] = [true, 0, 0, before_mb]
  const visit = async () => {
    while (isOn) {
      const started_ms = performance.now()
      const status = await postPage(port, agent, `n-${name}-${posts++}`).catch((error: unknown) => error)
      if (status !== 202) failed.push(status)
      slowest_ms = Math.max(slowest_ms, performance.now() - started_ms)
      most_mb = Math.max(most_mb, residentMb(pid))
      await pause(EVERY_MS)
    }
  }
  const visiting = visit()
  return {
    async stop() {
      isOn = false
      await visiting
      agent.destroy()
      return { failed, slowest_ms, posts, grown_mb: most_mb - before_mb }
    },
  }
}

/** Memory of a process, as the kernel counts it. */
export function residentMb(pid: number): number {
  const found = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(found) / 1024
}

function postPage(port: number, agent: Agent, id: string): Promise<number | undefined> {
  const at = new Date().toISOString()
  const events = [{ id, type: 'page', at, url: 'http://localhost/demo/' }]
  const body = JSON.stringify({ site: 'demo', visitor: `v-${id}`, session: `s-${id}`, sent_at: at, events })
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) }
    const post = request({ port, host: '127.0.0.1', path: '/v1/events', method: 'POST', agent, headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode))
    })
    post.on('error', reject)
    post.end(body)
  })
}
