"""Every text of the page, in one place."""

from __future__ import annotations

from typing import Any

from ..language import counted, languages, spoken, translated

FASTEST = 30  # epochs a second


def texts() -> dict[str, Any]:
    """What the page says, in the language spoken; the page puts what it knows into the braces."""
    return {
        "language": spoken(),
        "epoch": translated("One epoch"),
        "row": translated("One row"),
        "play": translated("Play"),
        "pause": translated("Pause"),
        "back": translated("Back"),
        "reset": translated("Reset"),
        "speed": translated("epochs a second"),
        "rates": [
            counted("{count} epoch a second", "{count} epochs a second", number)
            for number in range(FASTEST + 1)
        ],
        "save": translated("Save"),
        "copy": translated("Save a copy"),
        "theirs": translated("Load what is in the file"),
        "close": translated("Close"),
        "help": translated("Keys"),
        "theme": translated("Light or dark"),
        "folder": translated("Workbooks"),
        "open": translated("Open"),
        "unsaved": translated("not saved"),
        "hasUnsaved": translated("{book}: not saved."),
        "saved": translated("Saved."),
        "copied": translated("A copy is saved as {name}."),
        "epochNumber": translated("epoch"),
        "ofRow": translated("row {row} of {count}"),
        "lesson": translated("Lesson"),
        "sheet": translated("Sheet"),
        "connection": translated("The server has ended. Start it again with: sheetgd open"),
        "chooseTitle": translated("Choose a lesson or a workbook"),
        "newLessons": translated("Draw a new lesson"),
        "books": translated("Workbooks in {folder}"),
        "noBooks": translated("There are none yet: draw a lesson."),
        "home": translated("Home"),
        "controlS": translated("Ctrl-S"),
        "keys": _keys(),
        **_pictures(),
    }


def _pictures() -> dict[str, str]:
    """What stands above the pictures and in them, and beside the table."""
    return {
        "others": translated("More inputs"),
        "fit": translated("The guess"),
        "pairs": translated("Predicted against actual"),
        "predicted": translated("Predicted"),
        "map": translated("The loss over {names}"),
        "flat": translated("Map"),
        "turned": translated("Surface"),
        "turn": translated("Drag, or use the arrow keys, to turn it"),
        "axis": translated("Axis {number}"),
        "loss": translated("Loss after each epoch"),
        "lossOf": translated("{loss} after each epoch: {values}"),
        "lossAt": translated("epoch {number}: {loss}"),
        "logarithmic": translated("log scale"),
        "noPrediction": translated("This sheet has no column of predictions."),
        "noLoss": translated("This sheet has no loss to draw."),
        "noMap": translated("No map can be drawn here."),
        "nothingYet": translated("Run an epoch, and its loss appears here."),
        "typed": translated("typed into the sheet"),
        "chooseCell": translated("Choose a cell of the table: its calculation appears here in words."),
        "table": translated("The step table"),
        "nudge": translated("{name} nudged by {h}"),
        "nudgeWide": translated("{name} nudged by {h}, drawn {times} times as wide"),
        "left": translated("The path has left the map."),
    }


def _keys() -> list[tuple[str, str]]:
    """The keys, and what each does."""
    return [
        ("R", translated("run as many epochs as the sheet says")),
        ("E", translated("one epoch")),
        (translated("Space"), translated("one row of the step table")),
        ("P", translated("play and pause")),
        ("Z", translated("back one epoch")),
        (translated("Home"), translated("reset")),
        (translated("Ctrl-S"), translated("save")),
        ("?", translated("these keys")),
    ]


def run_text(epochs: int) -> str:
    """What stands on the button that runs them."""
    return counted("Run {count:,} epoch", "Run {count:,} epochs", epochs)


def accepted_language(header: str) -> str:
    """The first of a browser's languages (its header Accept-Language) that the page speaks; English if none.

    >>> accepted_language("xx,en-GB;q=0.7,en;q=0.3"), accepted_language("")
    ('en', 'en')
    """
    wanted = []
    for place, each in enumerate(header.split(",")):
        code, _, weight = each.partition(";q=")
        number = float(weight) if weight.strip().replace(".", "", 1).isdigit() else 1.0
        wanted.append((-number, place, code.strip().lower().partition("-")[0]))
    return next((code for _, _, code in sorted(wanted) if code in languages()), "en")
