// A gateway that listens on HTTP, before the hub and a ministry's own graph: told where the hub is,
// tokens by their names and the ids to ask for by a JSON on standard input; prints what came of it.
import { createServer } from 'node:http'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { createGatewayRuntime, createRemoteJwksSigningKeyProvider, useJWT } from '@graphql-hive/gateway'
import { createHandler } from 'graphql-http/lib/use/http'
import { composed, memosAbout, OURS, THEIRS } from './memos.mjs'

const { url, tokens, ids } = JSON.parse(await text(process.stdin))

async function post(address, query, token) {
  const answer = await fetch(address, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query }),
  })
  return answer.json()
}

async function served(handler) {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, address: `http://127.0.0.1:${server.address().port}/graphql` }
}

const asked = []
const memos = await served(createHandler({ schema: memosAbout(ids) }))
const { sdl } = (await post(`${url}/graphql`, '{ _service { sdl } }', tokens.reader)).data._service
const runtime = createGatewayRuntime({
  supergraph: composed(sdl, `${url}/graphql`, memos.address),
  logging: 'error',
  propagateHeaders: {
    fromClientToSubgraphs: ({ request, subgraphName }) => {
      asked.push(subgraphName)
      return { authorization: request.headers.get('authorization') }
    },
  },
  genericAuth: {
    mode: 'protect-granular',
    resolveUserFn: ({ jwt }) => jwt?.payload,
    extractScopes: ({ scope }) => scope.split(' '),
  },
  plugins: (context) => [
    useJWT({
      ...context,
      signingKeyProviders: [
        createRemoteJwksSigningKeyProvider({ jwksUri: `${url}/.well-known/jwks.json` }),
      ],
      tokenVerification: { issuer: url, audience: url, algorithms: ['ES256'] },
      reject: { missingToken: false, invalidToken: true },
    }),
  ],
})
const gateway = await served(runtime)

async function ask(query, token) {
  asked.length = 0
  const answer = await post(gateway.address, query, token)
  const codes = (answer.errors ?? []).map((error) => error.extensions?.code)
  return { data: answer.data ?? null, codes, hub: asked.includes('hub') }
}

const told = {
  theirs: await ask(THEIRS, tokens.reader),
  ours: await ask(OURS, tokens.reader),
  counter: await ask(OURS, tokens.counter),
  counts: await ask('{ indicators { received } }', tokens.counter),
  nobody: await ask('{ regions(parent: "76") { code } }'),
}
console.log(JSON.stringify(told))
await runtime[Symbol.asyncDispose]()
for (const { server } of [memos, gateway]) server.close().closeAllConnections()
