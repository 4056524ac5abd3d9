"""The process that holds IronCalc: load, set, recalculate, read, run epochs.

IronCalc is fast and young: it can panic, print, or think for minutes without letting go of the interpreter. So it
lives in a process of its own, which `formulas.Model` starts, asks and, if need be, ends. Run as a script with the
folder that IronCalc is installed in; questions and answers are marshalled tuples over stdin and stdout.
"""

import marshal
import os
import sys
import time

ERROR = "#error"  # marks a cell's error value, which IronCalc gives as a text


def serve(questions, answers):
    """Answer one question after another until the asker goes away."""
    engine = Engine()
    while True:
        try:
            name, arguments = marshal.load(questions)
        except (EOFError, ValueError):
            return
        try:
            answer = (True, getattr(engine, name)(*arguments))
        except BaseException as error:  # a Rust panic is no Exception
            answer = (False, f"{type(error).__name__}: {error}")
        marshal.dump(answer, answers)
        answers.flush()


class Engine:
    """One workbook in IronCalc. Cells are (sheet index, row, column)."""

    def load(self, path):
        """Load a workbook and recalculate it; the names of its sheets in IronCalc's order."""
        import ironcalc

        self.model = ironcalc.load_from_xlsx(path)
        self.error_type = ironcalc.CellType.ErrorValue
        self.model.evaluate()
        return [sheet["name"] for sheet in self.model.get_worksheets_properties()]

    def value(self, cell):
        value = self.model.get_cell_value(*cell)
        if isinstance(value, str) and value.startswith("#") and self.model.get_cell_type(*cell) == self.error_type:
            return (ERROR, value)
        return value

    def get(self, cells):
        """The values of the cells, in their order."""
        return [self.value(cell) for cell in cells]

    def put(self, changes):
        """Put constants into cells, formulas among them giving way, and recalculate."""
        for cell, value in changes:
            if value is None:
                self.model.clear_cell_contents(*cell)
            elif isinstance(value, bool):
                self.model.update_cell_with_bool(*cell, value)
            elif isinstance(value, (int, float)):
                self.model.update_cell_with_number(*cell, float(value))
            elif isinstance(value, tuple):
                self.model.set_user_input(*cell, value[1])
            else:
                self.model.update_cell_with_text(*cell, value)
        self.model.evaluate()

    def epochs(self, count, seconds, carry, watch):
        """Run up to `count` epochs, or as many as fit the seconds: what the watched cells show after each.

        `carry` are pairs (from, to). All are read before any is written. A carried value that is no number ends the
        run: it is the last thing returned.
        """
        until = time.monotonic() + seconds
        rows = []
        for _ in range(count):
            values = [self.value(source) for source, _ in carry]
            if not all(type(value) is float for value in values):
                return [*rows, None]
            for (_, target), value in zip(carry, values):
                self.model.update_cell_with_number(*target, value)
            self.model.evaluate()
            rows.append([self.value(cell) for cell in watch])
            if time.monotonic() > until:
                break
        return rows


def main():
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # what IronCalc prints must not get between the answers
        os.dup2(silence, stream)
    sys.path.insert(0, sys.argv[1])
    serve(questions, answers)


if __name__ == "__main__":
    main()
