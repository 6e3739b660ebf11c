import { createServer } from 'node:http'
import { createYoga } from 'graphql-yoga'
import { listenOn, schema } from './schema.js'

createServer(createYoga({ schema, logging: false })).listen(listenOn, '127.0.0.1')
