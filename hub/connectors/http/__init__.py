"""Calling a channel over HTTP: guarded, bounded, patient to a limit. Nothing else does."""
