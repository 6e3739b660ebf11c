"""A thousand who watch: who they are, what changes, and whether each hears what they should."""
