"""Ways to damage a workbook's zip and the XML of its parts, and real workbooks to damage."""

from __future__ import annotations

import io
import random
import re
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import xlsxwriter

import corpus
import workbooks
from drawings import draw_lesson

Change = Callable[[bytes, random.Random], bytes]

ODD = [
    *(
        "0 -1 1 2 7 2147483648 99999999999999999999 1e999 NaN inf -inf 1_0 0x10 1.5 1,5 A0 A1 a1 XFE1 A1048577 "
        "A1:XFD1048576 ZZZZ9 A1: : $A$1 B2:A1 A:A 1:1 true TRUE &amp; &#0; &#xD800; &lt; ' ../../../etc/passwd "
        "http://localhost:9/x file:///etc/passwd shared array dataTable s str e b d inlineStr n _x0000_ _xD800_ rId1 "
        "#REF! #DIV/0! #N/IMPL! Lesson!A1 ' ''!A1 [1]S!A1 x y m new_m epoch rmse A1+ SUM(A1:A1048576) INDIRECT(A1) "
        "1/0 LET(a,1,a) RAND() HYPERLINK(A1) A1# @A1 {1,2;3}"
    ).split(),
    *("", " ", "A1 B2", "9" * 5000, "x" * 40_000, "\uff11", "\u0663", "\U0001f600"),
    *("(" * 300, ")" * 3000 + "x", '"' * 3001, "'" * 3001, "[" * 3000, "A1:" * 900, "SUM(" * 60),
]
ENCODINGS = (
    "utf-16 utf-16-le utf-16-be utf-8-sig utf-7 latin-1 cp1252 utf-32 idna punycode rot13 hex undefined "
    "unicode_escape raw_unicode_escape cp037 shift_jis x"
).split()


# -- the zip ---------------------------------------------------------------------------------------------------------
def flip(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.choice([1, 1, 3, 30])):
        if changed:
            changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def flip_records(data: bytes, dice: random.Random) -> bytes:
    """Bytes of the headers alone, which matter most."""
    starts = [found.start() for found in re.finditer(rb"PK(\x01\x02|\x03\x04|\x05\x06)", data)]
    changed = bytearray(data)
    for _ in range(dice.choice([1, 1, 2, 5])):
        if starts:
            at = dice.choice(starts) + dice.randrange(46)
            changed[min(at, len(data) - 1)] = dice.choice([0, 1, 8, 12, 0x7F, 0xFF, dice.randrange(256)])
    return bytes(changed)


def odd_record(data: bytes, dice: random.Random) -> bytes:
    """A field of a header: versions, flags, methods, sizes, lengths, offsets."""
    starts = [found.start() for found in re.finditer(rb"PK(\x01\x02|\x03\x04|\x05\x06)", data)]
    if not starts:
        return data
    at = dice.choice(starts) + dice.choice(range(4, 44, 2))
    if dice.random() < 0.5:
        new = struct.pack("<H", dice.choice([0, 1, 8, 9, 12, 14, 0x7FFF, 0xFFFF, dice.randrange(65536)]))
    else:
        new = struct.pack(
            "<L", dice.choice([0, 1, len(data), 0x7FFFFFFF, 0xFFFFFFFF, dice.randrange(1 << 32)])
        )
    return data[:at] + new + data[at + len(new) :]


def truncate(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data) + 1)]


def cut_out(data: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(data) + 1)
    return data[:start] + data[start + dice.choice([1, 2, 20, 500]) :]


def double_bytes(data: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(data) + 1)
    end = start + dice.choice([1, 4, 46, 2000])
    return data[:end] + data[start:]


def junk_before(data: bytes, dice: random.Random) -> bytes:
    return dice.randbytes(dice.choice([1, 10, 5000])) + data


def junk_after(data: bytes, dice: random.Random) -> bytes:
    return data + dice.choice([b"\0", b"PK\5\6" + b"\0" * 18, dice.randbytes(300), b"\0" * 70_000])


def member_doubled(data: bytes, dice: random.Random) -> bytes:
    parts = list(unpacked(data).items()) or [("x", b"")]
    name, content = dice.choice(parts)
    odd_name = dice.choice([name, name.upper(), name.replace("/", "\\"), "/" + name, "./" + name])
    return _zipped([*parts, (odd_name, dice.choice([content, b""]))], dice)


