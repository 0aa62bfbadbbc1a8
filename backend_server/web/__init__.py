"""The HTTP entrance: the API, our own pages and the public links; it parses, calls and answers."""
