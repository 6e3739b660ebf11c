"""Channels: what an operator writes about one, and how each kind of them is read."""
