"""A page with buttons for a lesson, on this computer only. It knows what `import sheetgd` offers, and no more."""
