// A console's list of complaints as Relay has it: fragments, a connection that pages, and one row
// that is asked for again by its id. Without React: the store is read as its hooks read it.
const { text } = require('node:stream/consumers')
const relay = require('relay-runtime')
const complaintsQuery = require('./__generated__/complaintsQuery.graphql')
const complaintsPageQuery = require('./__generated__/complaintsPageQuery.graphql')
const complaintsRowQuery = require('./__generated__/complaintsRowQuery.graphql')
const complaints_list = require('./__generated__/complaints_list.graphql')
const complaints_row = require('./__generated__/complaints_row.graphql')

// Relay's compiler reads what is tagged so. Its Babel plugin would put the compiled ones there.
const graphql = String.raw

graphql`
  query complaintsQuery($count: Int!) {
    ...complaints_list @arguments(count: $count)
  }
`
graphql`
  fragment complaints_list on Query
  @argumentDefinitions(count: { type: "Int!" }, cursor: { type: "String" })
  @refetchable(queryName: "complaintsPageQuery") {
    complaints(first: $count, after: $cursor) @connection(key: "list_complaints") {
      edges {
        node {
          id
          ...complaints_row
        }
      }
    }
  }
`
graphql`
  fragment complaints_row on Complaint @refetchable(queryName: "complaintsRowQuery") {
    number
    status
    province {
      code
    }
  }
`

async function main() {
  const { url, token } = JSON.parse(await text(process.stdin))
  const network = relay.Network.create(async ({ text: query }, variables) => {
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    })
    return answer.json()
  })
  const store = new relay.Store(new relay.RecordSource())
  const environment = new relay.Environment({ network, store })

  async function ask(query, variables) {
    await relay.fetchQuery(environment, query, variables).toPromise()
    const operation = relay.createOperationDescriptor(relay.getRequest(query), variables)
    environment.retain(operation)
    return environment.lookup(operation.fragment).data
  }
  const read = (fragment, reference) =>
    environment.lookup(relay.getSingularSelector(relay.getFragment(fragment), reference)).data

  const list = await ask(complaintsQuery, { count: 2 })
  const held = []
  for (;;) {
    const { edges, pageInfo } = read(complaints_list, list).complaints
    held.push(edges.length)
    if (!pageInfo.hasNextPage) break
    await ask(complaintsPageQuery, { count: 2, cursor: pageInfo.endCursor })
  }
  const rows = read(complaints_list, list).complaints.edges.map(({ node }) => node)
  const again = await ask(complaintsRowQuery, { id: rows[0].id })
  return {
    held,
    rows: rows.map((row) => read(complaints_row, row)),
    again: read(complaints_row, again.node),
  }
}

main().then((told) => console.log(JSON.stringify(told)))
