"""Formulas drawn at random: what a run stores is what LibreOffice computes, or the run has stopped with a sentence.

scripts/dev/random_sheets.py does the same for hundreds of them.
"""

from __future__ import annotations

from pathlib import Path

import office as libreoffice
import random_sheets


def test_stored_results_are_libreoffices(office: libreoffice.Office, tmp_path: Path) -> None:
    ended = []
    for seed in range(9):
        how, wrong = random_sheets.check(office, tmp_path / f"{seed}.xlsx", seed)
        assert not wrong, f"seed {seed}: {wrong}"
        ended.append(how)
    assert {"ran", "refused"} <= set(ended)
