"""The generator in the API."""
