"""Epochs: what one does, running and resetting them, and what is written."""
