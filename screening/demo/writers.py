"""Writes a demo corpus as export files, one for each source in its own dialect."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from screening.demo.types import Copy, DemoCorpus, Source
from screening.demo.writers_tables import scholar_csv, scopus_csv
from screening.demo.writers_tagged import ebsco_ris, pubmed_nbib, web_of_science_tagged

_WRITERS: Final[dict[Source, Callable[[Sequence[Copy]], bytes]]] = {
    Source.PUBMED: pubmed_nbib,
    Source.WEB_OF_SCIENCE: web_of_science_tagged,
    Source.SCOPUS: scopus_csv,
    Source.CINAHL: ebsco_ris,
    Source.GOOGLE_SCHOLAR: scholar_csv,
}


def export_bytes(corpus: DemoCorpus, source: Source) -> bytes:
    """The export file of one source: the same bytes for the same corpus. Raises KeyError when the corpus lacks it."""
    return _WRITERS[source](corpus.copies[source])


def write_exports(corpus: DemoCorpus, directory: Path) -> dict[str, Path]:
    """Writes every file of the corpus into ``directory`` (made if absent); returns the paths by source name."""
    directory.mkdir(parents=True, exist_ok=True)
    written = {}
    for file in corpus.files:
        path = directory / file.filename
        path.write_bytes(export_bytes(corpus, file.source))
        written[file.source.value] = path
    return written
