"""What a complaint is, and who may see it. Plain Python: no I/O, no framework."""
