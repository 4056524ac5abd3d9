"""What a sheet's parameters started from, kept in the workbook when the sheet itself has no place for it."""

import re
from typing import NamedTuple

RECORD = "_sheetgd_start"  # the hidden name of the sheet, or the key of its developer metadata
_EPOCHS = "epochs"
_ENTRY = r'"((?:[^"]|"")*)",(-?[\d.]+(?:[eE][+-]?\d+)?)'


class StartRecord(NamedTuple):
    """The values from which a sheet was first run, by the names of what is carried, and the epochs run since."""

    epochs: int
    values: dict[str, float]

    def text(self) -> str:
        """As a constant that a defined name can hold: a table of names and numbers.

        >>> StartRecord(5, {'m"1': 0.5}).text()
        '{"epochs",5;"m""1",0.5}'
        """
        rows = [(_EPOCHS, repr(self.epochs)), *((name, repr(value)) for name, value in self.values.items())]
        return (
            "{" + ";".join('"{}",{}'.format(name.replace('"', '""'), number) for name, number in rows) + "}"
        )

    @classmethod
    def parse(cls, text: str) -> "StartRecord | None":
        """What `text` says; None where it is no such table.

        >>> StartRecord.parse('{"epochs",5;"m""1",0.5}')
        StartRecord(epochs=5, values={'m"1': 0.5})
        """
        rows = [(name.replace('""', '"'), float(number)) for name, number in re.findall(_ENTRY, text)]
        if not rows or rows[0][0] != _EPOCHS:
            return None
        return cls(int(rows[0][1]), dict(rows[1:]))
