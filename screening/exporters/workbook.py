"""An Excel workbook of one sheet of text, written as a stream: the first bytes leave at once, and memory holds one row.

openpyxl packs a workbook only when its last row is there, minutes after the request for a large review, when proxies
have long given up. So the five parts that a workbook must have are written here, by the standard library's zipfile.
Every cell is an inline string, which no spreadsheet runs as a formula, whatever it begins with.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

from openpyxl.utils import get_column_letter

_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">'
        '<sheets><sheet name="Records" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}
_VIEW = (
    '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" '
    'state="frozen"/></sheetView></sheetViews>'
)
_PIECE = 1 << 13


class _Outlet:
    """What the archive writes to: it cannot go back, and gives away what it has."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> int:
        """Takes bytes."""
        self.pieces.append(data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""

    def taken(self) -> bytes:
        """All bytes since the last time."""
        data = b"".join(self.pieces)
        self.pieces, self.size = [], 0
        return data


def workbook_pieces(
    headings: Sequence[str], rows: Iterable[Sequence[str]], widths: Mapping[str, int]
) -> Iterator[bytes]:
    """The bytes of the workbook as they become ready, the first before any row, then some 8 KiB each.

    Texts must be free of characters that XML forbids and at most 32,767 characters long. `widths`: heading → width of
    its column in characters.
    """
    outlet = _Outlet()
    letters = [get_column_letter(number) for number in range(1, len(headings) + 1)]
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for name, content in _PARTS.items():
            archive.writestr(name, _DECLARATION + content)
        yield outlet.taken()
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            columns = "".join(
                f'<col min="{number}" max="{number}" width="{widths[heading]}" customWidth="1"/>'
                for number, heading in enumerate(headings, 1)
                if heading in widths
            )
            shape = f"<cols>{columns}</cols>" if columns else ""
            sheet.write(f'{_DECLARATION}<worksheet xmlns="{_MAIN}">{_VIEW}{shape}<sheetData>'.encode())
            sheet.write(_row(1, letters, headings).encode())
            for number, cells in enumerate(rows, 2):
                sheet.write(_row(number, letters, cells).encode())
                if outlet.size >= _PIECE:
                    yield outlet.taken()
            sheet.write(b"</sheetData></worksheet>")
    yield outlet.taken()


def _row(number: int, letters: Sequence[str], cells: Sequence[str]) -> str:
    """Empty cells are left out, as Excel does."""
    texts = "".join(
        f'<c r="{letter}{number}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
        for letter, text in zip(letters, cells, strict=True)
        if text
    )
    return f'<row r="{number}">{texts}</row>'
