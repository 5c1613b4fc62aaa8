"""The formats, in the order in which they are asked when two of them are equally sure."""

from screening.importers import bibtex, endnote_xml, medline, refer, ris, table, workbook, wos
from screening.importers.formats import Format

FORMATS: tuple[Format, ...] = (
    wos.FORMAT,
    medline.FORMAT,
    ris.FORMAT,
    endnote_xml.FORMAT,
    bibtex.FORMAT,
    refer.FORMAT,
    table.FORMAT,
    workbook.FORMAT,
)
BY_NAME: dict[str, Format] = {item.name: item for item in FORMATS}
