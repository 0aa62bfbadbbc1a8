"""A link's document shown by our own viewer."""
