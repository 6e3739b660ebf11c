"""GraphiQL: a page to ask from, which the hub itself serves once `make graphiql` has built it."""
