import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { cpuSeconds } from '../support/cpu-time.ts'
import type { Load, LoadOptions, Target } from './load.ts'

/** Requests that have had no answer so long after the last was due count as lost. */
const ANSWERS_MS_MAX = 60_000

/**
 * Sends at an even rate, whatever the answers: each request has a moment when it is due, and its time counts from there,
 * also while it waits for a connection. The rate of autocannon is no such thing: it sends what a second may have as fast as
 * it can, idles for the rest of it, and adds times that nobody measured. Throws when a request was not taken.
 */
export async function pacedLoad({ url, pid }: Target, options: LoadOptions & { rate: number }): Promise<Load> {
  const { seconds, connections, body, headers, rate } = options
  const total = Math.round(rate * seconds)
  const lines = await openLines(url, connections, total)
  const { hostname } = new URL(url)
  // Put together before the first is due: the generator shares the cores, and its own work is in each time.
  const requests = Array.from({ length: total }, () => requestOf(hostname, headers, body()))
  const before_s = cpuSeconds(pid)
  const started_ms = performance.now()
  for (let sent = 0; sent < total; await pause(1)) {
    const due = Math.min(total, Math.floor(((performance.now() - started_ms) * rate) / 1000))
    for (; sent < due; sent++) lines.send(requests[sent] as Buffer, started_ms + (sent * 1000) / rate)
  }
  const took_s = (performance.now() - started_ms) / 1000
  const until_ms = performance.now() + ANSWERS_MS_MAX
  while (lines.answered() < total && performance.now() < until_ms) await pause(5)
  const cpu_us = Math.round(((cpuSeconds(pid) - before_s) / total) * 1e7) / 10
  lines.close()
  if (lines.answered() < total) throw new Error(`${url}: ${lines.answered()} of ${total} requests were answered`)
  const sorted = lines.times_ms.sort()
  const at = (share: number) => Math.round((sorted[Math.floor(share * (total - 1))] as number) * 10) / 10
  return { requests: total, per_second: Math.round(total / took_s), cpu_us, p50_ms: at(0.5), p99_ms: at(0.99) }
}

interface Lines {
  /** From the moment a request was due to its answer; zeros behind those that were answered. */
  times_ms: Float64Array
  answered(): number
  send(request: Buffer, due_ms: number): void
  close(): void
}

/** So many connections; what is sent while all of them wait for an answer waits for the first that is free. */
async function openLines(url: string, connections: number, total: number): Promise<Lines> {
  const { hostname, port } = new URL(url)
  const free = await Promise.all(
    Array.from({ length: connections }, async () => ({ socket: await openSocket(hostname, Number(port)), due_ms: 0 })),
  )
  const waiting: [request: Buffer, due_ms: number][] = []
  const times_ms = new Float64Array(total)
  const all = [...free]
  let answered = 0
  for (const line of all)
    line.socket.on('data', (answer: Buffer) => {
      // It is a few hundred bytes, and so comes whole.
      if (!answer.subarray(0, taken.length).equals(taken)) throw new Error(`${url} answered ${answer}`)
      times_ms[answered++] = performance.now() - line.due_ms
      const next = waiting.shift()
      if (!next) return void free.push(line)
      line.due_ms = next[1]
      line.socket.write(next[0])
    })
  return {
    times_ms,
    answered: () => answered,
    send(request, due_ms) {
      const line = free.pop()
      if (!line) return void waiting.push([request, due_ms])
      line.due_ms = due_ms
      line.socket.write(request)
    },
    close() {
      for (const { socket } of all) socket.destroy()
    },
  }
}

const taken = Buffer.from('HTTP/1.1 202')

async function openSocket(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true })
  await once(socket, 'connect')
  return socket
}

function requestOf(host: string, headers: Record<string, string>, body: string | Buffer): Buffer {
  const lines = Object.entries({ host, ...headers, 'content-length': String(Buffer.byteLength(body)) })
  const head = `POST /v1/events HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
  return Buffer.concat([Buffer.from(head), Buffer.from(body)])
}
