import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '#storage/engine/free-port.ts'
import { type Engine, startEngine } from '#storage/engine/start-engine.ts'

/** Real ClickHouse servers on this machine that know each other as the shards of one cluster. */
export interface EngineCluster {
  name: string
  user: string
  password: string
  /** Of the shards over HTTP, in the cluster's order, without user and password. */
  urls: string[]
  /** The same as one value of CLICKHOUSE_URL. */
  clickhouse_url: string
  /** Ends a shard as a crash does. */
  killShard(index: number): Promise<void>
  startShard(index: number): Promise<void>
  stop(): Promise<void>
}

const childScript = join(import.meta.dirname, '../../storage/engine/child.mjs')

export async function startCluster(shards: number): Promise<EngineCluster> {
  const home = await mkdtemp(join(tmpdir(), 'throughline-cluster-'))
  const [name, user] = ['grid', 'throughline']
  const password = randomBytes(16).toString('hex')
  const secret = randomBytes(16).toString('hex')
  const ports: { port: number; tcp_port: number }[] = []
  for (let index = 0; index < shards; index++) ports.push({ port: await freePort(), tcp_port: await freePort() })
  const shard_ports = ports.map(({ tcp_port }) => tcp_port)
  const engines = new Map<number, Engine>()
  const start = async (index: number) => {
    const { port, tcp_port } = ports[index] as { port: number; tcp_port: number }
    const cluster = { name, tcp_port, shard_ports, secret }
    const memory_bytes = 2 * 1024 ** 3
    engines.set(
      index,
      await startEngine({ dir: join(home, `${index}`), childScript, port, password, cluster, memory_bytes }),
    )
  }
  const stopAll = async () => {
    await Promise.all([...engines.values()].map((engine) => engine.stop()))
    await rm(home, { recursive: true, force: true })
  }
  await Promise.all(ports.map((_, index) => start(index))).catch(async (error: unknown) => {
    await stopAll()
    throw error
  })
  return {
    ...{ name, user, password },
    urls: ports.map(({ port }) => `http://127.0.0.1:${port}`),
    clickhouse_url: ports.map(({ port }) => `http://${user}:${password}@127.0.0.1:${port}`).join(','),
    async killShard(index) {
      const engine = engines.get(index) as Engine
      process.kill(engine.pid, 'SIGKILL')
      // At once, so that its keeper does not start it again.
      await engine.stop()
      engines.delete(index)
    },
    startShard: start,
    stop: stopAll,
  }
}
