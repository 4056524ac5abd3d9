"""One damaged, hostile or odd workbook, and whether sheetgd copes with it: see fuzzing.py."""

from __future__ import annotations

import contextlib
import io
import json
import math
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import fuzzed_files
from drawings import Drawing, draw_lesson
from harm import harm
from sheetgd.books import opening
from sheetgd.formulas import model
from sheetgd.grid.a1 import parse

SECONDS, MEGABYTES = 5.0, 1000
GIVE_UP = 12.0  # seconds after which a case is interrupted
ENGINE_SECONDS = 2.3  # the engine's patience here, so that a case with two of it stays within SECONDS
ENGINE_LOADS = 400  # workbooks that one process of the engine is given
BATCH = 200
FOLDER = Path("/dev/shm") if Path("/dev/shm").is_dir() else None


class Case(NamedTuple):
    """A workbook, the words of a command (or "edit"), and, where it is known, what a run must print as JSON."""

    data: bytes
    words: list[str]
    what: str
    suffix: str = ".xlsx"
    expected: dict[str, Any] | None = None


# -- the kinds -------------------------------------------------------------------------------------------------------
def zip_case(dice: random.Random) -> Case:
    """The container: bytes flipped, cut out, doubled; fields of its records changed; members renamed and doubled."""
    name, data = dice.choice(books())
    done = []
    for _ in range(dice.choice([1, 1, 1, 2, 3])):
        change = dice.choice(fuzzed_files.ZIP_CHANGES)
        data = change(data, dice)
        done.append(change.__name__)
    return Case(data, command(dice), f"{name}: {', '.join(done)}", Path(name).suffix)


def xml_case(dice: random.Random) -> Case:
    """The XML of a part or two of a real workbook."""
    name, data = dice.choice(books())
    parts = fuzzed_files.unpacked(data)
    done = []
    for _ in range(dice.choice([1, 1, 1, 2])):
        part = fuzzed_files.choose_part(list(parts), dice)
        for _ in range(dice.choice([1, 1, 2, 4])):
            change = dice.choice(fuzzed_files.XML_CHANGES)
            parts[part] = change(parts[part], dice)
            done.append(f"{part} {change.__name__}")
    return Case(fuzzed_files.packed(parts), command(dice), f"{name}: {', '.join(done)}", Path(name).suffix)


def layout_case(dice: random.Random) -> Case:
    """A lesson whose labels and tables stand anywhere, whole: the numbers of a plain loop are expected."""
    drawing = draw_lesson(dice)
    words = ["run", "--json"]
    return Case(drawing.packed(), words, str(drawing), expected=drawing.expected)


def harmed_case(dice: random.Random) -> Case:
    """Such a lesson with labels doubled, merged, translated or gone, and odd things in its cells."""
    drawing = draw_lesson(dice)
    done = [harm(drawing, dice) for _ in range(dice.choice([1, 1, 2, 3, 5]))]
    return Case(drawing.packed(), command(dice, drawing), f"{drawing}: {', '.join(done)}")


KINDS: dict[str, Callable[[random.Random], Case]] = {
    "zip": zip_case,
    "xml": xml_case,
    "layout": layout_case,
    "harmed": harmed_case,
}


def command(dice: random.Random, drawing: Drawing | None = None) -> list[str]:
    """Words of a command: mostly a plain run."""
    name = dice.choice(["run", "run", "run", "look", "reset", "edit"])
    if name == "edit":
        return [name, dice.choice(["A1", "B2", "C40", "XFD1048576"]), dice.choice(["1.5", "=1+1", ""])]
    words = [name]
    if dice.random() < 0.7:
        words.append("--json")
    if name == "run" and dice.random() < 0.3:
        words += ["--epochs", dice.choice(["1", "2", "40"])]
    if name == "run" and dice.random() < 0.2:
        words += ["--learn", dice.choice(["0.0001", "1e-300", "3", "1e300"])]
    if name != "look" and dice.random() < 0.1:
        words += ["--carry", dice.choice(["A1=B1", "B4=C4", "C40=C40", "XFD1048576=A1"])]
    if name != "look" and dice.random() < 0.1:
        words.append("--all")
    elif dice.random() < 0.1:
        words += ["--sheet", dice.choice(["basic", "Lesson", "nowhere"])]
    return words


