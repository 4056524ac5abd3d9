"""Workbooks with everything that XlsxWriter, openpyxl and LibreOffice can put into them, each made from a seed.

Every workbook has the lesson of tests/workbooks.py on its sheet "basic", and a few sheets with a feature each, so that
what a change of a cell, or a run of the lesson, must leave alone is all around it. The last step is a twist: the same
parts packed or written as a less usual program would.
"""

from __future__ import annotations

import datetime
import random
import re
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import openpyxl.chart
import openpyxl.comments
import openpyxl.formatting.rule
import openpyxl.styles
import openpyxl.workbook.defined_name
import openpyxl.worksheet.datavalidation
import openpyxl.worksheet.table
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.worksheet.formula import ArrayFormula

import corpus_xlsxwriter  # noqa: F401 - which adds its features
import workbooks
from corpus_features import BY_XLSXWRITER, Feature, by_xlsxwriter, feature, fill
from handmade import HEAD, MAIN, PACKAGE, RELATIONS, TYPES
from parts import read_parts, write_parts
from workbooks import NAMES, STEPS_DONE, TITLES, XS, YS, state_after

BY_OPENPYXL: dict[str, Feature] = {}


TWISTS: dict[str, Callable[[Path, random.Random], None]] = {}


class Made(NamedTuple):
    """A workbook of the corpus and what is in it."""

    path: Path
    maker: str
    features: list[str]
    twist: str

    def __str__(self) -> str:
        return f"{self.path.name} ({self.maker}; {', '.join(self.features)}; {self.twist})"


