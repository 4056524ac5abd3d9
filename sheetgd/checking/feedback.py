"""A page for each student: what is right, where to look first, and nobody else's work.

Right answers are on it only if the teacher wants that. A page is named so that the learning platform that the file came
from takes it back: Moodle's upload of feedback files in a zip knows a student by the beginning of the name, up to
`assignsubmission_file_` (mod/assign/feedback/file/importziplib.php), Canvas's upload of submissions by the first two
numbers in it (app/models/assignment.rb, infer_comment_context_from_filename).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ..books.xlsx.saving import write_atomically
from ..classroom.assignment import Assignment, Given
from ..classroom.catalogue import exercise
from ..errors import BookError
from ..language import counted, phrases, speaking, translated
from .html import page, scrolled, text
from .judging import Judgement
from .results import Checked, Results
from .sentences import begun, look, no_number, sentence, still_empty

MOODLE = re.compile(r"(?P<begin>[^_/]+_\d+_assignsubmission_[a-z]+)(_.*)?")
CANVAS = re.compile(r"(?P<begin>[^_/]+(_LATE)?_\d+_\d+)_.*")
MOST = 8  # cells to look at, besides the first
MARKS = dict(zip(phrases("right", "wrong", "empty"), "✓✗–", strict=True))


class FeedbackPages(NamedTuple):
    """The pages that were written, and the students who have none, by name with the reason."""

    folder: Path
    pages: list[str]
    left: list[tuple[str, str]]


def write(results: Results, folder: Path, *, answers: bool = False, force: bool = False) -> FeedbackPages:
    """Write a page for each student with a file that could be checked; `answers` shows the right numbers, too.

    The folder must be new or empty; with `force` pages of the same names are replaced.
    """
    left, pages = [], {}
    for one in results.best:
        assert one.assignment
        if one.is_private:
            left.append((one.assignment.name, "it is not certain whose file it is"))
        else:
            pages[page_name(one)] = html(one, answers)
    check_folder(folder, force)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise _cannot_write(folder, error) from None
    for name, content in pages.items():
        path = folder / name
        write_atomically(path, content.encode("utf-8", errors="replace"), elsewhere="--feedback OTHER")
    return FeedbackPages(folder, list(pages), left)


def check_folder(folder: Path, force: bool) -> None:
    """Refuse a folder that cannot be made, or that holds something already."""
    if folder.exists() and not folder.is_dir():
        raise BookError("it is a file, not a folder", "name another after --feedback", book=str(folder))
    if folder.is_dir() and not force and any(folder.iterdir()):
        todo = "name another, or add --force to replace the pages in it that have the same names"
        raise BookError("the folder is not empty", todo, book=str(folder))
    if not folder.absolute().parent.is_dir():
        todo = "make it first, or name another"
        raise BookError(f"there is no folder {folder.absolute().parent}", todo, book=str(folder))


def _cannot_write(folder: Path, error: OSError) -> BookError:
    found = f"it cannot be written ({error.strerror})"
    return BookError(found, "name another folder after --feedback", book=str(folder))


def page_name(one: Checked) -> str:
    """The name of a student's page: the beginning of the file's own name, where a learning platform gave it; else the
    student's.

    >>> page_name(Checked("a.xlsx", "", path="back/Ada Lovelace_101_assignsubmission_file_/a.xlsx"))
    'Ada Lovelace_101_assignsubmission_file_feedback.html'
    >>> page_name(Checked("a.xlsx", "", path="submissions.zip/lovelaceada_LATE_101_2001_a.xlsx"))
    'lovelaceada_LATE_101_2001_feedback.html'
    """
    parts = PurePosixPath(one.path).parts
    matches = [*map(MOODLE.fullmatch, reversed(parts)), *map(CANVAS.fullmatch, parts[-1:])]
    if match := next(filter(None, matches), None):
        return re.sub(r'[<>:"|?*\\\x00-\x1f]', " ", match["begin"]) + "_feedback.html"
    return f"{one.assignment.file if one.assignment else 'student'}.html"


def html(one: Checked, answers: bool = False) -> str:
    """The page of one student."""
    assert one.assignment
    which = translated("{title} · assignment {id}", title=_title(one.assignment), id=one.assignment.id)
    judged = translated(
        "Each number was compared with what follows from your own numbers before it: a slip counts once."
    )
    parts = [
        f'<p class="quiet">{text(which)}</p>',
        _score(one),
        f"<h2>{text(translated('Where to look first'))}</h2>" if one.right < one.cells else "",
        f'<p class="say">{text(sentence(one, answers))}</p>',
        _further(one, answers),
        f"<h2>{text(translated('Your cells'))}</h2>",
        *_tables(one),
        f'<p class="quiet">{text(judged)}</p>',
    ]
    return page(one.assignment.name or translated("Your worksheet"), parts, STYLE)


def _title(given: Given) -> str:
    """What stands at the top of the worksheet, or what the teacher's own workbook is called."""
    if not isinstance(given, Assignment):
        return given.lesson
    with speaking(given.language):
        return exercise(given.lesson).title


