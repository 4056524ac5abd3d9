"""sheetgd check: what is right in the worksheets that came back.

What takes long to import is imported in the functions: --help and a mistyped option are answered at once.
"""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..books.xlsx.saving import exists, write_atomically
from ..errors import BookError, UsageError
from ..language import counted, known_language, speaking, translated
from .options import add_language, positive
from .output import Bar, print_json, say

if TYPE_CHECKING:
    from ..checking.feedback import FeedbackPages
    from ..checking.gradebook import Filled
    from ..checking.results import Checked, Results
    from ..checking.returned_sheets import Returns


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="the key.xlsx that sheetgd class made")
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        help="returned worksheets, folders of them, or a learning platform's zip; their names do not matter",
    )
    parser.add_argument(
        "--folder",
        metavar="URL",
        help="check every Google Sheet in this Drive folder (default, if no FILE is named: the folder in the key)",
    )
    parser.add_argument(
        "--report", metavar="FILE.html", help="write a report on the class, with a card for each student"
    )
    parser.add_argument(
        "--feedback",
        metavar="FOLDER",
        help="write a page for each student, named so that Moodle and Canvas take it back as feedback",
    )
    parser.add_argument(
        "--show-answers",
        action="store_true",
        help="give the right numbers in the feedback for students (--feedback, --gradebook)",
    )
    _add_gradebook(parser)
    parser.add_argument(
        "--tolerance",
        metavar="T",
        type=positive,
        default=1e-6,
        help="how far off a number may be, relative to its size (default: 0.000001)",
    )
    parser.add_argument(
        "--owner",
        metavar="FILE=NAME",
        action="append",
        default=[],
        help="whose file it is, where the file does not say so: a student's name or assignment (may be repeated)",
    )
    add_language(parser, "the language of the report and the feedback (default: that of the worksheets)")
    parser.add_argument(
        "--force", action="store_true", help="replace an existing report, gradebook and pages"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object with all digits")


def _add_gradebook(parser: argparse.ArgumentParser) -> None:
    """The options for a gradebook."""
    parser.add_argument(
        "--gradebook",
        metavar="FILE.csv",
        help="fill in the grades: in a copy of the file that Canvas or Moodle exported, FILE-graded.csv",
    )
    parser.add_argument(
        "--column", metavar="NAME", help="the gradebook's column (default: the only one for grades)"
    )
    parser.add_argument(
        "--points",
        metavar="N",
        type=positive,
        help="the points for full marks (default: what the gradebook says)",
    )
    parser.add_argument("--regrade", action="store_true", help="replace grades already in the gradebook")
    parser.add_argument("-o", "--out", metavar="FILE.csv", help="write the filled gradebook to this file")


def command(words: argparse.Namespace) -> int:
    _refuse_words(words)
    from ..checking.check import check
    from ..checking.files import every_file
    from ..classroom import key
    from ..classroom.folder import language_of
    from ..classroom.model_key import ModelClass

    given = key.read_any(words.key)
    address = words.folder or ("" if words.files or isinstance(given, ModelClass) else given.folder)
    if not address and not words.files:
        raise UsageError(
            "no worksheets are named", "name files or folders, or a Drive folder with --folder URL"
        )
    code = known_language(words.lang or language_of(given.assignments))
    with contextlib.ExitStack() as stack:
        online = stack.enter_context(_returns(address)) if address else None
        bar = stack.enter_context(Bar(words.json, "Worksheets"))
        files = [path for path in every_file(_expanded(words.files)) if not _is_same(path, words.key)]
        owners = _owners(words.owner)
        model = given.open if isinstance(given, ModelClass) else None
        stack.enter_context(speaking(code))
        results = check(given.assignments, files, words.tolerance, bar, online, owners, model)
        narrow = online is not None and not online.sees_all
    with speaking(code):
        report = _write_report(words, results) if words.report else ""
        filled = _fill(words, results) if words.gradebook else None
        pages = _write_pages(words, results) if words.feedback else None
        table = _table(results)  # which says what the students read
    if words.json:
        print_json(_as_json(results, report, filled, pages))
    else:
        say("\n".join([*table, *_summary(results, report, filled, pages, narrow)]))
    return 0 if results.good else BookError.exit_code


def _owners(words: list[str]) -> dict[str, str]:
    """Whose the files are that were named with --owner."""
    owners = {}
    for each in words:
        file, equals, who = each.rpartition("=")
        if not equals or not file.strip() or not who.strip():
            raise UsageError(
                f"--owner {each} is not FILE=NAME", 'write for instance --owner "a.xlsx=Ada Lovelace"'
            )
        owners[file.strip()] = who.strip()
    return owners


@contextlib.contextmanager
def _returns(address: str) -> Iterator[Returns]:
    """The Google Sheets of a Drive folder."""
    from ..checking.returned_sheets import Returns

    found = Returns(address)
    try:
        yield found
    finally:
        found.close()


def _refuse_words(words: argparse.Namespace) -> None:
    """Errors that show before anything is checked."""
    needs = {"--column": words.column, "--points": words.points, "--regrade": words.regrade, "-o": words.out}
    for option, given in needs.items():
        if given and not words.gradebook:
            raise UsageError(f"{option} was given without --gradebook", "add --gradebook FILE.csv")
    kinds = (words.report, ".html", "--report"), (words.out, Path(words.gradebook or "").suffix.lower(), "-o")
    for name, kind, option in kinds:
        if name and Path(name).suffix.lower() != kind:
            raise UsageError(f"{name} after {option} does not end in {kind}", "name a file that does")
    if words.show_answers and not (words.feedback or words.gradebook):
        raise UsageError("--show-answers was given without --feedback or --gradebook", "add one of them")
    _refuse_places(words)
    if words.gradebook:
        from ..checking.gradebook import Gradebook

        Gradebook(words.gradebook).choose_column(words.column)


def _refuse_places(words: argparse.Namespace) -> None:
    """Refuse to write where something exists already, or where nothing can be written."""
    for path in map(Path, filter(None, (words.report, words.out))):
        if exists(path) and not words.force:
            todo = "name another, or add --force to replace it"
            raise BookError("the file already exists", todo, book=path.name)
        if not os.path.isdir(path.parent):
            todo = "make it first, or name another"
            raise BookError(f"there is no folder {path.parent}", todo, book=path.name)
    if words.feedback:
        from ..checking.feedback import check_folder

        check_folder(Path(words.feedback), words.force)


def _expanded(files: list[str]) -> Iterator[str]:
    """The files, those meant by a pattern included: Windows leaves *.xlsx to the program."""
    for name in files:
        pattern = any(sign in name for sign in "*?") and not os.path.exists(name)
        yield from (sorted(glob(name)) if pattern else []) or [name]


def _is_same(path: Path, other: str) -> bool:
    """Whether it is the key, which may lie among the worksheets."""
    return os.path.exists(path) and path.samefile(other)


def _write_report(words: argparse.Namespace, results: Results) -> str:
    from ..checking.report import html, page_title

    lessons = [one.assignment.lesson for one in results.good if one.assignment]
    page = html(results, page_title(lessons or ["nothing"]))
    with _naming(words.report):
        write_atomically(
            Path(words.report), page.encode("utf-8", errors="replace"), elsewhere="--report OTHER.html"
        )
    return str(words.report)


def _write_pages(words: argparse.Namespace, results: Results) -> FeedbackPages:
    from ..checking.feedback import write

    return write(results, Path(words.feedback), answers=words.show_answers, force=words.force)


@contextlib.contextmanager
def _naming(name: str) -> Iterator[None]:
    """Name the file that cannot be written."""
    try:
        yield
    except BookError as error:
        raise error.at(book=name) from None


def _fill(words: argparse.Namespace, results: Results) -> Filled:
    from ..checking.gradebook import Grade, Waiting, fill
    from ..checking.sentences import feedback, note

    grades = [
        (one.assignment, Grade(one.score, feedback(one, words.show_answers)))
        for one in results.good
        if one.assignment and not one.held
    ]
    held = [
        Waiting(one.assignment, f"{'; '.join(reasons)} (!)", note(one))
        for one, reasons in _held(results)
        if one.assignment
    ]
    kind = Path(words.gradebook).suffix
    target = words.out or f"{Path(words.gradebook).stem}-graded{kind}"
    with _naming(target):
        return fill(
            words.gradebook,
            grades,
            words.out,
            held=held,
            column=words.column,
            points=words.points,
            replace=words.regrade,
            force=words.force,
        )


# -- what is printed -------------------------------------------------------------------------------------------------
def _table(results: Results) -> list[str]:
    """A line for each file: who, how much is right, and the first wrong cell."""
    names = [one.assignment.name if one.assignment else one.file for one in results.checked]
    width = min(max(map(len, names), default=0), 28)
    return [
        f"{_cut(name, width):<{width}}  {_line(one)}"
        for name, one in zip(names, results.checked, strict=True)
    ]


def _line(one: Checked) -> str:
    if one.problem:
        return f"{'-':>9}  {one.problem}"
    score = translated("{count} of {all}", count=f"{one.right:>3}", all=f"{one.cells:<3}")
    return f"{score}  {_said(one)}{' !' * bool(one.held)}"


def _said(one: Checked) -> str:
    """The first thing that is wrong, as briefly as can be."""
    from ..checking.sentences import missing, numbers_apart

    if one.gone:
        return missing(one.gone)
    if one.first:
        found, expected = numbers_apart(one.first.found, one.first.expected)
        at = {"cell": one.first.address, "title": one.first.title, "found": found, "expected": expected}
        if not one.first.cause:
            return translated("{cell} {title} is {found}, not {expected}", **at)
        cause = one.first.cause.words
        return translated("{cell} {title} is {found}, not {expected}: {cause}", **at, cause=cause)
    if one.unfit:
        address, shown, why = one.unfit[0]
        return translated("{cell} holds {shown}: {why}", cell=address, shown=shown, why=why)
    if one.texts:
        return translated("{cell} holds {shown}", cell=one.texts[0][0], shown=one.texts[0][1])
    if one.empty:
        return counted(
            "{count} empty, from {cell} on",
            "{count} empty, from {cell} on",
            len(one.empty),
            cell=one.empty[0],
        )
    return translated("all right")


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _held(results: Results) -> list[tuple[Checked, list[str]]]:
    """Whose grades wait for the teacher, and why; what is said of several files of a student is said once."""
    found: dict[str, tuple[Checked, dict[str, None]]] = {}
    for one in results.good:
        if one.assignment and one.held:
            found.setdefault(one.assignment.id, (one, {}))[1].update(dict.fromkeys(one.held))
    return [(one, list(reasons)) for one, reasons in found.values()]


def _summary(
    results: Results, report: str, filled: Filled | None, pages: FeedbackPages | None, narrow: bool
) -> list[str]:
    from ..checking.sentences import not_in, only_rounded

    lines = [""]
    for one, reasons in _held(results):
        lines += [f"! {one.assignment.name}: {why}" for why in reasons if one.assignment]
    if said := only_rounded([least for one in results.good for least in one.rounded]):
        lines.append(f"{said[:1].upper()}{said[1:]}.")
    if results.missing:
        lines.append(f"{not_in(results)}: {'; '.join(each.name for each in results.missing)}")
        if narrow:
            lines.append(
                "Your login sees only the sheets that sheetgd made; with sheetgd login --folder, copies, too."
            )
    if filled:
        where = f", with sentences in {filled.feedback}" if filled.feedback else ""
        lines.append(f"{filled.out}: {filled.written} grades in {filled.column}{where}")
        lines += [f"  not filled in: {name}, {why}" for name, why in filled.left]
        if not filled.feedback:
            lines.append(
                "  it has no column for sentences to the students: they are in the report (--report), and on "
                "pages for them (--feedback)"
            )
    if report:
        lines.append(f"The report is in {report}.")
    if pages:
        many = "1 page" if len(pages.pages) == 1 else f"{len(pages.pages)} pages"
        lines.append(f"{pages.folder}{os.sep}: {many} for students")
        lines += [f"  none for {name}: {why}" for name, why in pages.left]
    return lines if len(lines) > 1 else []


def _as_json(
    results: Results, report: str, filled: Filled | None, pages: FeedbackPages | None
) -> dict[str, Any]:
    return {
        "files": [_file_as_json(one) for one in results.checked],
        "missing": [{"id": each.id, "name": each.name} for each in results.missing],
        "report": report or None,
        "feedback": pages
        and {
            "folder": str(pages.folder),
            "pages": pages.pages,
            "left": [{"name": name, "reason": why} for name, why in pages.left],
        },
        "gradebook": filled
        and {
            "file": str(filled.out),
            "column": filled.column,
            "feedback": filled.feedback or None,
            "filled": filled.written,
            "left": [{"name": name, "reason": why} for name, why in filled.left],
        },
    }


def _file_as_json(one: Checked) -> dict[str, Any]:
    if one.problem:
        return {"file": one.file, "problem": one.problem}
    assert one.assignment
    from ..checking.sentences import least_tolerance

    return {
        "file": one.file,
        "problem": None,
        "id": one.assignment.id,
        "name": one.assignment.name,
        "right": one.right,
        "cells": one.cells,
        "wrong": [
            {
                "cell": wrong.address,
                "title": wrong.title,
                "row": wrong.row,
                "expected": wrong.expected,
                "found": wrong.found,
                "formula": wrong.formula or None,
                "again": wrong.again,
                "cause": wrong.cause and wrong.cause._asdict(),
            }
            for wrong in one.wrong
        ],
        "rounded": {"cells": len(one.rounded), "tolerance": float(least_tolerance(one.rounded))}
        if one.rounded
        else None,
        "gone": list(one.gone),
        "empty": list(one.empty),
        "unfit": [list(each) for each in one.unfit],
        "points": {"earned": one.earned, "most": one.most},
        "texts": [list(each[:2]) for each in one.texts],
        "typed": list(one.typed),
        "formulas": list(one.formulas),
        "altered": [each._asdict() for each in one.altered],
        "notes": list(one.notes),
        "held": list(one.held),
    }
