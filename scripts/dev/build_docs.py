"""Writes docs/cli.md from the commands' own help: python scripts/dev/build_docs.py. A test fails when it is stale."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLI = ROOT / "docs" / "cli.md"


def commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands of the parser by name."""
    [group] = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(group.choices)


def value(action: argparse.Action) -> str:
    """What is typed after an option, or for an argument: its name, or one of its choices."""
    if action.nargs == 0:
        return ""
    return str(action.metavar or "{" + ",".join(map(str, action.choices or ())) + "}")


def words(action: argparse.Action) -> str:
    """An argument or option as it is typed."""
    return " ".join(filter(None, [", ".join(action.option_strings), value(action)]))


def usage(name: str, parser: argparse.ArgumentParser) -> str:
    """The line to type, optional parts in brackets."""
    parts = ["sheetgd", name]
    for action in sorted(parser._actions, key=lambda action: bool(action.option_strings)):
        if "--help" in action.option_strings:
            continue
        typed = " ".join(filter(None, [*action.option_strings[:1], value(action)]))
        typed += " …" if action.nargs in ("*", "+") else ""
        optional = not action.required or action.nargs in ("?", "*")
        parts.append(f"[{typed}]" if optional else typed)
    return " ".join(parts)


def lessons(new: argparse.ArgumentParser) -> Iterator[str]:
    """The table of what can be said of each lesson's worksheet, in the order of the command's options."""
    from sheetgd.lessons import LESSONS, takes

    taken = {lesson: takes(lesson) for lesson in LESSONS}
    options = [
        action.dest for action in new._actions if any(action.dest in all_of for all_of in taken.values())
    ]
    yield "\n### Which lesson takes what\n"
    named = [f"`--{option.replace('_', '-')}`" for option in options]
    yield f"| | {' | '.join(named)} |"
    yield "|---" * (len(options) + 1) + "|"
    for lesson, found in taken.items():
        cells = [_taken(found.get(option)) for option in options]
        yield f"| {lesson} | {' | '.join(cells)} |"


def _taken(needed: str | None) -> str:
    return "" if needed is None else f"with `--{needed}`" if needed else "yes"


def page(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The lines of docs/cli.md."""
    yield "# The commands"
    yield ""
    yield "Made from `sheetgd --help` by `python scripts/dev/build_docs.py`."
    for name, command in commands(parser).items():
        yield f"\n## sheetgd {name}\n\n{command.description}\n\n```\n{usage(name, command)}\n```\n"
        yield "| | |\n|---|---|"
        for action in command._actions:
            typed = words(action).replace("|", r"\|")
            yield f"| `{typed}` | {action.help} |"
        if name == "new":
            yield from lessons(command)
    yield "\n## Exit codes\n\n| | |\n|---|---|"
    for line in str(parser.epilog).splitlines()[1:]:
        code, _, meaning = line.strip().partition("  ")
        yield f"| {code} | {meaning} |"


def text() -> str:
    sys.path.insert(0, str(ROOT))
    from sheetgd.cli.main import make_parser

    return "\n".join(page(make_parser())) + "\n"


if __name__ == "__main__":
    CLI.write_text(text(), encoding="utf-8")
    print(f"{CLI.relative_to(ROOT)} is up to date.")
