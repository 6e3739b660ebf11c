// Asks the hub with a token: over HTTP, and over a WebSocket for what goes on.
import { getOperationAST, parse } from 'graphql'
import { createClient } from 'graphql-ws'

export function asker(url, token) {
  const headers = { Authorization: `Bearer ${token}` }
  const socket = createClient({ url: url.replace(/^http/, 'ws'), connectionParams: headers })
  return (asked) =>
    goesOn(asked)
      ? { subscribe: (sink) => ({ unsubscribe: socket.subscribe(asked, told(sink)) }) }
      : post(url, headers, asked)
}

export async function post(url, headers, asked) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify(asked),
  })
  return answer.json()
}

function goesOn({ query, operationName }) {
  try {
    return getOperationAST(parse(query), operationName)?.operation === 'subscription'
  } catch {
    return false // the hub says what is wrong with it
  }
}

function told(sink) {
  const why = (error) =>
    error instanceof CloseEvent ? new Error(`${error.reason || 'The connection ended.'} (${error.code})`) : error
  return {
    next: (result) => sink.next(result),
    error: (error) => sink.error(why(error)),
    complete: () => sink.complete(),
  }
}
