"""The ledger in the API."""
