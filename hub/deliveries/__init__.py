"""Webhooks of consoles: changes of complaints, sent to them at least once and signed."""
