"""python -m sheetgd"""

from .cli import main

raise SystemExit(main())
