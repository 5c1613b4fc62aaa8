"""The same made-up records as files of five formats, and what others need to parse them.

Each record is about 1.5 kB in RIS: a title, four authors, an abstract of some 1,050 characters and what a database exports
beside them. Words are drawn by a seeded generator, so that no two abstracts are alike and every run has the same files.

    python -m tests.benchmarks.import_sets ris FILE     (CPU seconds and records of the usual library, as JSON)
"""

from __future__ import annotations

import csv
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

WORDS = [
    "adults",
    "sleep",
    "trial",
    "cohort",
    "randomised",
    "placebo",
    "insomnia",
    "duration",
    "quality",
    "weeks",
    "follow-up",
    "participants",
    "intervention",
    "control",
    "outcome",
    "baseline",
    "reported",
    "significant",
    "difference",
    "between",
    "groups",
    "measured",
    "using",
    "questionnaire",
    "actigraphy",
    "clinical",
    "primary",
    "secondary",
    "care",
    "patients",
    "treatment",
    "therapy",
    "cognitive",
    "behavioural",
    "digital",
    "delivered",
    "nurse",
    "community",
    "older",
    "women",
    "men",
    "children",
    "school",
    "adherence",
    "depression",
    "anxiety",
    "fatigue",
    "mean",
    "range",
    "confidence",
    "interval",
    "regression",
    "model",
    "adjusted",
    "age",
    "sex",
    "education",
    "income",
    "hospital",
]
FAMILIES = [
    "Rowe",
    "Lindgren",
    "Okafor",
    "Tanaka",
    "Müller",
    "García",
    "Novak",
    "Silva",
    "Haddad",
    "Kowalski",
    "Johansson",
    "Petrov",
    "Nguyen",
    "Schmidt",
    "Dubois",
    "Rossi",
]
GIVEN = [
    "Ann",
    "Björn",
    "Chidi",
    "Daiki",
    "Eva",
    "Fátima",
    "Georg",
    "Helena",
    "Ismail",
    "Jana",
    "Karl",
    "Lucía",
    "Minh",
    "Nora",
    "Omar",
    "Paula",
]
JOURNALS = ("Journal of Rest", "Sleep Research Letters", "Annals of Night Medicine", "BMC Tiredness")


@dataclass(frozen=True, slots=True)
class Source:
    """What one record says, before any format."""

    number: int
    title: str
    authors: list[tuple[str, str]]
    journal: str
    year: int
    abstract: str
    keywords: list[str]

    @property
    def doi(self) -> str:
        return f"10.1000/rest.{self.year}.{self.number:06d}"


def sources(count: int) -> Iterator[Source]:
    """`count` records, the same in every run."""
    chance = random.Random(3)
    for number in range(1, count + 1):
        words = chance.choices(WORDS, k=140)
        sentences = [" ".join(words[at : at + 14]).capitalize() for at in range(0, 140, 14)]
        yield Source(
            number=number,
            title=" ".join(chance.choices(WORDS, k=11)).capitalize() + f" ({number})",
            authors=[(chance.choice(FAMILIES), chance.choice(GIVEN)) for _ in range(4)],
            journal=chance.choice(JOURNALS),
            year=chance.randint(1990, 2025),
            abstract=". ".join(sentences) + ".",
            keywords=chance.choices(WORDS, k=4),
        )


def ris(source: Source) -> str:
    authors = "".join(f"AU  - {family}, {given}\n" for family, given in source.authors)
    keywords = "".join(f"KW  - {word}\n" for word in source.keywords)
    return (
        f"TY  - JOUR\nTI  - {source.title}\n{authors}JO  - {source.journal}\nPY  - {source.year}\nVL  - {source.number % 80}\n"
        f"IS  - {source.number % 12}\nSP  - {source.number}\nEP  - {source.number + 9}\nSN  - 1234-5678\nDO  - {source.doi}\n"
        f"UR  - https://doi.org/{source.doi}\n{keywords}AB  - {source.abstract}\nDB  - Rest\nER  - \n\n"
    )


def nbib(source: Source) -> str:
    def wrapped(tag: str, text: str) -> str:
        lines, line = [], f"{tag:4}-"
        for word in text.split():
            if len(line) + len(word) > 87:
                lines.append(line)
                line = "     "
            line += f" {word}"
        return "\n".join([*lines, line]) + "\n"

    authors = "".join(f"FAU - {family}, {given}\nAU  - {family} {given[0]}\n" for family, given in source.authors)
    keywords = "".join(f"OT  - {word}\n" for word in source.keywords)
    return (
        f"PMID- {30_000_000 + source.number}\nOWN - NLM\nSTAT- MEDLINE\nIS  - 1234-5678 (Print)\nVI  - {source.number % 80}\nIP  - {source.number % 12}\n"
        f"DP  - {source.year} Mar\n{wrapped('TI', source.title)}PG  - {source.number}-{source.number + 9}\n"
        f"LID - {source.doi} [doi]\n{wrapped('AB', source.abstract)}{authors}LA  - eng\nPT  - Journal Article\n"
        f"TA  - {source.journal}\nJT  - {source.journal}\n{keywords}AID - {source.doi} [doi]\n\n"
    )


