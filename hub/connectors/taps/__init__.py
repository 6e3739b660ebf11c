"""Singer taps, as child processes."""
