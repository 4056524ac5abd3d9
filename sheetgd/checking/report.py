"""The report of a class, for the teacher: one HTML page with a card for each student."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

from ..language import counted, translated
from .html import page, scrolled, text
from .results import Checked, Results, Wrong
from .sentences import not_in, numbers_apart, only_rounded, place, remarks, sentence

MOST_MISTAKES = 8  # in the list of the class
MOST_WRONG = 6  # on one card, besides the first
STEPS = 10  # of the distribution of scores; those with everything right are a bar of their own


def html(results: Results, title: str) -> str:
    """The whole page."""
    good, best = results.good, results.best
    parts = [
        _tiles(results),
        _several(len(good) - len(best)),
        _rounded(results),
        '<div class="two">' + _distribution(best) + _mistakes(best) + "</div>" if good else "",
        _heat(best) if good else "",
        _look_first(results),
        _heading(translated("One by one")) if good else "",
        *(_card(one) for one in good),
    ]
    return page(title, parts, STYLE)


def _heading(words: str) -> str:
    return f"<h2>{text(words)}</h2>"


def _quiet(words: str) -> str:
    return f'<p class="quiet">{text(words)}</p>'


# -- the class -------------------------------------------------------------------------------------------------------
def _tiles(results: Results) -> str:
    best = results.best
    asked = len(results.missing) + len({one.assignment.id for one in results.checked if one.assignment})
    full = sum(one.right == one.cells for one in best)
    held = {one.assignment.id for one in results.good if one.held and one.assignment}
    tiles = [
        (translated("{count} of {all}", count=len(best), all=asked), translated("worksheets checked")),
        (
            f"{median(one.score for one in best):.0%}" if best else "–",
            translated("right, in the middle of the class"),
        ),
        (str(full), translated("with everything right")),
        (str(len(held) + len(results.checked) - len(results.good)), translated("to look at first")),
    ]
    return (
        '<div class="tiles">'
        + "".join(
            f'<div class="tile"><b>{text(number)}</b><span>{text(words)}</span></div>'
            for number, words in tiles
        )
        + "</div>"
    )


def _several(more: int) -> str:
    """Which file counts where a student sent several."""
    if not more:
        return ""
    return _quiet(
        counted(
            "{count} more file of the same student came; only the best one of each student counts",
            "{count} more files of the same students came; only the best one of each student counts",
            more,
        )
    )


def _rounded(results: Results) -> str:
    said = only_rounded([least for one in results.good for least in one.rounded])
    return _quiet(said) if said else ""


def _distribution(best: Sequence[Checked]) -> str:
    """How many students have how much right, as bars."""
    counts = Counter(STEPS if one.right == one.cells else int(one.score * STEPS) for one in best)
    most = max(counts.values())
    bars = []
    for step in range(STEPS + 1):
        count = counts[step]
        label = text(translated("all")) if step == STEPS else f"{step * 100 // STEPS}"
        kind = " full" if step == STEPS else ""
        shown = count if count else ""
        bars.append(
            f'<div class="bar{kind}"><i>{shown}</i><u style="height:{7 * count / most:.2f}em"></u><s>{label}</s></div>'
        )
    return (
        f'<section>{_heading(translated("How much is right"))}<div class="bars">{"".join(bars)}</div>'
        + _quiet(translated("students by percentage of right cells; each bar starts at the number below it"))
        + "</section>"
    )


def _mistakes(best: Sequence[Checked]) -> str:
    """The mistakes that most students made."""
    students: Counter[tuple[str, str]] = Counter()
    for one in best:
        students.update({(wrong.title, wrong.cause.words) for wrong in one.wrong if wrong.cause})
    unknown = sum(any(not wrong.cause for wrong in one.wrong) for one in best)
    lines = [
        f"<tr><th>{count}</th><td><b>{text(title)}</b>: {text(words)}</td></tr>"
        for (title, words), count in students.most_common(MOST_MISTAKES)
    ]
    if len(students) > MOST_MISTAKES:
        rarer = counted("and {count} rarer one", "and {count} rarer ones", len(students) - MOST_MISTAKES)
        lines.append(f"<tr><td></td><td>{text(rarer)}</td></tr>")
    if unknown:
        origin = text(translated("with a wrong number of unknown origin"))
        lines.append(f"<tr><th>{unknown}</th><td>{origin}</td></tr>")
    none = f"<p>{text(translated('None.'))}</p>"
    table = f'<table class="mistakes">{"".join(lines)}</table>' if lines else none
    return f"<section>{_heading(translated('Mistakes, by students'))}{table}</section>"


def _heat(best: Sequence[Checked]) -> str:
    """Which cells went wrong, and for how many: a small table, the darker the more."""
    wrong: Counter[tuple[str, int]] = Counter()
    empty: Counter[tuple[str, int]] = Counter()
    for one in best:
        for cell in one.judgements:
            which = empty if cell.found in (None, "") else wrong
            which[cell.blank.title, cell.blank.row] += not cell.right
    if not wrong.total() + empty.total():
        return ""
    titles = list(dict.fromkeys(cell.blank.title for one in best for cell in one.judgements))
    rows = sorted({cell.blank.row for one in best for cell in one.judgements}, key=lambda row: row or 1e9)
    there = {(cell.blank.title, cell.blank.row) for one in best for cell in one.judgements}
    most = max(wrong[spot] + empty[spot] for spot in there)
    lines = ["<tr><td></td>" + "".join(f"<th>{text(title)}</th>" for title in titles) + "</tr>"]
    for row in rows:
        line = translated("row {row}", row=row) if row else translated("below")
        cells = [f"<th>{text(line)}</th>"]
        for title in titles:
            spot = title, row
            strength = (wrong[spot] + empty[spot]) / most if most else 0
            shown = str(wrong[spot] or "")
            if empty[spot]:
                none = counted("{count} empty", "{count} empty", empty[spot])
                shown += f" <small>{text(none)}</small>"
            colour = (
                f' style="background:rgba(var(--heat),{strength * 0.85:.2f})"'
                if spot in there
                else ' class="none"'
            )
            cells.append(f"<td{colour}>{shown}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    where = translated("Where it went wrong")
    return (
        f"<section>{_heading(where)}"
        + scrolled(where, f'<table class="heat">{"".join(lines)}</table>')
        + _quiet(translated("students whose number here does not follow from their own numbers before it"))
        + "</section>"
    )


def _look_first(results: Results) -> str:
    """Files that need the teacher's eyes, and who is missing."""
    said: dict[tuple[str, str], list[Checked]] = {}
    for one in results.checked:
        for why in [one.problem] if one.problem else one.held:
            who = one.assignment.id if one.assignment and not one.problem else one.file
            said.setdefault((who, why), []).append(one)
    lines = [_to_look_at(ones, why) for (_, why), ones in said.items()]
    parts = []
    if lines:
        head = _heading(translated("To look at first"))
        parts.append(f'<section class="first">{head}<ul>{"".join(lines)}</ul></section>')
    if results.missing:
        names = "; ".join(each.name for each in results.missing)
        parts.append(f"<section>{_heading(not_in(results))}<p>{text(names)}</p></section>")
    return "".join(parts)


