// A ministry's own graph, of memos about complaints, and how it is composed with the hub.
import { composeServices } from '@apollo/composition'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse } from 'graphql'

const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Query { memos: [Memo!]! }
  type Memo { subject: String! about: Complaint }
  type Complaint @key(fields: "id") { id: ID! memos: [Memo!]! }
`)

// A memo about each of these ids.
export function memosAbout(ids) {
  const all = ids.map((id) => ({ subject: `Perihal ${id}`, about: { __typename: 'Complaint', id } }))
  const resolvers = {
    Query: { memos: () => all },
    Complaint: {
      __resolveReference: ({ id }) => ({ id }),
      memos: ({ id }) => all.filter((memo) => memo.about.id === id),
    },
  }
  return buildSubgraphSchema({ typeDefs, resolvers })
}

export function composed(sdl, hub, memos) {
  const { errors, supergraphSdl } = composeServices([
    { name: 'hub', url: hub, typeDefs: parse(sdl) },
    { name: 'memos', url: memos, typeDefs },
  ])
  if (errors) throw new Error(errors.map(String).join('\n'))
  return supergraphSdl
}

export const THEIRS = '{ memos { subject about { id number province { code } } } }'
export const OURS = '{ complaints(first: 10) { nodes { number memos { subject } } } }'
