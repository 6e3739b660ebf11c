// Composes the hub with a subgraph of a ministry, and asks Apollo's gateway across both. Told where
// the hub is, its token and the ids to ask for by a JSON on standard input; prints what came of it.
import { createHash } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { composeServices } from '@apollo/composition'
import { ApolloGateway, LocalGraphQLDataSource, RemoteGraphQLDataSource } from '@apollo/gateway'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse } from 'graphql'

const { url, token, ids } = JSON.parse(await text(process.stdin))
const letters = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Query { letters: [Letter!]! }
  type Letter { subject: String! about: Complaint }
  type Complaint @key(fields: "id") { id: ID! letters: [Letter!]! }
`)
const all = ids.map((id) => ({ subject: `Perihal ${id}`, about: { __typename: 'Complaint', id } }))
const resolvers = {
  Query: { letters: () => all },
  Complaint: {
    __resolveReference: ({ id }) => ({ id }),
    letters: ({ id }) => all.filter((letter) => letter.about.id === id),
  },
}

const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
const service = await fetch(`${url}/graphql`, {
  method: 'POST',
  headers,
  body: JSON.stringify({ query: '{ _service { sdl } }' }),
})
const { sdl } = (await service.json()).data._service
const { errors, supergraphSdl } = composeServices([
  { name: 'hub', url: `${url}/graphql`, typeDefs: parse(sdl) },
  { name: 'letters', typeDefs: letters },
])
if (errors) throw new Error(errors.map(String).join('\n'))

class Hub extends RemoteGraphQLDataSource {
  willSendRequest({ request, context }) {
    if (context.authorization) request.http.headers.set('authorization', context.authorization)
  }
}
const gateway = new ApolloGateway({
  supergraphSdl,
  buildService: ({ name, url }) =>
    name === 'hub'
      ? new Hub({ url })
      : new LocalGraphQLDataSource(buildSubgraphSchema({ typeDefs: letters, resolvers })),
})
const { schema, executor } = await gateway.load()

function ask(query) {
  return executor({
    document: parse(query),
    request: { query },
    queryHash: createHash('sha256').update(query).digest('hex'),
    context: { authorization: headers.authorization },
    schema,
    logger: console,
    metrics: {},
    overallCachePolicy: {},
  })
}

const theirs = await ask('{ letters { subject about { id number province { code } } } }')
const ours = await ask('{ complaints(first: 10) { nodes { number letters { subject } } } }')
await gateway.stop()
console.log(JSON.stringify({ theirs, ours }))
