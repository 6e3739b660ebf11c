"""Answers that go on: subscriptions over WebSocket and as server-sent events."""
