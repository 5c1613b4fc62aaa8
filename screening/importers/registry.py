"""The formats, in the order in which they are asked when two of them are equally sure."""

from screening.importers import (
    bibtex,
    cochrane,
    csl_json,
    endnote_xml,
    medline,
    ovid,
    pubmed_xml,
    refer,
    refworks,
    ris,
    table,
    workbook,
    wos,
    zotero_rdf,
)
from screening.importers.formats import Format

FORMATS: tuple[Format, ...] = (
    wos.FORMAT,
    cochrane.FORMAT,
    ovid.FORMAT,
    ovid.LABELLED_FORMAT,
    refworks.FORMAT,
    medline.FORMAT,
    ris.FORMAT,
    pubmed_xml.FORMAT,
    endnote_xml.FORMAT,
    zotero_rdf.FORMAT,
    csl_json.FORMAT,
    bibtex.FORMAT,
    refer.FORMAT,
    table.FORMAT,
    workbook.FORMAT,
)
BY_NAME: dict[str, Format] = {item.name: item for item in FORMATS}