def _score(one: Checked) -> str:
    if not one.held:
        said = counted(
            "{right} of {count} cell is right.",
            "{right} of {count} cells are right.",
            one.cells,
            right=f"\0{one.right}\0",
        )
        before, number, after = map(text, said.split("\0"))
        return f'<p class="score">{before}<b>{number}</b>{after}</p>'
    why = "".join(f"<li>{text(begun(each))}.</li>" for each in one.told)
    wait = text(translated("There is no grade yet: your teacher will look at this worksheet first."))
    return f'<div class="held">{wait}{f"<ul>{why}</ul>" if why else ""}</div>'


def _further(one: Checked, answers: bool) -> str:
    """What else is wrong, empty or not a number."""
    said = [look(wrong, answers) for wrong in one.wrong[1 : MOST + 1]]
    if len(one.wrong) > MOST + 1:
        more = len(one.wrong) - MOST - 1
        said.append(counted("{count} more cell is not right.", "{count} more cells are not right.", more))
    first = 0 if one.first else 1
    said += [no_number(*each) for each in one.texts[first:]]
    if one.empty and (one.first or one.texts) and len(one.empty) < one.cells:
        said.append(still_empty(one))
    return f"<ul>{''.join(f'<li>{text(each)}</li>' for each in said)}</ul>" if said else ""


def _tables(one: Checked) -> Iterator[str]:
    """The table's cells by row and column, and those below it in a line each."""
    rows = sorted({cell.blank.row for cell in one.judgements} - {0})
    by_place = {(cell.blank.title, cell.blank.row): cell for cell in one.judgements}
    titles = list(dict.fromkeys(cell.blank.title for cell in one.judgements if cell.blank.row))
    if titles:
        head = "".join(f'<th scope="col">{text(title)}</th>' for title in titles)
        lines = [
            f'<tr><th scope="row">{row}</th>'
            + "".join(_cell(by_place.get((title, row))) for title in titles)
            + "</tr>"
            for row in rows
        ]
        yield scrolled(
            translated("Your cells"),
            f'<table class="cells"><tr><th scope="col">{text(translated("row"))}</th>{head}</tr>'
            f"{''.join(lines)}</table>",
        )
    below = [cell for cell in one.judgements if not cell.blank.row]
    if below:
        lines = [f'<tr><th scope="row">{text(cell.blank.title)}</th>{_cell(cell)}</tr>' for cell in below]
        yield f'<table class="cells">{"".join(lines)}</table>'


def _cell(cell: Judgement | None) -> str:
    if cell is None:
        return "<td></td>"
    kind = "right" if cell.right else "empty" if cell.found in (None, "") else "wrong"
    words = text(translated(kind))
    return f'<td class="{kind}"><span aria-hidden="true">{MARKS[kind]}</span><small>{words}</small></td>'


STYLE = """
main{max-width:44rem}
.score{font-size:1.15rem;margin:.4rem 0}.score b{font-size:1.9rem;color:var(--blue)}
.say{font-size:1.08rem;margin:.2rem 0 .5rem;overflow-wrap:anywhere}
ul{margin:.4rem 0;padding-left:1.2rem}li{margin:.25rem 0}
.cells{margin:.4rem 0 .8rem}
.cells th{font-weight:normal;color:var(--quiet);font-size:.85rem;padding:.2rem .4rem;text-align:right}
.cells td{border:1px solid var(--hair);text-align:center;min-width:2.7rem;padding:.1rem;line-height:1.05}
.cells small{display:block;font-size:.68rem}
.cells .right{background:var(--right);color:var(--on)}
.cells .wrong{background:var(--wrong);color:#1f2933}
.cells .empty{background:var(--empty)}
"""
