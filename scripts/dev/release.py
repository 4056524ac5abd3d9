"""Makes a release folder: python scripts/dev/release.py [FOLDER]

The wheel, the worksheets as a zip, and SHA256SUMS; release/ without FOLDER. The network is asked for
hatchling alone, which builds the wheel, and only where it is not installed.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # so that the same worksheets make the same zip


def release(folder: Path) -> list[Path]:
    """Fill the folder, which is made; what an earlier release left there is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("sheetgd-*"):
        old.unlink()
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        str(folder),
        str(ROOT),
    ]
    if find_spec("hatchling"):
        build.append("--no-build-isolation")
    subprocess.run(build, check=True)
    [built] = folder.glob("sheetgd-*.whl")
    version = built.name.split("-")[1]
    made = [built, worksheets(folder / f"sheetgd-{version}-worksheets.zip")]
    sums = "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in made)
    (folder / "SHA256SUMS").write_text(sums, encoding="utf-8", newline="\n")
    return [*made, folder / "SHA256SUMS"]


def worksheets(target: Path) -> Path:
    """The ready-made worksheets as a zip."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in TEMPLATES.rglob("*") if path.is_file()):
            held = zipfile.ZipInfo(f"worksheets/{path.relative_to(TEMPLATES).as_posix()}", LONG_AGO)
            archive.writestr(held, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description="Make a release folder.")
    parser.add_argument("folder", metavar="FOLDER", nargs="?", type=Path, default=ROOT / "release")
    for path in release(parser.parse_args().folder):
        print(path)


if __name__ == "__main__":
    main()