def bibtex(source: Source) -> str:
    authors = " and ".join(f"{family}, {given}" for family, given in source.authors)
    return (
        f"@article{{rest{source.number},\n  title = {{{source.title}}},\n  author = {{{authors}}},\n  journal = {{{source.journal}}},\n"
        f"  year = {{{source.year}}},\n  volume = {{{source.number % 80}}},\n  number = {{{source.number % 12}}},\n"
        f"  pages = {{{source.number}--{source.number + 9}}},\n  issn = {{1234-5678}},\n  doi = {{{source.doi}}},\n"
        f"  url = {{https://doi.org/{source.doi}}},\n  keywords = {{{', '.join(source.keywords)}}},\n  abstract = {{{source.abstract}}},\n}}\n\n"
    )


def endnote_xml(source: Source) -> str:
    def style(text: str) -> str:
        return f'<style face="normal" font="default" size="100%">{escape(text)}</style>'

    authors = "".join(f"<author>{style(f'{family}, {given}')}</author>" for family, given in source.authors)
    keywords = "".join(f"<keyword>{style(word)}</keyword>" for word in source.keywords)
    return (
        f'<record><rec-number>{source.number}</rec-number><ref-type name="Journal Article">17</ref-type><contributors><authors>{authors}</authors>'
        f"</contributors><titles><title>{style(source.title)}</title><secondary-title>{style(source.journal)}</secondary-title></titles>"
        f"<periodical><full-title>{style(source.journal)}</full-title></periodical><pages>{style(f'{source.number}-{source.number + 9}')}</pages>"
        f"<volume>{style(str(source.number % 80))}</volume><number>{style(str(source.number % 12))}</number><keywords>{keywords}</keywords>"
        f"<dates><year>{style(str(source.year))}</year></dates><isbn>{style('1234-5678')}</isbn><abstract>{style(source.abstract)}</abstract>"
        f"<urls><related-urls><url>{style(f'https://doi.org/{source.doi}')}</url></related-urls></urls>"
        f"<electronic-resource-num>{style(source.doi)}</electronic-resource-num></record>\n"
    )


CSV_HEADINGS = (
    "Authors", "Title", "Year", "Source title", "Volume", "Issue", "Page start", "Page end", "DOI", "Link", "Abstract", "Author Keywords", "ISSN",
    "Document Type", "Source", "EID",
)  # fmt: skip


def csv_row(source: Source) -> list[str]:
    """As Scopus writes it."""
    authors = "; ".join(f"{family}, {given}" for family, given in source.authors)
    return [
        authors, source.title, str(source.year), source.journal, str(source.number % 80), str(source.number % 12), str(source.number),
        str(source.number + 9), source.doi, f"https://doi.org/{source.doi}", source.abstract, "; ".join(source.keywords), "12345678", "Article",
        "Scopus", f"2-s2.0-{85_000_000_000 + source.number}",
    ]  # fmt: skip


FORMATS = {"ris": "ris", "nbib": "nbib", "bibtex": "bib", "csv": "csv", "endnote_xml": "xml"}
TEXTS: dict[str, Callable[[Source], str]] = {"ris": ris, "nbib": nbib, "bibtex": bibtex, "endnote_xml": endnote_xml}


def write_file(name: str, count: int, folder: Path) -> Path:
    """The file of that format with `count` records."""
    path = folder / f"records.{FORMATS[name]}"
    with path.open("w", encoding="utf-8", newline="") as stream:
        if name == "csv":
            rows = csv.writer(stream, quoting=csv.QUOTE_ALL)
            rows.writerow(CSV_HEADINGS)
            rows.writerows(csv_row(source) for source in sources(count))
            return path
        if name == "endnote_xml":
            stream.write('<?xml version="1.0" encoding="UTF-8"?>\n<xml><records>\n')
        stream.writelines(TEXTS[name](source) for source in sources(count))
        if name == "endnote_xml":
            stream.write("</records></xml>\n")
    return path


def parse_elsewhere(name: str, path: Path) -> tuple[str, float, int]:
    """(library, CPU seconds, records): what others need merely to parse the file, as their own documentation calls them."""
    if name == "ris":
        import rispy  # noqa: PLC0415 - one library each, in a process of its own

        began = time.process_time()
        with path.open(encoding="utf-8") as stream:
            found = len(rispy.load(stream))
        return "rispy", time.process_time() - began, found
    if name == "nbib":
        import nbib  # noqa: PLC0415

        began = time.process_time()
        found = len(nbib.read_file(str(path)))
        return "nbib", time.process_time() - began, found
    if name == "bibtex":
        import bibtexparser  # noqa: PLC0415

        began = time.process_time()
        found = len(bibtexparser.parse_file(str(path)).entries)
        return "bibtexparser", time.process_time() - began, found
    began = time.process_time()
    if name == "csv":
        with path.open(encoding="utf-8", newline="") as stream:
            found = sum(1 for _ in csv.DictReader(stream))
        return "csv.DictReader", time.process_time() - began, found
    found = 0
    for _, element in ElementTree.iterparse(path):
        if element.tag == "record":
            found += 1
            element.clear()
    return "ElementTree", time.process_time() - began, found


if __name__ == "__main__":
    print(json.dumps(parse_elsewhere(sys.argv[1], Path(sys.argv[2]))))