def _to_look_at(ones: Sequence[Checked], why: str) -> str:
    """One line for all files of a student about which the same is said."""
    file = f' <span class="file">{text(ones[0].file)}</span>' if len(ones) == 1 else ""
    name = f"<b>{text(_name(ones[0]))}</b>" if ones[0].assignment else ""
    return f"<li>{name}{file}: {text(why)}</li>"


def _name(one: Checked) -> str:
    return (one.assignment.name or translated("(no name)")) if one.assignment else ""


# -- one student -----------------------------------------------------------------------------------------------------
def _card(one: Checked) -> str:
    identity = one.assignment.id if one.assignment else ""
    of = text(translated("of {count}", count=one.cells))
    head = (
        f'<header><h3>{text(_name(one))}</h3><span class="file">{text(one.file)} · {text(identity)}</span>'
        f'<span class="score">{one.right}<small> {of}</small></span></header>'
    )
    held = "".join(f'<p class="held">{text(why)}</p>' for why in one.held)
    said = f'<p class="say">{text(sentence(one))}</p>'
    notes = "".join(f"<li>{text(note)}</li>" for note in remarks(one))
    facts = _first(one.first) + _others(one.wrong[1:]) + (f'<ul class="notes">{notes}</ul>' if notes else "")
    return f'<article>{head}{held}<div class="inside">{_map(one)}<div>{said}{facts}</div></div></article>'


def _map(one: Checked) -> str:
    """The student's cells as a small picture: right, wrong, empty."""
    kinds = {(cell.blank.title, cell.blank.row): _kind(cell.right, cell.found) for cell in one.judgements}
    titles = list(dict.fromkeys(title for title, _ in kinds))
    rows = list(dict.fromkeys(row for _, row in kinds))
    lines = [
        "<tr>" + "".join(f'<td class="{kinds.get((title, row), "none")}"></td>' for title in titles) + "</tr>"
        for row in rows
    ]
    wrong = sum(kind == "wrong" for kind in kinds.values())
    label = translated(
        "{right} cells right, {wrong} wrong, {empty} empty",
        right=one.right,
        wrong=wrong,
        empty=len(kinds) - one.right - wrong,
    )
    return f'<table class="map" role="img" aria-label="{text(label)}">{"".join(lines)}</table>'


def _kind(right: bool, found: object) -> str:
    return "right" if right else "empty" if found in (None, "") else "wrong"


