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
  const lines = await openLines(url, connections, headers)
  const before_s = cpuSeconds(pid)
  const started_ms = performance.now()
  for (let sent = 0; sent < total; await pause(1)) {
    const due = Math.min(total, Math.floor(((performance.now() - started_ms) * rate) / 1000))
    for (; sent < due; sent++) lines.send(body(), started_ms + (sent * 1000) / rate)
  }
  const took_s = (performance.now() - started_ms) / 1000
  const until_ms = performance.now() + ANSWERS_MS_MAX
  while (lines.times_ms.length < total && performance.now() < until_ms) await pause(5)
  const cpu_us = Math.round(((cpuSeconds(pid) - before_s) / total) * 1e7) / 10
  lines.close()
  if (lines.times_ms.length < total)
    throw new Error(`${url}: ${lines.times_ms.length} of ${total} requests were answered`)
  const sorted = lines.times_ms.toSorted((a, b) => a - b)
  const at = (share: number) => Math.round((sorted[Math.floor(share * (total - 1))] as number) * 10) / 10
  return { requests: total, per_second: Math.round(total / took_s), cpu_us, p50_ms: at(0.5), p99_ms: at(0.99) }
}

interface Lines {
  /** From the moment a request was due to its answer. */
  times_ms: number[]
  send(body: string | Buffer, due_ms: number): void
  close(): void
}

/** So many connections; what is sent while all of them wait for an answer waits for the first that is free. */
async function openLines(url: string, connections: number, headers: Record<string, string>): Promise<Lines> {
  const { hostname, port } = new URL(url)
  const sockets = await Promise.all(Array.from({ length: connections }, () => openSocket(hostname, Number(port))))
  const free = [...sockets]
  const waiting: [body: string | Buffer, due_ms: number][] = []
  const times_ms: number[] = []
  const start = (socket: Socket, body: string | Buffer, due_ms: number) => {
    socket.once('data', (answer: Buffer) => {
      // It is a few hundred bytes, and so comes whole.
      if (!answer.subarray(0, taken.length).equals(taken)) throw new Error(`${url} answered ${answer}`)
      times_ms.push(performance.now() - due_ms)
      const next = waiting.shift()
      if (next) start(socket, ...next)
      else free.push(socket)
    })
    socket.write(requestOf(hostname, headers, body))
  }
  return {
    times_ms,
    send(body, due_ms) {
      const socket = free.pop()
      if (socket) start(socket, body, due_ms)
      else waiting.push([body, due_ms])
    },
    close() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

const taken = Buffer.from('HTTP/1.1 202')

async function openSocket(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true })
  await once(socket, 'connect')
  return socket
}

function requestOf(host: string, headers: Record<string, string>, body: string | Buffer): string {
  const lines = Object.entries({ host, ...headers, 'content-length': String(Buffer.byteLength(body)) })
  return `POST /v1/events HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
}
