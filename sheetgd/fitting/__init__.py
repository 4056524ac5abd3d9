"""Descent on any loss of any sheet."""
