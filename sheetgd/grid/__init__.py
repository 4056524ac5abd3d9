"""Addresses, cells and edits: a sheet without its file."""
