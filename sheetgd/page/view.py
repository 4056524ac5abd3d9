"""A session as the page sees it: plain lists and numbers."""

from __future__ import annotations

import re
from math import floor, log10
from typing import Any

from .. import Session
from ..language import translated

Fields = dict[str, Any]

MOST_ROWS = 60  # of the table that are sent at a time
MOST_POINTS = 2000  # of a picture
MOST_EPOCHS = 1000  # of the loss and of the path
SEEN = 0.4  # of the height of the points: how far a nudged line is at most drawn from the plain one


def letters(column: int) -> str:
    """The letters of a column, counted from 1."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def address(cell: tuple[int, int]) -> str:
    """A1 of a (row, column)."""
    return f"{letters(cell[1])}{cell[0]}"


def thinned(items: list[Any], most: int) -> list[Any]:
    """At most so many of the items, spread evenly, the last among them."""
    if len(items) <= most:
        return items
    stride = -(-len(items) // most)
    return items[:-1][::stride] + items[-1:]


def news(before: Fields, now: Fields) -> Fields:
    """What a page that knows the state before has to be told: what is different, and what lists have grown by.

    >>> news({"a": 1, "b": [1, 2], "c": 3}, {"a": 1, "b": [1, 2, 4], "c": 5})
    {'changed': {'c': 5}, 'grown': {'b': [4]}}
    """
    changed = {key: value for key, value in now.items() if key not in before or before[key] != value}
    grown = {
        key: changed.pop(key)[len(before[key]) :] for key in [*changed] if _grew(before.get(key), now[key])
    }
    return {"changed": changed, "grown": grown}


def _grew(before: Any, now: Any) -> bool:
    lists = isinstance(before, list) and isinstance(now, list)
    return lists and 0 < len(before) < len(now) and now[: len(before)] == before


def view(session: Session, axes: list[str], first: int) -> Fields:
    """All that the page shows of a lesson, but for its landscape; `axes` are the parameters of its map, `first` the
    first row of the table that it wants to see, from 0."""
    layout, now = session.layout, session.now
    xs, ys = session.points()
    diverged = session.diverged
    return {
        "rule": "steps" if layout.table.successors else "batch",
        "epoch": session.epoch_number,
        "unsaved": session.unsaved,
        "canGoBack": bool(session.steps or session.row_at),
        "parameters": [
            {"name": name, "cell": address(found.start), "value": now.values[name]}
            for name, found in layout.parameters.items()
        ],
        "loss": {"name": layout.controls.loss_name, "value": now.loss},
        "inputs": inputs(session),
        "epochs": session.epochs_asked,
        "points": thinned([list(point) for point in zip(xs, ys, strict=True)], MOST_POINTS),
        "names": [_title(session, layout.table.x), _title(session, layout.table.y)],
        "prediction": _prediction(session),
        "log": losses(session),
        "path": path(session, axes),
        "away": [[state.values[name] for name in axes] for state in session.away],
        "diverged": diverged and {"found": diverged.found, "todo": diverged.todo},
        **table(session, first),
        "row": session.row_at,
        "grown": session.notes,
        "notes": list(dict.fromkeys(session.book.warnings)),
    }


def _prediction(session: Session) -> Fields | None:
    found = session.prediction()
    if found is None:
        return None
    pairs = thinned(list(zip(found.x, found.y, strict=True)), MOST_POINTS)
    return {"kind": found.kind, "points": [list(pair) for pair in pairs]}


def _title(session: Session, column: int) -> str:
    columns = session.layout.table.columns.items()
    return next((title for title, at in columns if at == column), letters(column))


def inputs(session: Session) -> list[Fields]:
    """The cells to type into, with what they show."""
    shown = session.values([entry.cell for entry in session.inputs])
    return [
        {
            "name": _input_name(entry.name, entry.kind),
            "cell": address(entry.cell),
            "kind": entry.kind,
            "value": value,
        }
        for entry, value in zip(session.inputs, shown, strict=True)
    ]


def _input_name(name: str, kind: str) -> str:
    """What an input is called: by its label, or what every sheet has in the language of the page."""
    return translated(name) if kind in ("learn", "epochs") else name


def losses(session: Session) -> list[list[float | None]]:
    """The loss after each epoch, as the log counts them; where the sheet keeps none, the start is the first."""
    log = session.log
    if session.layout.log is None:
        before = session.steps[0].before if session.steps else session.now
        epoch = session.epoch_number - (session.steps[-1].number if session.steps else 0)
        log = [{"epoch": epoch, **({} if before.loss is None else {"loss": before.loss})}, *log]
    return [[entry["epoch"], entry.get("loss")] for entry in thinned(log, MOST_EPOCHS)]


def path(session: Session, axes: list[str]) -> list[list[float]]:
    """The way walked on the map: the parameters of the axes before each epoch, and now."""
    states = [*(step.before for step in session.steps), session.now]
    return [[state.values[name] for name in axes] for state in thinned(states, MOST_EPOCHS)]


# -- the table -------------------------------------------------------------------------------------------------------
def table(session: Session, first: int) -> Fields:
    """The rows of the table from the `first` on, and the current one among them, with what their cells show."""
    layout = session.layout
    columns = sorted(layout.table.columns.items(), key=lambda entry: entry[1])
    rows, now = layout.rows, session.row_at - 1
    if now >= 0 and not first <= now < first + MOST_ROWS:
        first = now - MOST_ROWS // 2
    first = max(0, min(first, len(rows) - MOST_ROWS))
    seen = rows[first : first + MOST_ROWS]
    values = session.values([(row, column) for row in seen for _, column in columns])
    width = len(columns)
    shown = [
        {"title": title, "letters": letters(at), "role": role(session, title, at)} for title, at in columns
    ]
    return {
        "table": {"columns": shown, "first": first, "top": seen.start, "count": len(rows)},
        "rows": [values[start : start + width] for start in range(0, len(values), width)],
    }


def role(session: Session, title: str, column: int) -> str:
    """What a column is to the page: "x", "y", "parameter", "new", "derivative" or "other"."""
    layout = session.layout
    if column in (layout.table.x, layout.table.y):
        return "x" if column == layout.table.x else "y"
    if any(found.column == column for found in layout.parameters.values()):
        return "parameter"
    if column in layout.table.successors.values():
        return "new"
    return "derivative" if derivative_of(session, title) else "other"


def derivative_of(session: Session, title: str) -> str | None:
    """The parameter by which a column is the derivative, as its title says.

    A title such as de/dm, ∂L/∂w or dm ends in d and the parameter's name.
    """
    for name in session.layout.parameters:
        if re.fullmatch(rf"(.*/)?\s*[d∂]\s*{re.escape(name)}", title.strip(), re.IGNORECASE):
            return name
    return None


# -- a cell ----------------------------------------------------------------------------------------------------------
def explanation(session: Session, row: int, column: int) -> Fields:
    """A cell's sum in words; for a derivative also the nudge, to be drawn."""
    found = session.explain(address((row, column)))
    return {
        "cell": found.cell,
        "title": found.title,
        "formula": found.formula,
        "parts": [found.title, found.names, found.numbers, found.result],
        "text": found.text,
        "reads": found.reads,
        "nudge": nudge(session, row, _title(session, column)),
    }


