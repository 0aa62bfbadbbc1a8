"""API tokens in the API."""
