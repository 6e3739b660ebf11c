// Asks Apollo's gateway across the hub and a ministry's own graph. Told where the hub is, its SDL, a
// token and the ids to ask for by a JSON on standard input; prints what came of it.
import { createHash } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { ApolloGateway, LocalGraphQLDataSource, RemoteGraphQLDataSource } from '@apollo/gateway'
import { parse } from 'graphql'
import { composed, memosAbout, OURS, THEIRS } from './memos.mjs'

const { url, sdl, token, ids } = JSON.parse(await text(process.stdin))

class Hub extends RemoteGraphQLDataSource {
  willSendRequest({ request, context }) {
    if (context.authorization) request.http.headers.set('authorization', context.authorization)
  }
}
const gateway = new ApolloGateway({
  supergraphSdl: composed(sdl, `${url}/graphql`, ''),
  buildService: ({ name, url }) =>
    name === 'hub' ? new Hub({ url }) : new LocalGraphQLDataSource(memosAbout(ids)),
})
const { schema, executor } = await gateway.load()

function ask(query) {
  return executor({
    document: parse(query),
    request: { query },
    queryHash: createHash('sha256').update(query).digest('hex'),
    context: { authorization: `Bearer ${token}` },
    schema,
    logger: console,
    metrics: {},
    overallCachePolicy: {},
  })
}

const theirs = await ask(THEIRS)
const ours = await ask(OURS)
await gateway.stop()
console.log(JSON.stringify({ theirs, ours }))
