"""An HTML page that needs nothing but itself, in light and dark, for the screen, the phone and paper.

Everything that comes from files and from the roster is escaped, and the page forbids itself scripts and connections.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ..language import right_to_left, spoken

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(title: str, parts: Iterable[str], style: str) -> str:
    """A whole page in the language spoken; its parts are HTML, and empty ones are left out."""
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">'
        f"<title>{text(title)}</title><style>{COLOURS}{style}</style>"
    )
    body = "\n".join(filter(None, [f"<h1>{text(title)}</h1>", *parts]))
    direction = ' dir="rtl"' if right_to_left() else ""
    begin = f'<!DOCTYPE html>\n<html lang="{spoken()}"{direction}><head>{head}</head>\n'
    return f"{begin}<body><main>\n{body}\n</main></body></html>\n"


def text(words: object) -> str:
    """Any text as it may stand in a page; what has no shape, such as a turn of the writing direction, is dropped."""
    return escape("".join(sign if sign.isprintable() else " " for sign in str(words)))


def scrolled(label: str, table: str) -> str:
    """A table in a frame of its own, which scrolls on a narrow screen, by keyboard, too."""
    return f'<div class="wide" role="region" tabindex="0" aria-label="{text(label)}">{table}</div>'


COLOURS = """
:root{color-scheme:light dark;--page:#fff;--ink:#1f2933;--quiet:#4a5563;--hair:#d5dce5;--blue:#2b6cb0;--orange:#b25000;
--green:#2a7a4f;--paper:#f5f8fc;--bar:#9db7d5;--right:#a9cfb8;--wrong:#e27a24;--empty:#e7ebf0;--hold:#fff3d6;
--edge:#e8c67e;--heat:226,122,36;--on:#1f2933}
@media (prefers-color-scheme:dark){:root{--page:#14191f;--ink:#e6eaef;--quiet:#aab4c0;--hair:#3a4552;--blue:#8fc1f5;
--orange:#f0a35e;--green:#6fcf97;--paper:#1d242c;--bar:#4f6d8f;--right:#3c7d57;--wrong:#d9822b;--empty:#323c47;
--hold:#3b3117;--edge:#7d6530;--heat:150,75,15;--on:#fff}}
*{box-sizing:border-box}
html{font-size:15px}
body{margin:0;background:var(--page);color:var(--ink);
 font:1rem/1.45 Calibri,Carlito,"Segoe UI",Helvetica,Arial,sans-serif}
main{max-width:60rem;margin:0 auto;padding:1.5rem}
h1{color:var(--blue);font-size:1.8rem;margin:0 0 1rem;overflow-wrap:anywhere}
h2{color:var(--blue);font-size:1.15rem;margin:1.6rem 0 .5rem}
h3{font-size:1.05rem;margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse}
li,dd{overflow-wrap:anywhere}
.quiet{color:var(--quiet);font-size:.85rem;margin:.3rem 0 0}
.wide{overflow-x:auto}
.held{background:var(--hold);border:1px solid var(--edge);border-radius:4px;padding:.3rem .6rem;margin:.5rem 0 0}
@media (max-width:42rem){main{padding:.8rem}h1{font-size:1.4rem}}
@media print{:root{--page:#fff;--ink:#1f2933;--quiet:#4a5563;--hair:#d5dce5;--blue:#2b6cb0;--orange:#b25000;
--green:#2a7a4f;--paper:#f5f8fc;--bar:#9db7d5;--right:#a9cfb8;--wrong:#e27a24;--empty:#e7ebf0;--hold:#fff3d6;
--edge:#e8c67e;--heat:226,122,36;--on:#1f2933}
 html{font-size:11px}main{max-width:none;padding:0}h2{break-after:avoid}.wide{overflow:visible}
 *{-webkit-print-color-adjust:exact;print-color-adjust:exact}section,tr{break-inside:avoid}@page{margin:14mm}}
"""
