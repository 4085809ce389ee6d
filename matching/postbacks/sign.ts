import { createHash, createHmac } from 'node:crypto'

/** Headers of the Standard Webhooks convention: the receiver proves by them who sent this, and tells repeats apart. */
export function signatureHeaders({
  webhook_id,
  now_ms,
  body,
  secret,
}: {
  webhook_id: string
  now_ms: number
  body: string
  secret: string
}): Record<string, string> {
  const timestamp = String(Math.floor(now_ms / 1000))
  const signature = createHmac('sha256', keyOf(secret)).update(`${webhook_id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': webhook_id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}

/** One id for one change told to one destination, however often it is worked out. */
export function webhookId(change: { site: string; destination: string; event: string; deal: string }): string {
  const { site, destination, event, deal } = change
  const digest = createHash('sha256')
    .update(JSON.stringify([site, destination, event, deal]))
    .digest('base64url')
  return `msg_${digest.slice(0, 27)}`
}

/** `whsec_` marks a key in base64; any other secret is its own bytes. */
function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret, 'utf8')
}