def make(seed: int, folder: Path, office: Any = None) -> Made:
    """The workbook of this seed. Every feature, maker and twist comes round again and again as the seed counts up."""
    dice = random.Random(seed)
    makers = ["XlsxWriter", "openpyxl", "XlsxWriter", *(["LibreOffice"] if office else [])]
    maker = makers[seed % len(makers)]
    known = BY_OPENPYXL if maker == "openpyxl" else BY_XLSXWRITER
    names = list(known)
    features = list(
        dict.fromkeys([names[seed // len(makers) % len(names)], *dice.sample(names, dice.randint(1, 5))])
    )
    ending = "xlsm" if "a macro" in features and maker != "LibreOffice" else "xlsx"
    path = folder / f"corpus{seed}.{ending}"
    (by_openpyxl if maker == "openpyxl" else by_xlsxwriter)(path, features, dice)
    if maker == "LibreOffice":
        office.edit(path, {}, folder / f"office{seed}.xlsx")
        shutil.move(folder / f"office{seed}.xlsx", path)
    twist = list(TWISTS)[seed // 3 % len(TWISTS)]
    TWISTS[twist](path, dice)
    return Made(path, maker, features, twist)


def by_openpyxl(path: Path, features: list[str], dice: random.Random) -> None:
    book = openpyxl.Workbook()
    basic = book.active
    assert basic is not None
    basic.title = "basic"
    const, slope, log = state_after(STEPS_DONE)
    for address, value in {"B1": "intercept", "C1": const, "B2": "slope", "C2": slope, "E33": "rmse"}.items():
        basic[address] = value
    basic["E1"], basic["F1"], basic["C37"], basic["F33"] = (
        "learn",
        workbooks.LEARN,
        "rmse",
        "=SQRT(SUM(F4:F32))",
    )
    for column, title in enumerate(TITLES, 1):
        basic.cell(3, column, title)
    for row, (x, y) in enumerate(zip(XS, YS, strict=True), workbooks.FIRST_ROW):
        for column, value in enumerate([x, y, *workbooks.formulas(row)], 1):
            basic.cell(row, column, value)
    for row, logged in enumerate(log, 38):
        basic.cell(row, 3, logged)
    for name, place in NAMES.items():
        book.defined_names[name] = openpyxl.workbook.defined_name.DefinedName(name, attr_text=place[1:])
    for name in features:
        BY_OPENPYXL[name](book, book.create_sheet(name[:31]), dice)
    book.save(path)


@feature(BY_OPENPYXL, "charts by openpyxl")
def more_charts(book: Any, sheet: Any, dice: random.Random) -> None:
    fill(sheet, dice)
    data = openpyxl.chart.Reference(sheet, min_col=1, max_col=2, min_row=1, max_row=5)
    kinds = ["Area", "Bar", "Line", "Pie", "Surface"]
    for row, kind in enumerate([*(f"{kind}Chart3D" for kind in kinds), "ProjectedPieChart", "SurfaceChart"]):
        chart = getattr(openpyxl.chart, kind)()
        chart.add_data(data)
        sheet.add_chart(chart, f"E{1 + 15 * row}")
    bubble = openpyxl.chart.BubbleChart()
    xs, ys = (openpyxl.chart.Reference(sheet, min_col=c, min_row=1, max_row=5) for c in (1, 2))
    bubble.series.append(openpyxl.chart.Series(ys, xvalues=xs, zvalues=ys))
    sheet.add_chart(bubble, "P1")
    book.create_chartsheet("chart").add_chart(openpyxl.chart.LineChart())


@feature(BY_OPENPYXL, "comments and rich texts")
def more_comments(book: Any, sheet: Any, dice: random.Random) -> None:
    fill(sheet, dice)
    sheet["A1"].comment = openpyxl.comments.Comment("a note\nof two lines", "Ana")
    sheet["D1"] = CellRichText("plain ", TextBlock(InlineFont(b=True), "bold"), " again")


@feature(BY_OPENPYXL, "a table and validation")
def more_tables(book: Any, sheet: Any, dice: random.Random) -> None:
    sheet.append(["x", "y"])
    fill(sheet, dice)
    sheet["C1"] = "z"
    sheet["A6"] = 5
    sheet["A7"] = None
    sheet.add_table(openpyxl.worksheet.table.Table(displayName=f"T_{dice.randint(1, 999)}", ref="A1:C6"))
    rule = openpyxl.worksheet.datavalidation.DataValidation(type="list", formula1='"a,b"')
    rule.add("E1:E9")
    sheet.add_data_validation(rule)


@feature(BY_OPENPYXL, "formats, protection and views")
def more_formats(book: Any, sheet: Any, dice: random.Random) -> None:
    fill(sheet, dice)
    rules = openpyxl.formatting.rule
    scale = rules.ColorScaleRule("min", None, "FFAA00", "max", None, "00AAFF")
    sheet.conditional_formatting.add("A1:A5", scale)
    sheet.conditional_formatting.add("B1:B5", rules.IconSetRule("3Arrows", "percent", [0, 33, 67]))
    sheet.protection.sheet = True
    sheet.merge_cells("E1:F3")
    sheet.freeze_panes = "B2"
    sheet.print_title_rows = "1:2"
    sheet.column_dimensions.group("G", "J", hidden=True)
    sheet["B2"].style = "Note"


@feature(BY_OPENPYXL, "an array and dates")
def more_arrays(book: Any, sheet: Any, dice: random.Random) -> None:
    fill(sheet, dice)
    sheet["E1"] = ArrayFormula("E1:E5", "=A1:A5*B1:B5")
    sheet["G1"] = datetime.datetime(2024, 2, 29, 12)
    sheet["G2"] = datetime.time(6, 30)


@feature(BY_OPENPYXL, "an external link")
def external(book: Any, sheet: Any, dice: random.Random) -> None:
    from openpyxl.packaging.relationship import Relationship
    from openpyxl.workbook.external_link.external import ExternalBook, ExternalLink, ExternalSheetNames

    fill(sheet, dice)
    link = ExternalLink(externalBook=ExternalBook(sheetNames=ExternalSheetNames(["Sheet1"])))
    link.file_link = Relationship(
        type="externalLinkPath", Target="other.xlsx", TargetMode="External", Id="rId1"
    )
    link.externalBook.id = "rId1"
    book._external_links.append(link)


def rewritten(path: Path, order: list[str] | None = None, method: int = zipfile.ZIP_DEFLATED) -> None:
    parts = read_parts(path)
    write_parts(path, {name: parts[name] for name in order or parts}, method)


@feature(TWISTS, "as it was made")
def as_made(path: Path, dice: random.Random) -> None:
    pass


@feature(TWISTS, "members in another order")
def shuffled(path: Path, dice: random.Random) -> None:
    names = list(read_parts(path))
    dice.shuffle(names)
    rewritten(path, names)


@feature(TWISTS, "not compressed")
def stored(path: Path, dice: random.Random) -> None:
    rewritten(path, method=zipfile.ZIP_STORED)


@feature(TWISTS, "with data descriptors")
def described(path: Path, dice: random.Random) -> None:
    parts = read_parts(path)
    with path.open("wb") as file, zipfile.ZipFile(Stream(file), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


class Stream:
    """A file that zipfile cannot go back in."""

    def __init__(self, file: Any) -> None:
        self.write, self.flush = file.write, file.flush


@feature(TWISTS, "with extra fields and old dates")
def extra(path: Path, dice: random.Random) -> None:
    parts = read_parts(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, (dice.randint(1980, 2030), 1, 31, 23, 59, 58))
            info.extra = struct.pack("<2HBL", 0x5455, 5, 1, dice.randint(0, 2**31))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
        archive.comment = b"made for tests"


def each_sheet(path: Path, change: Callable[[str], str], encoding: str = "utf-8") -> None:
    parts = read_parts(path)
    for name, data in parts.items():
        if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name):
            parts[name] = change(data.decode()).encode(encoding)
    write_parts(path, parts)


@feature(TWISTS, "sheets in UTF-16")
def utf16(path: Path, dice: random.Random) -> None:
    each_sheet(
        path, lambda xml: re.sub(r'^(<\?xml[^>]*encoding=")UTF-8', r"\1UTF-16", xml, flags=re.I), "utf-16"
    )


@feature(TWISTS, "comments between the rows")
def commented(path: Path, dice: random.Random) -> None:
    between = ["", "<!-- <row> -->", "<?go on?>", "\n"]
    each_sheet(path, lambda xml: re.sub(r"(?=<row )", lambda _: dice.choice(between), xml))


@feature(TWISTS, "rows and cells without addresses")
def unaddressed(path: Path, dice: random.Random) -> None:
    """Only where no row is left out, in the first rows: there the address says nothing new."""

    def drop(xml: str) -> str:
        rows = re.findall(r'<row r="(\d+)"', xml)
        plain = next((n for n, row in enumerate(rows) if row != str(n + 1)), len(rows))
        return re.sub(r'<row r="(\d+)"', lambda m: "<row" if int(m[1]) <= plain else m[0], xml)

    each_sheet(path, drop)


@feature(TWISTS, "shared formulas")
def shared(path: Path, dice: random.Random) -> None:
    """The lesson's estimates as one shared formula, as Excel writes what was filled down."""

    def share(xml: str) -> str:
        if "C4+D4*A4" not in xml:
            return xml
        xml = re.sub(r"<f[^>]*>C4\+D4\*A4</f>", '<f t="shared" ref="E4:E32" si="900">C4+D4*A4</f>', xml)
        return re.sub(r"<f>C(\d+)\+D\1\*A\1</f>", '<f t="shared" si="900"/>', xml)

    each_sheet(path, share)


@feature(TWISTS, "with parts of other programs")
def unknown(path: Path, dice: random.Random) -> None:
    parts = read_parts(path)
    parts["customXml/item1.xml"] = b"<?xml version='1.0'?><made by='somebody'/>"
    parts["xl/printerSettings/printerSettings1.bin"] = dice.randbytes(700)
    parts["größe/图.dat"] = b""
    kinds = b'<Default Extension="dat" ContentType="a/b"/><Default Extension="bin" ContentType="a/c"/>'
    types = parts["[Content_Types].xml"]
    missing = re.sub(rb'<Default Extension="bin"[^>]*>', b"", kinds) if b'Extension="bin"' in types else kinds
    parts["[Content_Types].xml"] = types.replace(b"</Types>", missing + b"</Types>")
    write_parts(path, parts)


@feature(TWISTS, "with a pivot table")
def pivot(path: Path, dice: random.Random) -> None:
    """A pivot table of the lesson's first two points, on the last sheet, with its cache."""
    parts = read_parts(path)
    sheet = max(
        (n for n in parts if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", n)), key=lambda n: (len(n), n)
    )
    rels = f"xl/worksheets/_rels/{sheet.rpartition('/')[2]}.rels"
    main, relation = f'xmlns="{MAIN}"', f'xmlns:r="{RELATIONS}"'
    parts |= {name: (HEAD + text.format(main=main, r=relation)).encode() for name, text in PIVOT.items()}
    empty = f'<Relationships xmlns="{PACKAGE}"></Relationships>'.encode()
    for part, kind, target in (
        (rels, "pivotTable", "../pivotTables/pivotTable1.xml"),
        ("xl/_rels/workbook.xml.rels", "pivotCacheDefinition", "pivotCache/pivotCacheDefinition1.xml"),
        (
            "xl/pivotTables/_rels/pivotTable1.xml.rels",
            "pivotCacheDefinition",
            "../pivotCache/pivotCacheDefinition1.xml",
        ),
        ("xl/pivotCache/_rels/pivotCacheDefinition1.xml.rels", "pivotCacheRecords", "pivotCacheRecords1.xml"),
    ):
        line = f'<Relationship Id="rIdP" Type="{RELATIONS}/{kind}" Target="{target}"/></Relationships>'
        parts[part] = parts.get(part, empty).replace(b"</Relationships>", line.encode())
    types = "".join(
        f'<Override PartName="/{name}" ContentType="{TYPES}.{re.sub("[0-9].*", "", name.rpartition("/")[2])}+xml"/>'
        for name in PIVOT
    )
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        b"</Types>", f"{types}</Types>".encode()
    )
    caches = f'<pivotCaches><pivotCache cacheId="1" {relation} r:id="rIdP"/></pivotCaches>'
    parts["xl/workbook.xml"] = re.sub(
        rb"(<calcPr[^>]*/>)", rb"\1" + caches.encode(), parts["xl/workbook.xml"]
    )
    write_parts(path, parts)


PIVOT = {
    "xl/pivotCache/pivotCacheDefinition1.xml": f"""<pivotCacheDefinition {{main}} {{r}} r:id="rIdP" refreshedBy="x"
 refreshedDate="45000" createdVersion="3" refreshedVersion="3" recordCount="2"><cacheSource type="worksheet">
<worksheetSource ref="A3:B5" sheet="basic"/></cacheSource><cacheFields count="2"><cacheField name="x" numFmtId="0">
<sharedItems containsSemiMixedTypes="0" containsString="0" containsNumber="1" containsInteger="1" minValue="{XS[1]}"
 maxValue="{XS[0]}" count="2"><n v="{XS[0]}"/><n v="{XS[1]}"/></sharedItems></cacheField>
<cacheField name="y" numFmtId="0"><sharedItems containsSemiMixedTypes="0" containsString="0" containsNumber="1"
 containsInteger="1" minValue="{YS[1]}" maxValue="{YS[0]}"/></cacheField></cacheFields></pivotCacheDefinition>""",
    "xl/pivotCache/pivotCacheRecords1.xml": f"""<pivotCacheRecords {{main}} {{r}} count="2"><r><x v="0"/>
<n v="{YS[0]}"/></r><r><x v="1"/><n v="{YS[1]}"/></r></pivotCacheRecords>""",
    "xl/pivotTables/pivotTable1.xml": """<pivotTableDefinition {main} name="P" cacheId="1" dataCaption="Values">
<location ref="T40:U43" firstHeaderRow="1" firstDataRow="1" firstDataCol="1"/><pivotFields count="2">
<pivotField axis="axisRow" showAll="0"><items count="3"><item x="0"/><item x="1"/><item t="default"/></items>
</pivotField><pivotField dataField="1" showAll="0"/></pivotFields><rowFields count="1"><field x="0"/></rowFields>
<rowItems count="3"><i><x/></i><i><x v="1"/></i><i t="grand"><x/></i></rowItems><colItems count="1"><i/></colItems>
<dataFields count="1"><dataField name="Sum of y" fld="1" baseField="0" baseItem="0"/></dataFields>
</pivotTableDefinition>""",
}
