"""The plan of the next pass in the API."""
