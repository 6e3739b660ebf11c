// A ministry frontend: its documents are typed from schema.graphql by graphql-codegen, and urql asks
// the hub. test_codegen.py compiles and runs it.
import { text } from 'node:stream/consumers'
import { Client, fetchExchange } from '@urql/core'
import { persistedExchange } from '@urql/exchange-persisted'
import { graphql } from './generated/gql.js'
import type { ComplaintStatus } from './generated/graphql.js'

const WAITING = graphql(`
  query Waiting($filter: ComplaintFilter, $first: Int!) {
    complaints(filter: $filter, first: $first, orderBy: [{ field: RECEIVED_AT, direction: ASC }]) {
      totalCount
      nodes { number status receivedAt province { code name } }
    }
  }
`)

interface Told {
  url: string
  token: string
  registered?: boolean
}
const { url, token, registered } = JSON.parse(await text(process.stdin)) as Told
// Sends the hashes that graphql-codegen put into the documents, and never the documents.
const byHash = persistedExchange({
  enforcePersistedQueries: true,
  preferGetForPersistedQueries: false,
  generateHash: async (_, document) =>
    (document as unknown as { __meta__: { hash: string } }).__meta__.hash,
})
const client = new Client({
  url: `${url}/graphql`,
  preferGetMethod: false,
  exchanges: registered ? [byHash, fetchExchange] : [fetchExchange],
  fetchOptions: { headers: { authorization: `Bearer ${token}` } },
})

const open: ComplaintStatus[] = ['RECEIVED', 'IN_PROGRESS']
const told = await client.query(WAITING, { filter: { status: { in: open } }, first: 10 })
const rows = told.data?.complaints.nodes.map(({ number, status, receivedAt, province }) => ({
  number,
  status,
  receivedAt,
  province: province?.code,
}))
const refused = await client.query(WAITING, { filter: { province: { eq: null } }, first: 10 })
console.log(
  JSON.stringify({
    total: told.data?.complaints.totalCount,
    rows,
    error: told.error && `${told.error.message} ${told.error.graphQLErrors[0]?.extensions['code']}`,
    refused: refused.error?.graphQLErrors[0]?.extensions,
  }),
)
