"""sheetgd login: to Google.

What takes long to import is imported in the functions: --help and a mistyped option are answered at once.
"""

from __future__ import annotations

import argparse


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--create",
        action="store_true",
        help="also for making new Google Sheets (sheetgd new --google, sheetgd class --google)",
    )
    parser.add_argument(
        "--folder",
        action="store_true",
        help="also for seeing what lies in a Drive folder (sheetgd sync --folder, sheetgd check --folder)",
    )


def command(words: argparse.Namespace) -> int:
    from ..online.login import login

    print(login(create=words.create, folder=words.folder))
    return 0
