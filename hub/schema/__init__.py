"""The GraphQL face: what clients can ask, and how an answer is made."""