def member_renamed(data: bytes, dice: random.Random) -> bytes:
    parts = list(unpacked(data).items()) or [("x", b"")]
    index = dice.randrange(len(parts))
    name = parts[index][0]
    odd_names = [
        name + "x",
        name.upper(),
        name.replace("/", "\\"),
        "../" + name,
        "/" + name,
        "a\0b",
        "\u00e9",
        "",
    ]
    parts[index] = dice.choice(odd_names), parts[index][1]
    return _zipped(parts, dice)


def member_gone(data: bytes, dice: random.Random) -> bytes:
    parts = list(unpacked(data).items()) or [("x", b"")]
    parts.pop(dice.randrange(len(parts)))
    return _zipped(parts, dice)


def member_resized(data: bytes, dice: random.Random) -> bytes:
    parts = list(unpacked(data).items()) or [("x", b"")]
    index = dice.randrange(len(parts))
    name, content = parts[index]
    end = dice.randrange(len(content) + 1)
    parts[index] = name, dice.choice([content[:end], content + b" " * 100_000, b"", content * 2])
    return _zipped(parts, dice)


def other_order_or_method(data: bytes, dice: random.Random) -> bytes:
    parts = list(unpacked(data).items()) or [("x", b"")]
    dice.shuffle(parts)
    return _zipped(parts, dice, dice.choice([zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]))


ZIP_CHANGES: list[Change] = [
    *(flip, flip_records, flip_records, odd_record, odd_record, truncate, cut_out, double_bytes, junk_before),
    *(junk_after, member_doubled, member_renamed, member_gone, member_resized, other_order_or_method),
]