def _first(wrong: Wrong | None) -> str:
    """The first wrong cell in figures."""
    if wrong is None:
        return ""
    found, expected = numbers_apart(wrong.found, wrong.expected)
    where = translated("{cell}, {place}", cell=wrong.address, place=place(wrong))
    cells = [
        (translated("cell"), where),
        (translated("found"), found),
        (translated("expected"), expected),
    ]
    if wrong.formula:
        cells.append((translated("formula there"), f"={wrong.formula}"))
    cells.append((translated("it should be"), wrong.asked))
    if wrong.again:
        more = counted("{count} more row", "{count} more rows", wrong.again)
        cells.append((translated("the same in"), more))
    lines = (f"<div><dt>{text(name)}</dt><dd>{text(said)}</dd></div>" for name, said in cells)
    return f"<dl>{''.join(lines)}</dl>"


def _others(wrongs: Sequence[Wrong]) -> str:
    """The further wrong cells, briefly."""
    if not wrongs:
        return ""
    lines = [f"<li>{text(_briefly(wrong))}</li>" for wrong in wrongs[:MOST_WRONG]]
    if (more := len(wrongs) - MOST_WRONG) > 0:
        lines.append(f"<li>{text(counted('and {count} more', 'and {count} more', more))}</li>")
    return f'<ul class="others">{"".join(lines)}</ul>'


def _briefly(wrong: Wrong) -> str:
    found, expected = numbers_apart(wrong.found, wrong.expected)
    at = {"cell": wrong.address, "place": place(wrong), "found": found, "expected": expected}
    if not wrong.cause:
        return translated("{cell} ({place}) is {found}, not {expected}", **at)
    at["cause"] = wrong.cause.words
    if not wrong.again:
        return translated("{cell} ({place}) is {found}, not {expected}: {cause}", **at)
    return counted(
        "{cell} ({place}) is {found}, not {expected}: {cause} (and {count} more)",
        "{cell} ({place}) is {found}, not {expected}: {cause} (and {count} more)",
        wrong.again,
        **at,
    )


def page_title(lessons: Iterable[str]) -> str:
    """What the report is called."""
    return translated("Worksheets checked: {lessons}", lessons=", ".join(dict.fromkeys(lessons)))


STYLE = """
.file{color:var(--quiet);font-size:.85rem;overflow-wrap:anywhere}
.tiles{display:flex;flex-wrap:wrap;gap:.8rem}
.tile{flex:1 1 8rem;background:var(--paper);border:1px solid var(--hair);border-radius:6px;padding:.6rem .9rem}
.tile b{display:block;font-size:1.6rem;color:var(--blue)}
.tile span{color:var(--quiet);font-size:.85rem}
.two{display:grid;grid-template-columns:1fr 1fr;gap:2rem}
.two>section{min-width:0}
.bars{display:flex;align-items:flex-end;gap:4px;height:10em}
.bar{flex:1;text-align:center;display:flex;flex-direction:column;justify-content:flex-end}
.bar i,.bar s{font-style:normal;text-decoration:none;font-size:.8rem;color:var(--quiet)}
.bar u{display:block;background:var(--bar);border-radius:2px 2px 0 0;text-decoration:none}
.bar.full u{background:var(--green)}
.mistakes th{text-align:right;vertical-align:top;padding:.1rem .7rem .1rem 0;color:var(--orange);font-size:1.05rem}
.mistakes td{padding:.1rem 0;overflow-wrap:anywhere}
.heat th{font-weight:normal;color:var(--quiet);font-size:.85rem;padding:.2rem .6rem;text-align:right}
.heat tr:first-child th{text-align:center}
.heat td{min-width:4.2rem;height:1.9rem;text-align:center}
.heat th+td,.heat td+td{border:1px solid var(--hair)}
.heat .none{background:var(--paper)}
.first{border-left:4px solid var(--orange);padding-left:1rem}
.first ul,.notes,.others{margin:.3rem 0;padding-left:1.1rem}
article{border:1px solid var(--hair);border-radius:6px;padding:.7rem 1rem;margin:.7rem 0;break-inside:avoid;
 page-break-inside:avoid}
article header{display:flex;align-items:baseline;gap:.8rem;flex-wrap:wrap}
.score{margin-left:auto;font-size:1.4rem;font-weight:bold;color:var(--blue)}
.score small{font-weight:normal;font-size:.85rem;color:var(--quiet)}
.inside{display:flex;gap:1.2rem;align-items:flex-start;margin-top:.4rem}
.inside>div{flex:1;min-width:0}
.map td{width:13px;height:13px;border:1.5px solid var(--page)}
.map .right{background:var(--right)}.map .wrong{background:var(--wrong)}.map .empty{background:var(--empty)}
.say{margin:0 0 .4rem;font-size:1.02rem;overflow-wrap:anywhere}
dl{display:flex;flex-wrap:wrap;gap:.2rem 1.6rem;margin:.2rem 0 .4rem}
dt{color:var(--quiet);font-size:.78rem}
dd{margin:0;font-family:Consolas,"DejaVu Sans Mono",monospace;font-size:.9rem}
.notes,.others{color:var(--quiet);font-size:.9rem}
@media (max-width:42rem){.two{grid-template-columns:1fr}.inside{flex-direction:column}}
"""
