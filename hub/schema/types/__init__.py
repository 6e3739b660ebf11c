"""The types that queries answer with."""