def _zipped(parts: list[tuple[str, bytes]], dice: random.Random, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in parts:
            archive.writestr(zipfile.ZipInfo(name), content, method)
        if dice.random() < 0.1:
            archive.comment = b"PK\5\6 a comment"
    return out.getvalue()


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def unpacked(data: bytes) -> dict[str, bytes]:
    """The parts; those of a zip that is damaged already, as far as they can be read."""
    found = {"x": b""}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                found[name] = archive.read(name)
    except Exception:  # of many kinds, for it may be damaged in any way
        return found
    found.pop("x")
    return found


# -- the XML ---------------------------------------------------------------------------------------------------------
_TAG = re.compile(rb"<[^!?][^>]*>")
_ATTRIBUTE = re.compile(rb"""\s([\w:.-]+)=(["'])(.*?)\2""")
_TEXT = re.compile(rb">([^<>]+)<")
_ELEMENT = re.compile(rb"<(?P<name>[\w:]+)(?:\s[^>]*)?(?:/>|>[^<]*</(?P=name)>)")


def choose_part(names: list[str], dice: random.Random) -> str:
    """A part, mostly one that sheetgd reads."""
    kinds = [
        "worksheets/",
        "worksheets/",
        "worksheets/",
        "workbook.xml",
        ".rels",
        "sharedStrings",
        "styles",
        "tables/",
    ]
    wanted = dice.choice([*kinds, ""])
    return dice.choice([name for name in names if wanted in name and name.endswith(("xml", "rels"))] or names)


def _one(pattern: re.Pattern[bytes], data: bytes, dice: random.Random) -> re.Match[bytes] | None:
    found = list(pattern.finditer(data))
    return dice.choice(found) if found else None


def _instead(data: bytes, start: int, end: int, new: bytes) -> bytes:
    return data[:start] + new + data[end:]


def _odd(dice: random.Random) -> bytes:
    return dice.choice(ODD).encode("utf-8", "surrogatepass")


def odd_attribute(data: bytes, dice: random.Random) -> bytes:
    found = _one(_ATTRIBUTE, data, dice)
    return _instead(data, *found.span(3), _odd(dice).replace(b'"', b"")) if found else data


def attribute_gone(data: bytes, dice: random.Random) -> bytes:
    found = _one(_ATTRIBUTE, data, dice)
    return _instead(data, *found.span(), b"") if found else data


def attribute_doubled(data: bytes, dice: random.Random) -> bytes:
    found = _one(_ATTRIBUTE, data, dice)
    return _instead(data, found.end(), found.end(), found[0]) if found else data


def attribute_added(data: bytes, dice: random.Random) -> bytes:
    found = _one(re.compile(rb"<[\w:]+"), data, dice)
    name = dice.choice(
        b"r s t ref si vm cm ht sqref xml:space customFormat min max style spans hidden".split()
    )
    value = _odd(dice).replace(b'"', b"")
    return _instead(data, found.end(), found.end(), b' %s="%s"' % (name, value)) if found else data


def attributes_swapped(data: bytes, dice: random.Random) -> bytes:
    one, other = (_one(_ATTRIBUTE, data, dice) for _ in range(2))
    if not one or not other or one.start() >= other.start():
        return data
    return _instead(_instead(data, *other.span(3), one[3]), *one.span(3), other[3])


def odd_text(data: bytes, dice: random.Random) -> bytes:
    found = _one(_TEXT, data, dice)
    return _instead(data, *found.span(1), _odd(dice)) if found else data


def tag_gone(data: bytes, dice: random.Random) -> bytes:
    found = _one(_TAG, data, dice)
    return _instead(data, *found.span(), b"") if found else data


def tag_renamed(data: bytes, dice: random.Random) -> bytes:
    names = set(re.findall(rb"<([\w:]+)", data))
    if not names:
        return data
    old, new = dice.choice(sorted(names)), dice.choice([*sorted(names), b"f", b"v", b"is", b"x:c", b"extLst"])
    return re.sub(
        rb"(</?)" + re.escape(old) + rb"(?=[\s/>])", rb"\g<1>" + new, data, count=dice.choice([0, 2])
    )


def element_gone(data: bytes, dice: random.Random) -> bytes:
    found = _one(_ELEMENT, data, dice)
    return _instead(data, *found.span(), b"") if found else data


def element_doubled(data: bytes, dice: random.Random) -> bytes:
    found = _one(_ELEMENT, data, dice)
    return _instead(data, *found.span(), found[0] * dice.choice([2, 2, 3, 300])) if found else data


def element_moved(data: bytes, dice: random.Random) -> bytes:
    found = _one(_ELEMENT, data, dice)
    if not found:
        return data
    rest = _instead(data, *found.span(), b"")
    place = _one(_TAG, rest, dice)
    return _instead(rest, place.end(), place.end(), found[0]) if place else data


def element_added(data: bytes, dice: random.Random) -> bytes:
    place = _one(_TAG, data, dice)
    new = dice.choice(
        [
            b"<c/>",
            b"<row/>",
            b'<c r="A1"><v>1</v></c>',
            b'<row r="1048576"/>',
            b"<f>A1</f>",
            b"<f/>",
            b'<f t="shared" si="0"/>',
            b'<f t="shared" si="0" ref="A1:B9">B1</f>',
            b'<f t="array" ref="A1:XFD9">1</f>',
            b'<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>',
            b'<mergeCell ref="B2"/>',
            b"<sheetData/>",
            b'<conditionalFormatting sqref="A1"><cfRule priority="x"/></conditionalFormatting>',
            b"<is><t>x</t></is>",
            b"<!-- a comment -->",
            b"<?a b?>",
            b"<![CDATA[ <x> ]]>",
            b"&amp;",
            b"&undefined;",
            b"<extLst/>",
            b"<x:c/>",
            b"<a>" * 3000 + b"</a>" * 3000,
            b"<rPh><t>x</t></rPh>",
            b"\xff\xfe",
            b"\0",
            b"<",
            b"]]>",
        ]
    )
    return _instead(data, place.end(), place.end(), new) if place else data


def document_type(data: bytes, dice: random.Random) -> bytes:
    kind = dice.choice(
        [
            b"<!DOCTYPE x>",
            b'<!DOCTYPE x SYSTEM "http://localhost:9/x.dtd">',
            b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
            b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>',
        ]
    )
    head = re.match(rb"\s*<\?xml.*?\?>", data)
    at = head.end() if head else 0
    return _instead(data, at, at, kind)


def encoded(data: bytes, dice: random.Random) -> bytes:
    """Another encoding, which may or may not be what the declaration says."""
    said, used = dice.choice(ENCODINGS), dice.choice(ENCODINGS)
    used = said if dice.random() < 0.7 else used
    text = re.sub(r"""encoding=["'].*?["']""", f'encoding="{said}"', data.decode("utf-8", "replace"), count=1)
    if "encoding=" not in text[:100]:
        text = f'<?xml version="1.0" encoding="{said}"?>' + re.sub(r"^<\?xml.*?\?>", "", text)
    try:
        return text.encode(used, "xmlcharrefreplace")
    except (LookupError, UnicodeError, AttributeError, TypeError):
        return text.encode()


def shortened(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data) + 1)]


