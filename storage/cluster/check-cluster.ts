import type { Store } from '../client.ts'

/** The settings and the servers speak of different clusters: no later try can help. */
export class WrongCluster extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'WrongCluster'
  }
}

interface Replica {
  shard: number
  is_local: number
}

/** Makes sure that a server of the list is the shard it stands for: rows on the wrong one would be looked for in vain. */
export async function checkShard(shard: Store, { cluster, number, count }: ShardPlace): Promise<void> {
  const replicas = await shard.query<Replica>(
    'SELECT toUInt32(shard_num) AS shard, is_local FROM system.clusters WHERE cluster = {cluster:String}',
    { cluster },
  )
  const where = `the server of place ${number} in CLICKHOUSE_URL`
  if (replicas.length === 0) {
    throw new WrongCluster(`CLICKHOUSE_CLUSTER: ${where} knows no cluster "${cluster}". Look into its remote_servers.`)
  }
  const shards = new Set(replicas.map((replica) => replica.shard)).size
  if (shards !== count) {
    throw new WrongCluster(
      `CLICKHOUSE_URL: it lists ${count} server(s), and the cluster "${cluster}" has ${shards} shard(s), as ${where} knows it. List one address for each shard.`,
    )
  }
  // A server behind an address that is not its own does not know itself; then the order is taken on trust.
  const own = replicas.find(({ is_local }) => is_local)
  if (own && own.shard !== number) {
    throw new WrongCluster(
      `CLICKHOUSE_URL: ${where} is shard ${own.shard} of the cluster "${cluster}". List the addresses in the cluster's order.`,
    )
  }
}

export interface ShardPlace {
  cluster: string
  /** From 1 on, as ClickHouse counts. */
  number: number
  /** Of all shards. */
  count: number
}
