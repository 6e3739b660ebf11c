"""The conformance kit: a hostile channel runs an operator's own YAML, and grades it."""