XML_CHANGES: list[Change] = [
    *(
        odd_attribute,
        odd_attribute,
        odd_attribute,
        odd_text,
        odd_text,
        odd_text,
        attribute_gone,
        attribute_gone,
    ),
    *(
        attribute_doubled,
        attribute_added,
        attribute_added,
        attributes_swapped,
        tag_gone,
        tag_renamed,
        tag_renamed,
    ),
    *(
        element_gone,
        element_gone,
        element_doubled,
        element_moved,
        element_added,
        element_added,
        document_type,
    ),
    *(encoded, encoded, shortened, flip),
]


# -- real workbooks --------------------------------------------------------------------------------------------------
def real_books() -> list[tuple[str, bytes]]:
    """Workbooks by name: the small ones more often, for they are quick."""
    small = [(f"drawn{number}.xlsx", draw_lesson(random.Random(number)).packed()) for number in range(12)]
    with tempfile.TemporaryDirectory() as folder:
        made = [
            compact(Path(folder, "compact.xlsx")),
            compact(Path(folder, "values.xlsx"), formulas=False),
            workbooks.excel_made(Path(folder, "excel.xlsm")),
            corpus.make(4, Path(folder)).path,
        ]
        read = [(path.name, path.read_bytes()) for path in made]
    return [*small, *read[:2] * 6, *read[2:]]


def compact(path: Path, formulas: bool = True) -> Path:
    """A lesson of three rows with a little of everything else, as XlsxWriter writes it."""
    with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
        sheet, other = book.add_worksheet("basic"), book.add_worksheet("other")
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        book.define_name("slope", "=basic!$B$2")
        book.define_name("nothing", "=#REF!")
        for row, (label, value) in enumerate([("m", 1), ("b", 1), ("learn", 0.0001), ("epochs", 2)], 1):
            sheet.write(row, 0, label)
            sheet.write(row, 1, value)
        sheet.merge_range("E1:G2", "a title")
        sheet.write_row("A8", ["x", "y", "m", "b", "new_m", "new_b"])
        for row, (x, y) in enumerate([(7, 44), (9, 48), (28, 86)], 9):
            sheet.write_row(f"A{row}", [x, y])
            if formulas:
                sheet.write_formula(f"C{row}", "=slope" if row == 9 else f"=E{row - 1}")
                sheet.write_formula(f"C{row}", "=$B$2" if row == 9 else f"=E{row - 1}")
                sheet.write_formula(f"D{row}", "=$B$3" if row == 9 else f"=F{row - 1}")
                sheet.write_formula(f"E{row}", f"=C{row}-2*$B$4*A{row}*(C{row}*A{row}+D{row}-B{row})")
                sheet.write_formula(f"F{row}", f"=D{row}-2*$B$4*(C{row}*A{row}+D{row}-B{row})")
        sheet.write("D4", "rmse")
        if formulas:
            sheet.write_formula("E4", "=SQRT(SUMXMY2(A9:A11*E11+F11,B9:B11)/3)")
        sheet.write_row("I8", ["epoch", "m", "rmse"])
        sheet.conditional_format("C9:F11", {"type": "3_color_scale"})
        sheet.write_comment("A1", "a comment")
        other.add_table(
            "A1:B4", {"data": [[1, "a"], [2, "b"], [3, "c"]], "columns": [{"header": "n"}, {"header": "t"}]}
        )
        other.write_datetime("D1", __import__("datetime").datetime(2020, 1, 2), date)
        other.write_rich_string("D2", "rich ", book.add_format({"bold": True}), "text")
        if formulas:
            other.write_array_formula("E1:E3", "{=A2:A4*2}")
            other.write_formula("F1", "=SUM(Table1[n])+basic!E11")
    return path
