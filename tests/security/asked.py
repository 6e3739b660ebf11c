"""The questions of the differential suite. What of the schema they reach is what it covers."""

LIST = """
query ($filter: ComplaintFilter, $orderBy: [ComplaintOrder!],
       $first: Int, $after: String, $last: Int, $before: String) {
  complaints(filter: $filter, orderBy: $orderBy,
             first: $first, after: $after, last: $last, before: $before) {
    totalCount totalCountIsEstimate
    nodes { id }
    edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""

AT_ONCE = 6
"""So many ids are asked for in one document."""

_IDS = range(AT_ONCE)
BY_ID = f"""
query ({", ".join(f"$id{n}: ID!" for n in _IDS)}) {{
  {" ".join(f"c{n}: complaint(id: $id{n}) {{ ...Whole }}" for n in _IDS)}
  {" ".join(f"n{n}: node(id: $id{n}) {{ id ...Whole }}" for n in _IDS)}
}}
fragment Whole on Complaint {{
  id number externalId sp4nId classification category categorySource programme status statusSource
  title description receivedAt updatedAt handedOverAt followedUpAt closedAt dueAt overdue
  overdueEver stage stageDueAt reopened remainingWorkingDays
  deadlines {{ stage dueAt endedAt pending late rule source }}
  province {{ code }} district {{ code }} address location {{ longitude latitude }} institution
  anonymous secret reporter {{ name contact }} channel {{ name title }}
  timeline {{ at status statusSource }} provenance {{ connector run hash }}
}}"""

ENTITIES = """
query ($references: [_Any!]!) {
  _entities(representations: $references) { ... on Complaint { id title description } }
}"""

CASES = f"""
query ($filter: ComplaintFilter, {", ".join(f"$id{n}: ID!" for n in _IDS)}) {{
  {" ".join(f"c{n}: complaint(id: $id{n}) {{ ...Linked }}" for n in _IDS)}
  cases(filter: $filter) {{ received cases }}
}}
fragment Linked on Complaint {{
  case {{ id reports {{ id }} links {{ complaints how score by }} }}
}}"""

INDICATORS = """
query ($groupBy: [Dimension!]!, $filter: ComplaintFilter, $period: Period,
       $fill: Boolean! = false, $compare: Boolean! = false, $asOf: DateTime) {
  indicators(groupBy: $groupBy, filter: $filter, period: $period, fill: $fill, compare: $compare,
             asOf: $asOf) {
    keys { key value label } received followedUp followUpRate overdue before { received followedUp }
  }
}"""

ACTIVITY = """
query ($of: Members!, $province: String, $period: Period, $asOf: DateTime) {
  activity(of: $of, province: $province, period: $period, asOf: $asOf) {
    unlisted members { name district { code } connected active received followedUp }
  }
}"""

RUNS = """
{
  names: connectors { name }
  connectors { name state managedBy pause { by } versions { version } lastRun { id }
    completeness { days { source } } }
  runs(first: 200) { nodes { id } }
}"""
DEAD_LETTERS = "{ deadLetters(first: 200) { nodes { id } } }"
CHANNELS = "{ channels { name } }"

DOCUMENTS = [LIST, BY_ID, ENTITIES, CASES, INDICATORS, ACTIVITY, RUNS, DEAD_LETTERS, CHANNELS]
