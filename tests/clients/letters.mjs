// A ministry's own graph, of letters about complaints, and how it is composed with the hub.
import { composeServices } from '@apollo/composition'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse } from 'graphql'

const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Query { letters: [Letter!]! }
  type Letter { subject: String! about: Complaint }
  type Complaint @key(fields: "id") { id: ID! letters: [Letter!]! }
`)

// A letter about each of these ids.
export function lettersAbout(ids) {
  const all = ids.map((id) => ({ subject: `Perihal ${id}`, about: { __typename: 'Complaint', id } }))
  const resolvers = {
    Query: { letters: () => all },
    Complaint: {
      __resolveReference: ({ id }) => ({ id }),
      letters: ({ id }) => all.filter((letter) => letter.about.id === id),
    },
  }
  return buildSubgraphSchema({ typeDefs, resolvers })
}

export function composed(sdl, hub, letters) {
  const { errors, supergraphSdl } = composeServices([
    { name: 'hub', url: hub, typeDefs: parse(sdl) },
    { name: 'letters', url: letters, typeDefs },
  ])
  if (errors) throw new Error(errors.map(String).join('\n'))
  return supergraphSdl
}

export const THEIRS = '{ letters { subject about { id number province { code } } } }'
export const OURS = '{ complaints(first: 10) { nodes { number letters { subject } } } }'
