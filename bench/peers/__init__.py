"""Servers that the hub is compared with, and the hub, each a process of its own."""
