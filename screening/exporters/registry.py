"""The formats that records are exported to."""

from __future__ import annotations

from dataclasses import dataclass

from screening.exporters.bibtex import write_bibtex
from screening.exporters.endnote_xml import write_endnote_xml
from screening.exporters.ris import write_ris
from screening.exporters.rows import Writer
from screening.exporters.table import write_csv, write_xlsx


@dataclass(frozen=True, slots=True)
class Exporter:
    """One format: how it is called, what its files are, and what writes them as a stream of bytes."""

    name: str
    label: str
    extension: str
    content_type: str
    write: Writer


EXPORTERS: dict[str, Exporter] = {
    exporter.name: exporter
    for exporter in (
        Exporter("ris", "RIS (EndNote, Zotero, Mendeley)", "ris", "application/x-research-info-systems", write_ris),
        Exporter("csv", "CSV table", "csv", "text/csv; charset=utf-8", write_csv),
        Exporter(
            "xlsx",
            "Excel workbook",
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            write_xlsx,
        ),
        Exporter("bibtex", "BibTeX", "bib", "application/x-bibtex", write_bibtex),
        Exporter("endnote_xml", "EndNote XML", "xml", "application/xml", write_endnote_xml),
    )
}
"""By name, in the order in which people are offered them."""
