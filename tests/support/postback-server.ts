import { createServer } from 'node:http'
import { Webhook } from 'standardwebhooks'

export interface ReceivedPostback {
  method: string
  url: URL
  id: string
  body: string
}

/** Plays an ad platform that takes signed postbacks: a wrong or stale signature is refused, as Standard Webhooks says. */
export async function startPostbackServer(secret: string): Promise<{
  url: string
  received: ReceivedPostback[]
  refused: string[]
  close(): Promise<void>
}> {
  const received: ReceivedPostback[] = []
  const refused: string[] = []
  const webhook = new Webhook(Buffer.from(secret).toString('base64'))
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      try {
        webhook.verify(body, request.headers as Record<string, string>)
        received.push({
          method: request.method ?? '',
          url: new URL(request.url ?? '', 'http://platform'),
          id: request.headers['webhook-id'] as string,
          body,
        })
        response.writeHead(204).end()
      } catch (error) {
        refused.push(String(error))
        response.writeHead(401).end()
      }
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    refused,
    close: () => new Promise((done) => server.close(() => done())),
  }
}
