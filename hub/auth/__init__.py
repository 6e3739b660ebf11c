"""OAuth: the hub's own authorization server, and tokens → scopes."""