@lru_cache
def books() -> list[tuple[str, bytes]]:
    """The real workbooks that are damaged, the small ones more often."""
    return fuzzed_files.real_books()


# -- one case --------------------------------------------------------------------------------------------------------
class TooSlow(BaseException):
    """Interrupts a case; no `except Exception` stops it."""


class Arena:
    """A folder, and one process of the engine, in which case after case is tried."""

    def __init__(self) -> None:

        arena = self

        class Borrowed(model.Model):
            """A model whose engine serves one workbook after the other, and starts only when it is asked something."""

            def __init__(self) -> None:
                self.patience, self.frozen = ENGINE_SECONDS, {}
                self._sheets = None
                self._loading: tuple[Any, ...] = ()

            def load(self, path: Path, size: int) -> None:
                self._loading = ("load", str(path))

            def _send(self, name: str, *arguments: Any) -> None:
                if name == "build":
                    self._loading = (name, *arguments)
                else:
                    super()._send(name, *arguments)

            def _wait(self) -> dict[str, int]:
                if self._sheets is None:
                    self._process, self._watch = arena.engine()
                    super()._send(*self._loading)
                    self._sheets = {name: index for index, name in enumerate(self._receive())}
                return self._sheets

            def _receive(self, patience: float | None = None) -> Any:
                try:
                    return super()._receive(patience)
                except model.EngineError:
                    raise  # it has answered
                except BaseException:
                    arena.end_engine()
                    raise

            def kill(self) -> None:
                pass  # the next one needs it

            close = kill

        self.model = Borrowed
        self.real_model = model.Model
        self.holder: model.Model | None = None
        self.loads = 0
        self.folder = Path(tempfile.mkdtemp(prefix="sheetgd-fuzz-", dir=FOLDER))

    def __enter__(self) -> Arena:
        from sheetgd.books.xlsx import book as xlsx
        from sheetgd.cli import look, reset, run
        from sheetgd.cli import main as cli

        self.before = look.open_book, xlsx.Model, cli.make_parser
        cli.make_parser = lru_cache(cli.make_parser)  # quicker
        for command in (look, run, reset):
            command.open_book = lambda path, **_: xlsx.XlsxBook(Path(path), self.model())  # type: ignore[attr-defined]
        xlsx.Model = self.model  # type: ignore[misc]
        return self

    def __exit__(self, *_: object) -> None:
        from sheetgd.books.xlsx import book as xlsx
        from sheetgd.cli import look, reset, run
        from sheetgd.cli import main as cli

        opened, xlsx.Model, cli.make_parser = self.before  # type: ignore[misc]
        for command in (look, run, reset):
            command.open_book = opened  # type: ignore[attr-defined]
        self.end_engine()
        shutil.rmtree(self.folder, ignore_errors=True)

    def engine(self) -> tuple[Any, Any]:
        self.loads += 1
        if self.holder is None or self.loads % ENGINE_LOADS == 0:
            self.end_engine()
            self.holder = self.real_model()
            self.holder.await_start()
        return self.holder._process, self.holder._watch

    def end_engine(self) -> None:
        if self.holder:
            self.holder.close()
        self.holder = None

    def suffer(self, case: Case) -> Verdict:
        """Try a case; if it was slow, once more, for the machine may have been busy."""
        verdict = self.tried(case)
        return self.tried(case) if verdict.seconds > SECONDS else verdict

    def tried(self, case: Case) -> Verdict:
        path = self.folder / f"book{case.suffix}"
        path.write_bytes(case.data)
        began = time.monotonic()
        note, wrong = "", ""
        try:
            with interrupted_after(GIVE_UP):
                done = act(path, case.words)
        except SystemExit:
            raise
        except KeyboardInterrupt:
            raise
        except TooSlow:
            self.end_engine()
            note = wrong = f"not done after {GIVE_UP:.0f} s"
        except BaseException:
            note, wrong = "another exception", traceback.format_exc(limit=-6)
        seconds = time.monotonic() - began
        if not wrong:
            try:
                note, wrong = judge(case, path, done)
            except Exception:
                note, wrong = "done", f"{done.out[:600]} {traceback.format_exc(limit=-2)}"
        left = sorted(other.name for other in self.folder.iterdir() if other != path)
        if left and not wrong:
            wrong = f"left behind: {left}"
        for name in [*left, path.name]:
            (self.folder / name).unlink(missing_ok=True)
        if seconds > SECONDS and not wrong:
            wrong = f"it took {seconds:.1f} s"
        return Verdict(note, wrong, seconds)


