"""A workbook's formulas: what they refer to, and the engine that recalculates them."""
