import Fastify from 'fastify'
import mercurius from 'mercurius'
import { listenOn, schema } from './schema.js'

const app = Fastify()
await app.register(mercurius, { schema, jit: 1 })
await app.listen({ host: '127.0.0.1', port: listenOn })
