import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { overlap, type Share, shareName, wholeShare } from '#domain/site-share.ts'
import type { Store } from '#storage/client.ts'

/** A holder that has not been heard of for this long is gone. */
const LOCK_LIFE_MS = 15_000

const RENEW_EVERY_MS = 4_000

/** Holders of this process, so that a second run inside it is refused and a dead one's process id is not. */
const ownHolders = new Set<string>()

export interface Lock {
  /** Throws when the lock has gone to somebody else, or cannot be renewed any longer. */
  hold(): Promise<void>
  release(): Promise<void>
}

interface Holder {
  name: string
  holder: string
  host: string
  pid: number
  age_ms: number
}

/**
 * Lets one matching run on the sites of a database: two would write each other's rows. Refuses when another is alive that
 * has some of these sites, or is of another machine; one of this machine whose process is gone is not waited for. Ages are
 * counted by ClickHouse's clock alone.
 */
export async function takeLock(database: Store, share: Share = wholeShare): Promise<Lock> {
  // In a cluster the lock stands on the first shard, by whose clock all ages are counted.
  const store = database.shards[0] ?? database
  const holder = randomBytes(8).toString('hex')
  const say = async (is_released: number) => {
    await store.command(
      `INSERT INTO matching_lock SELECT {name:String}, {holder:String}, {host:String}, {pid:UInt32}, now64(3), {is_released:UInt8}`,
      { name: nameOf(share), holder, host: hostname(), pid: process.pid, is_released },
    )
  }
  const release = async () => {
    ownHolders.delete(holder)
    await say(1)
  }
  const refuse = () => refuseIfHeld(store, holder, share)
  await refuse()
  ownHolders.add(holder)
  await say(0)
  try {
    // Two that looked at the same moment both see each other now; both give way rather than both run.
    await refuse()
  } catch (error) {
    await release()
    throw error
  }
  let renewed_ms = performance.now()
  const renew = async () => {
    // After a long sleep somebody else may have come: who was away gives way.
    if (performance.now() - renewed_ms > LOCK_LIFE_MS) await refuse()
    await say(0)
    renewed_ms = performance.now()
  }
  // On a timer, not with the work: a rebuild may hold up the steps for minutes.
  const timer = setInterval(() => void renew().catch(() => undefined), RENEW_EVERY_MS)
  timer.unref()
  return {
    async hold() {
      if (performance.now() - renewed_ms > LOCK_LIFE_MS) await renew()
    },
    async release() {
      clearInterval(timer)
      await release()
    },
  }
}

/** As an earlier version called it that had every site. */
const WHOLE = 'matching'

function nameOf(share: Share): string {
  return share.of === 1 ? WHOLE : `${WHOLE} ${shareName(share)}`
}

function shareOf(name: string): Share {
  const [, number, of] = /(\d+) of (\d+)$/.exec(name) ?? []
  return number === undefined ? wholeShare : { index: Number(number) - 1, of: Number(of) }
}

async function refuseIfHeld(store: Store, self: string, share: Share): Promise<void> {
  const others = await store.query<Holder>(
    `SELECT name, holder, host, pid, toFloat64(toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(renewed_at)) AS age_ms
     FROM matching_lock FINAL WHERE is_released = 0 AND holder != {self:String}`,
    { self },
  )
  const alive = others.find((other) => isInTheWay(other, share) && isAlive(other))
  if (alive) {
    const [name, own] = [alive.name, nameOf(share)]
    const which = name === own ? '' : `, as «${name}» where this is «${own}»`
    throw new Error(
      `Another matching runs on this database (host ${alive.host}, process ${alive.pid}${which}). Stop it first.`,
    )
  }
}

/**
 * Those that share the sites are of one service, on one machine. Two services that each had some of them would go on so,
 * and nobody could make the history anew.
 */
function isInTheWay({ name, host }: Holder, share: Share): boolean {
  return overlap(shareOf(name), share) || host !== hostname()
}

function isAlive({ holder, host, pid, age_ms }: Holder): boolean {
  if (age_ms > LOCK_LIFE_MS) return false
  if (host !== hostname()) return true
  if (pid === process.pid) return ownHolders.has(holder)
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: there is such a process, of another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
