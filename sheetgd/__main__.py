"""python -m sheetgd"""

from .cli import script

script()
