"""The only rooms where MongoDB is spoken."""
