"""What a run did to a sheet."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..errors import Diverged


class Change(NamedTuple):
    """A cell's number before and after a run."""

    cell: str
    before: float | None
    after: float | None


class History(NamedTuple):
    """What a run did to one sheet.

    `parameters` are by name; `loss` is None where the sheet has none; `log` has one entry per epoch of this run:
    "epoch", every parameter by name, and the loss by its name. `epochs_assumed` says that the sheet names no number
    of epochs.
    """

    book: str
    sheet: str
    rule: str
    epochs: int
    learn: float | None
    parameters: dict[str, Change]
    loss_name: str
    loss: Change | None
    log: list[dict[str, float]]
    log_area: str | None
    warnings: list[str]
    diverged: Diverged | None = None
    epochs_assumed: bool = False

    def as_json(self) -> dict[str, Any]:
        """The object that `run --json` prints."""
        loss = self.loss and {"name": self.loss_name, **self.loss._asdict()}
        return {
            "book": self.book,
            "sheet": self.sheet,
            "rule": self.rule,
            "epochs": self.epochs,
            "learn": self.learn,
            "parameters": {name: change._asdict() for name, change in self.parameters.items()},
            "loss": loss,
            "log": self.log,
            "warnings": self.warnings,
        }
