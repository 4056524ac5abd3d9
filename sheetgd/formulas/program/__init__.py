"""Formulas compiled to array operations, with exact gradients."""