class Verdict(NamedTuple):
    note: str
    wrong: str
    seconds: float


class Done(NamedTuple):
    code: int
    out: str
    err: str


@contextlib.contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    def interrupt(*_: object) -> None:
        raise TooSlow

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def act(path: Path, words: list[str]) -> Done:
    """Run the command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = edit(path, *words[1:]) if words[0] == "edit" else main([words[0], str(path), *words[1:]])
    return Done(code, out.getvalue(), err.getvalue())


def main(words: list[str]) -> int:
    from sheetgd.cli.main import main

    return main(words)


def edit(path: Path, cell: str, text: str) -> int:
    """Type into the first sheet by the library's own call."""
    import sheetgd

    try:
        with opening.open_book(path) as book:
            edits = sheetgd.Edits()
            edits.put(
                book.sheet_names[0],
                parse(cell),
                float(text) if text == "1.5" else text or None,
            )
            book.apply(edits)
    except sheetgd.SheetgdError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def judge(case: Case, path: Path, done: Done) -> tuple[str, str]:
    """What happened, and what was wrong with it."""
    after = path.read_bytes()
    if case.expected is not None and done.code == 0:
        if wrong := not_as_expected(json.loads(done.out), case.expected):
            return "another result", wrong
    elif case.expected is not None:
        return "refused", f"a sound lesson was refused: {done.err}"
    if done.code in (1, 2):
        if not done.err.startswith(path.name) or "Traceback" in done.err or done.err.count("\n") != 1:
            return "refused", f"the error does not begin with the workbook, or is no sentence: {done.err}"
        if done.out:
            return "refused", f"an error, and yet it printed {done.out[:100]}"
        return "refused in words", "" if after == case.data else "an error, and the file was changed"
    if done.code not in (0, 3):
        return "?", f"exit code {done.code}"
    if case.words[0] == "look":
        return "looked", "" if after == case.data else "look changed the file"
    if "--json" in case.words:
        for line in done.out.splitlines():
            json.loads(line, parse_constant=lambda name: fail(f"{name} in the JSON"))
    note = "diverged, in words" if done.code == 3 else "done"
    return note, "" if after == case.data else not_readable(case.data, after, case.words, done)


def fail(what: str) -> None:
    raise AssertionError(what)


def not_as_expected(got: dict[str, Any], expected: dict[str, Any]) -> str:
    shown = {name.strip(" :").lower(): change["after"] for name, change in got["parameters"].items()}
    if got["loss"]:
        shown["loss"] = got["loss"]["after"]
    shown |= {"epochs": got["epochs"], "rule": got["rule"]}
    wrong = [name for name in expected if not close(shown.get(name), expected[name])]
    return "; ".join(f"{name}  expected {expected[name]!r}  got {shown.get(name)!r}" for name in wrong)


def close(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-7, abs_tol=1e-9)
    return bool(one == other)


