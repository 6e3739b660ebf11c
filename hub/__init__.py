"""The complaint hub."""
