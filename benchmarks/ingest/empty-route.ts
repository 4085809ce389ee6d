import Fastify from 'fastify'

// The floor: Fastify that parses the same JSON and answers 202, and does nothing else.
const app = Fastify()
app.addContentTypeParser('text/plain', { parseAs: 'string' }, app.getDefaultJsonParser('error', 'error'))
app.post('/v1/events', async (_request, reply) => reply.code(202).send({ accepted: 1 }))
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
