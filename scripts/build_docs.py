"""Writes docs/cli.md from the commands' own help: python scripts/build_docs.py. A test fails when it is stale."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLI = ROOT / "docs" / "cli.md"


def commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands of the parser by name."""
    [group] = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(group.choices)


def words(action: argparse.Action) -> str:
    """An argument or option as it is typed."""
    names = ", ".join(action.option_strings)
    return " ".join(filter(None, [names, str(action.metavar or "") if action.nargs != 0 else ""]))


def usage(name: str, parser: argparse.ArgumentParser) -> str:
    """The line to type, optional parts in brackets."""
    parts = ["sheetgd", name]
    for action in sorted(parser._actions, key=lambda action: bool(action.option_strings)):
        if "--help" in action.option_strings:
            continue
        typed = " ".join(
            [*action.option_strings[:1], "" if action.nargs == 0 else str(action.metavar)]
        ).strip()
        typed += " …" if action.nargs in ("*", "+") else ""
        optional = bool(action.option_strings) or action.nargs in ("?", "*")
        parts.append(f"[{typed}]" if optional else typed)
    return " ".join(parts)


def page(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The lines of docs/cli.md."""
    yield "# The commands"
    yield ""
    yield "Made from `sheetgd --help` by `python scripts/build_docs.py`."
    for name, command in commands(parser).items():
        yield f"\n## sheetgd {name}\n\n{command.description}\n\n```\n{usage(name, command)}\n```\n"
        yield "| | |\n|---|---|"
        for action in command._actions:
            yield f"| `{words(action)}` | {action.help} |"
    yield "\n## Exit codes\n\n| | |\n|---|---|"
    for line in str(parser.epilog).splitlines()[1:]:
        code, _, meaning = line.strip().partition("  ")
        yield f"| {code} | {meaning} |"


def text() -> str:
    sys.path.insert(0, str(ROOT))
    from sheetgd.cli import make_parser

    return "\n".join(page(make_parser())) + "\n"


if __name__ == "__main__":
    CLI.write_text(text(), encoding="utf-8")
    print(f"{CLI.relative_to(ROOT)} is up to date.")
