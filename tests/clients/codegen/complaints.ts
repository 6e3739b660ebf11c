// A ministry frontend: its documents are typed from schema.graphql by graphql-codegen, and urql asks
// the hub. test_codegen.py compiles and runs it.
import { text } from 'node:stream/consumers'
import { Client, fetchExchange } from '@urql/core'
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

const { url, token } = JSON.parse(await text(process.stdin)) as { url: string; token: string }
const client = new Client({
  url: `${url}/graphql`,
  preferGetMethod: false,
  exchanges: [fetchExchange],
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
    error: told.error?.message,
    refused: refused.error?.graphQLErrors[0]?.extensions,
  }),
)