# -- the file after a success ----------------------------------------------------------------------------------------
def not_readable(before: bytes, after: bytes, words: list[str], done: Done) -> str:
    """What is wrong with a workbook that was written: parts, XML and cells, as far as they could be read before."""
    old, new = (parts_of(data) for data in (before, after))
    if old is None or new is None:
        return "" if old is None else "the file is no zip any more"
    if list(old) != list(new):
        return f"the parts {list(old)} became {list(new)}"
    changed = [name for name in old if old[name] != new[name]]
    for name in changed:
        if name == "xl/workbook.xml":
            continue
        was, is_ = (cells_of(parts[name]) for parts in (old, new))
        if was is None:
            continue
        if is_ is None:
            return f"{name} is no sheet any more: {excerpt(old[name], new[name])}"
        if wrong := wrongly_changed(was, is_):
            return f"{name}: {wrong}"
    raw, raw_after = raw_parts(before), raw_parts(after)
    for name in raw.keys() - {*changed}:
        if raw[name] != raw_after.get(name):
            return f"the raw bytes of {name} changed, whose content did not"
    return ""


def parts_of(data: bytes) -> dict[str, bytes] | None:
    """The content of each part; a part that cannot be read is told by its error."""
    found = {}
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        for info in archive.infolist():
            try:
                found[info.filename] = archive.read(info)
            except Exception as error:
                found[info.filename] = type(error).__name__.encode()
    except Exception:
        return None
    return found


def raw_parts(data: bytes) -> dict[str, bytes]:
    """Each member's header and packed bytes as they stand in the file."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            with contextlib.suppress(Exception):  # what cannot be read cannot be told apart
                archive.read(info)
                start = info.header_offset
                lengths = (int.from_bytes(data[start + at : start + at + 2], "little") for at in (26, 28))
                end = min(start + 30 + sum(lengths) + info.compress_size, archive.start_dir)
                found[info.filename] = data[start:end]
    return found


def excerpt(old: bytes, new: bytes) -> str:
    at = next((index for index, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), 0)
    return f"...{new[max(at - 80, 0) : at + 80]!r}..."


Content = tuple[str, str, str]  # type, value, formula


def cells_of(xml: bytes) -> dict[str, Content] | None:
    """The cells of a sheet's XML, as Python's own reader finds them; None where they are in no order, or no XML."""
    try:
        root = ElementTree.fromstring(xml)
    except Exception:
        return None
    found: dict[str, Content] = {}
    row_number = 0
    for row in root.iterfind("{*}sheetData/{*}row"):
        above, row_number, column = row_number, int(row.get("r", row_number + 1)), 0
        if row_number <= above:
            return None
        for cell in row.iterfind("{*}c"):
            left, address = column, cell.get("r", "")
            column = number_of(address) if address else column + 1
            if column <= left or (
                address and address.lstrip("$ABCDEFGHIJKLMNOPQRSTUVWXYZ") != str(row_number)
            ):
                return None
            value = "".join("".join(part.itertext()) for part in cell if local(part) in ("v", "is"))
            formula = "".join(part.text or "" for part in cell if local(part) == "f")
            marked = formula or ("shared" if any(local(part) == "f" for part in cell) else "")
            found[f"{column},{row_number}"] = (cell.get("t", "n"), value, marked)
    return found


def local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def number_of(address: str) -> int:
    number = 0
    for letter in re.sub(r"[^A-Za-z]", "", address).upper():
        number = number * 26 + ord(letter) - 64
    return number


def wrongly_changed(was: dict[str, Content], is_: dict[str, Content]) -> str:
    for place in was.keys() | is_.keys():
        old, new = was.get(place, ("n", "", "")), is_.get(place, ("n", "", ""))
        if old[2] != new[2]:
            return f"the formula {old[2]!r} in {place} became {new[2]!r}"
        if old != new and new[0] == "n" and new[1] and not math.isfinite(float(new[1])):
            return f"{place} holds {new[1]}"
    return ""
