"""A Google for the tests, judged by Google's own contract; server.py says how it is used."""
