"""Brings connectors and the store together."""
