// The official audit of GraphQL over HTTP against a running hub, of which it is told by a JSON on
// standard input. Prints each audit with what came of it; test_audit.py judges.
import { text } from 'node:stream/consumers'
import { serverAudits } from 'graphql-http'

const { url, token } = JSON.parse(await text(process.stdin))
const fetchFn = (address, options = {}) =>
  fetch(address, { ...options, headers: { ...options.headers, authorization: `Bearer ${token}` } })

const audits = serverAudits({ url: `${url}/graphql`, fetchFn })
const told = await Promise.all(
  audits.map(async (audit) => {
    const result = await audit.fn()
    return { id: audit.id, name: audit.name, status: result.status, reason: result.reason }
  }),
)
console.log(JSON.stringify(told))
