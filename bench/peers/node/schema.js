// The schema and resolvers that all three servers of Node share; resolvers as their guides show.
import { readFileSync } from 'node:fs'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { GraphQLScalarType } from 'graphql'
import { MongoClient } from 'mongodb'

const typeDefs = /* GraphQL */ `
  scalar DateTime
  enum Classification { COMPLAINT_SUPERVISORY COMPLAINT ASPIRATION INFORMATION_REQUEST UNCLASSIFIED }
  enum ComplaintStatus { RECEIVED VERIFIED WAITING_REPORTER IN_PROGRESS FOLLOWED_UP CLOSED ARCHIVED REJECTED }
  enum Dimension { DISTRICT STATUS CATEGORY MONTH }
  type Location { longitude: Float! latitude: Float! }
  type StatusChange { at: DateTime! status: ComplaintStatus! statusSource: String }
  type Complaint {
    id: ID! number: String! externalId: String! classification: Classification!
    category: String categorySource: String status: ComplaintStatus! statusSource: String!
    title: String description: String receivedAt: DateTime! updatedAt: DateTime! dueAt: DateTime
    institution: String location: Location timeline: [StatusChange!]!
  }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type ComplaintConnection { nodes: [Complaint!]! pageInfo: PageInfo! }
  type KeyValue { key: Dimension! value: String }
  type IndicatorRow { keys: [KeyValue!]! received: Int! followedUp: Int! overdue: Int! }
  type Channel { name: String! title: String! }
  input StringFilter { eq: String }
  input ComplaintFilter { province: StringFilter district: StringFilter }
  type Query {
    complaints(filter: ComplaintFilter, first: Int = 20, after: String): ComplaintConnection!
    complaint(id: ID!): Complaint
    indicators(groupBy: [Dimension!]!, filter: ComplaintFilter): [IndicatorRow!]!
    channels: [Channel!]!
  }
`

const [, , uriFile, database, port] = process.argv
export const listenOn = Number(port)
const client = await MongoClient.connect(readFileSync(uriFile, 'utf8'))
const db = client.db(database)
const notAsked = { raw: 0, reporter: 0, provenance: 0 }
const lowerCased = (names) => Object.fromEntries(names.map((name) => [name, name.toLowerCase()]))

function wantedOf(filter) {
  const wanted = {}
  if (filter?.province) wanted.province = filter.province.eq
  if (filter?.district) wanted.district = filter.district.eq
  return wanted
}

function cursorOf(document) {
  return Buffer.from(`${document.received_at.getTime()} ${document._id}`).toString('base64url')
}

function beyond(cursor) {
  const [time, id] = Buffer.from(cursor, 'base64url').toString().split(' ')
  const at = new Date(Number(time))
  return { received_at: { $lte: at }, $or: [{ received_at: { $lt: at } }, { received_at: at, _id: { $lt: id } }] }
}

const keys = {
  DISTRICT: '$district',
  STATUS: '$status',
  CATEGORY: '$category',
  MONTH: { $substrBytes: ['$received_on', 0, 7] }
}
const open = ['received', 'verified', 'waiting_reporter', 'in_progress']
const followedUp = ['in_progress', 'followed_up', 'closed']

function pipeline(dimensions, wanted) {
  const overdue = [{ $lt: ['$due_at', new Date()] }, { $in: ['$status', open] }]
  return [
    { $match: wanted },
    {
      $group: {
        _id: Object.fromEntries(dimensions.map((d) => [d, keys[d]])),
        received: { $sum: 1 },
        followedUp: { $sum: { $cond: [{ $in: ['$status', followedUp] }, 1, 0] } },
        overdue: { $sum: { $cond: [{ $and: overdue }, 1, 0] } }
      }
    },
    { $sort: Object.fromEntries(dimensions.map((d) => [`_id.${d}`, 1])) }
  ]
}

const resolvers = {
  DateTime: new GraphQLScalarType({ name: 'DateTime', serialize: (value) => value.toISOString() }),
  Classification: lowerCased(['COMPLAINT_SUPERVISORY', 'COMPLAINT', 'ASPIRATION', 'INFORMATION_REQUEST', 'UNCLASSIFIED']),
  ComplaintStatus: lowerCased(['RECEIVED', 'VERIFIED', 'WAITING_REPORTER', 'IN_PROGRESS', 'FOLLOWED_UP', 'CLOSED', 'ARCHIVED', 'REJECTED']),
  Query: {
    async complaints(_, { filter, first, after }) {
      const wanted = after ? { ...wantedOf(filter), ...beyond(after) } : wantedOf(filter)
      const found = await db.collection('complaints')
        .find(wanted, { projection: notAsked })
        .sort({ received_at: -1, _id: -1 })
        .limit(first + 1)
        .toArray()
      const nodes = found.slice(0, first)
      const endCursor = nodes.length ? cursorOf(nodes[nodes.length - 1]) : null
      return { nodes, pageInfo: { hasNextPage: found.length > first, endCursor } }
    },
    complaint: (_, { id }) =>
      db.collection('complaints').findOne({ _id: id.replace('complaint:', '') }, { projection: notAsked }),
    async indicators(_, { groupBy, filter }) {
      const rows = await db.collection('complaints').aggregate(pipeline(groupBy, wantedOf(filter))).toArray()
      return rows.map((row) => ({
        ...row,
        keys: groupBy.map((key) => {
          const value = row._id[key]
          return { key, value: key === 'STATUS' ? value.toUpperCase() : value }
        })
      }))
    },
    channels: () => db.collection('channels').find({}, { projection: { title: 1 } }).sort({ _id: 1 }).toArray()
  },
  Channel: { name: (channel) => channel._id },
  Complaint: {
    id: (complaint) => `complaint:${complaint._id}`,
    externalId: (complaint) => complaint.external_id,
    categorySource: (complaint) => complaint.category_source,
    statusSource: (complaint) => complaint.status_source,
    receivedAt: (complaint) => complaint.received_at,
    updatedAt: (complaint) => complaint.updated_at,
    dueAt: (complaint) => complaint.due_at
  },
  Location: {
    longitude: (location) => location.coordinates[0],
    latitude: (location) => location.coordinates[1]
  },
  StatusChange: { statusSource: (step) => step.status_source }
}

export const schema = makeExecutableSchema({ typeDefs, resolvers })
