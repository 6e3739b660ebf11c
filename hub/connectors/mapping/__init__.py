"""Record → complaint."""
