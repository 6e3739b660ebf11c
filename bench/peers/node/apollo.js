import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { listenOn, schema } from './schema.js'

await startStandaloneServer(new ApolloServer({ schema }), { listen: { host: '127.0.0.1', port: listenOn } })