def nudge(session: Session, row: int, title: str) -> Fields | None:
    """The prediction before and after a parameter is nudged, drawn so wide that it is seen."""
    layout, name = session.layout, derivative_of(session, title)
    if name is None or row not in layout.rows:
        return None
    held = {key: found.column for key, found in layout.parameters.items() if found.column}
    shown = session.values([(row, column) for column in held.values()])
    at = {key: value for key, value in zip(held, shown, strict=True) if type(value) is float}
    plain = session.prediction(at)
    if plain is None or plain.kind != "curve":
        return None
    cell = layout.controls.nudge
    typed = session.values([cell])[0] if cell else None
    h = typed if type(typed) is float else 0.01
    value = at.get(name, session.now.values[name])
    moved = session.prediction({**at, name: value + h})
    _, ys = session.points()
    height = max(ys) - min(ys) or 1.0
    most = max(abs(b - a) for a, b in zip(plain.y, moved.y, strict=True)) if moved else 0.0
    times = 10.0 ** max(0, floor(log10(SEEN * height / most))) if most else 1.0
    drawn = session.prediction({**at, name: value + h * times})
    if drawn is None:
        return None
    x, y = session.values([(row, layout.table.x), (row, layout.table.y)])
    return {
        "name": name,
        "h": h,
        "times": times,
        "point": [x, y],
        "plain": [list(pair) for pair in zip(plain.x, plain.y, strict=True)],
        "nudged": [list(pair) for pair in zip(drawn.x, drawn.y, strict=True)],
    }
