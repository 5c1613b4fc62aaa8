"""Headings of tables: what each means, and which vendor a set of headings belongs to.

One list serves all vendors, because they mostly agree; a :class:`Vendor` only says what is its own: names in given-first order, separators,
headings that mean something else here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from screening.importers.names import NameStyle

HEADINGS: dict[str, tuple[str, ...]] = {
    "title": (
        "title", "document title", "article title", "item title", "primary title", "title primary", "study title", "titles", "display_name",
        "brief title", "public title", "public_title", "paper title", "publication_title", "record title", "reference title", "ti", "t1",
        "scientific title", "scientific_title", "official title", "titre", "titel", "título", "titulo", "name",
    ),
    "original_title": ("original title", "original foreign title", "original_title", "foreign title", "title (original language)"),
    "author": (
        "author full names", "authors", "author(s)", "author/s", "author names", "author", "authors, primary", "first_authors", "creators",
        "authors full name", "full author names", "authorships.author.display_name", "author_names", "au", "a1", "autoren", "auteurs",
        "book authors", "creator", "authors_list", "contributors",
    ),
    "collective": ("group authors", "collective name", "corporate author", "corporate authors"),
    "editor": ("editors", "editor", "book editors", "authors, secondary", "secondary_authors"),
    "year": (
        "year", "publication year", "published year", "pub year", "publication_year", "year published", "pubyear", "py", "jahr", "année",
        "year of publication",
    ),
    "date": (
        "date", "publication date", "publication_date", "date published", "date of publication", "published", "pub date free from",
        "online date", "issue date", "start date", "start_date", "date enrollment", "first posted", "date added to xplore", "date_added",
    ),
    "journal": (
        "source title", "publication title", "journal", "journal/book", "journal title", "periodical full", "publication", "publication name",
        "source", "journal name", "full journal", "book title", "primary_location.source.display_name", "host_venue.display_name",
        "journal_name", "secondary title", "title secondary", "container-title", "conference name", "so", "jf", "t2",
    ),
    "journal_abbreviation": (
        "abbreviated source title", "journal abbreviation", "periodical abbrev", "journal iso abbreviation", "journal abbreviations",
        "iso abbreviation", "abbreviated_journal",
    ),
    "volume": ("volume", "journal volume", "biblio.volume", "vl", "volume number"),
    "issue": ("issue", "journal issue", "issue number", "biblio.issue", "number", "issue no", "is"),
    "pages": ("pages", "art. no.", "article number", "page range", "pagination"),
    "start_page": ("page start", "start page", "first page", "startpage", "start_page", "biblio.first_page"),
    "end_page": ("page end", "end page", "last page", "endpage", "end_page", "other pages", "biblio.last_page"),
    "abstract": ("abstract", "abstracts", "abstract note", "summary", "brief summary", "ab", "description", "abstract text", "n2", "résumé"),
    "doi": ("doi", "item doi", "doi number", "digital object identifier", "doi link", "do", "di", "doi url"),
    "pmid": (
        "pmid", "pubmed id", "pubmed_id", "medline pmid", "pubmed id (pmid)", "pubmedid", "ids.pmid", "pm", "pubmed number",
    ),
    "pmcid": ("pmcid", "pmc_id", "pmc id", "ids.pmcid", "pmc"),
    "accession": (
        "accession number", "eid", "central id", "ut (unique wos id)", "ut", "embase accession id", "pui", "embase id", "nct number", "ctgov id",
        "cinahl id", "ictrp id", "lens id", "openalex id", "id", "trialid", "document identifier", "clinical trial numbers", "eric number",
        "covidence #", "key", "nihms id", "microsoft academic id",
    ),
    "serial": (
        "issn", "isbn", "issns", "isbns", "issn/isbn", "eissn", "e-issn", "print issn", "electronic issn",
        "primary_location.source.issn", "primary_location.source.issn_l",
    ),
    "keyword": (
        "author keywords", "keywords", "index keywords", "mesh terms", "mesh_terms", "ieee terms", "keywords plus", "subjects", "keyword",
        "emtree drug index terms (major focus)", "emtree drug index terms", "emtree medical index terms (major focus)",
        "emtree medical index terms", "manual tags", "automatic tags", "conditions", "condition", "mesh", "descriptors", "inspec controlled terms",
        "inspec non-controlled terms", "fields of study", "kw", "de", "subject terms", "mh",
    ),
    "publication_type": (
        "document type", "publication type", "item type", "doctype", "type", "content type", "reference type", "study type", "type_crossref",
        "dt", "publication types", "type of work", "type_of_reference", "gsdoctype",
    ),
    "language": ("language", "language of original document", "article language", "languages", "la", "language of publication"),
    "url": (
        "url", "link", "articleurl", "source urls", "external url", "pdf link", "fulltexturl", "plink", "embase link", "full text link",
        "study url", "web address", "primary_location.landing_page_url", "urls", "ur", "open_access.oa_url",
    ),
    "notes": ("notes", "note", "comments", "personal notes", "extra"),
}  # fmt: skip

_SOURCES = {
    "eid": "Scopus", "central id": "CENTRAL", "ut (unique wos id)": "Web of Science", "ut": "Web of Science", "embase accession id": "Embase",
    "embase id": "Embase", "pui": "Embase PUI", "nct number": "ClinicalTrials.gov", "ctgov id": "ClinicalTrials.gov", "cinahl id": "CINAHL",
    "ictrp id": "ICTRP", "trialid": "ICTRP", "lens id": "Lens", "openalex id": "OpenAlex", "document identifier": "Document identifier",
    "clinical trial numbers": "Clinical trial number", "covidence #": "Covidence", "nihms id": "NIHMS", "key": "Key", "id": "Identifier",
    "accession number": "Accession number", "eric number": "ERIC", "microsoft academic id": "Microsoft Academic",
}  # fmt: skip
ACCESSION_SOURCES: Mapping[str, str] = _SOURCES

MEANINGS: dict[str, str] = {}
for _target, _names in HEADINGS.items():
    for _name in _names:
        MEANINGS.setdefault(_name, _target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """Whose table it is. ``signature`` holds headings that only this vendor writes together."""

    name: str
    signature: frozenset[str]
    name_style: NameStyle = NameStyle.FAMILY_FIRST
    overrides: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Target → headings, in place of the common list."""
    author_separators: str = ""
    """Empty: judged by the text."""
    keyword_separators: str = ";"
    label: str = "CSV"
    shape: str = ""
    """A further habit the reader must know: ``run-together`` authors, ``embase-source``, ``pubmed-citation``, ``own`` exports."""


def _signature(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(";"))


VENDORS: tuple[Vendor, ...] = (
    Vendor(name="this app", signature=_signature("record number; source database; duplicate of; title and abstract status; exact values"),
           shape="own", overrides={"author": ("authors",), "journal": ("journal",), "accession": ("none",)}),
    Vendor(name="Rayyan", signature=_signature("key; title; year; journal; authors; pubmed_id"), keyword_separators=";,"),
    Vendor(name="Covidence", signature=_signature("title; authors; covidence #")),
    Vendor(name="Scopus", signature=_signature("authors; title; source title; eid"),
           overrides={"accession": ("eid",), "keyword": ("author keywords", "index keywords")}),
    Vendor(name="Scopus", signature=_signature("authors; title; source title; cited by; document type; publication stage")),
    Vendor(name="PubMed", signature=_signature("pmid; title; authors; citation; journal/book"), author_separators=",",
           shape="pubmed-citation",
           overrides={"date": ("none",)}),
    Vendor(name="Embase", signature=_signature("title; author names; source; original title"), author_separators=",",
           keyword_separators=",", shape="embase-source"),
    Vendor(name="IEEE Xplore", signature=_signature("document title; authors; publication title; date added to xplore"),
           name_style=NameStyle.GIVEN_FIRST, overrides={"date": ("online date", "issue date")}),
    Vendor(name="Publish or Perish", signature=_signature("cites; authors; title; gsrank"), name_style=NameStyle.GIVEN_FIRST,
           author_separators=",", overrides={"accession": ("none",)}),
    Vendor(name="Cochrane Library", signature=_signature("central id; author(s); title")),
    Vendor(name="Cochrane Library", signature=_signature("cochrane review id; title")),
    Vendor(name="CINAHL (EBSCOhost)", signature=_signature("article title; author; journal title; doctype; plink"),
           overrides={"title": ("article title",), "journal": ("journal title",)}),
    Vendor(name="EBSCOhost", signature=_signature("title; plink; an")),
    Vendor(name="Lens", signature=_signature("lens id; title; author/s"), name_style=NameStyle.GIVEN_FIRST),
    Vendor(name="OpenAlex", signature=_signature("display_name; publication_year; authorships.author.display_name"),
           name_style=NameStyle.GIVEN_FIRST, author_separators="|", keyword_separators="|"),
    Vendor(name="ClinicalTrials.gov", signature=_signature("nct number; title; conditions"), keyword_separators="|",
           overrides={"title": ("title",), "date": ("start date", "first posted")}),
    Vendor(name="ClinicalTrials.gov", signature=_signature("nct number; study title; conditions"), keyword_separators="|",
           overrides={"title": ("study title",), "date": ("start date", "first posted")}),
    Vendor(name="ICTRP", signature=_signature("trialid; public title; recruitment status")),
    Vendor(name="Zotero", signature=_signature("key; item type; publication year; author; title"), keyword_separators=";",
           overrides={"date": ("date",), "issue": ("issue",), "keyword": ("manual tags", "automatic tags"),
                      "publication_type": ("item type",), "accession": ("none",)}),
    Vendor(name="RefWorks", signature=_signature("reference type; authors, primary; title primary")),
    Vendor(name="SpringerLink", signature=_signature("item title; publication title; item doi; content type"),
           name_style=NameStyle.GIVEN_FIRST, shape="run-together"),
    Vendor(name="Google Scholar", signature=_signature("authors; title; publication; volume; number; pages; year; publisher")),
    Vendor(name="abstrackr", signature=_signature("title; abstract; authors; (internal) id; (source) id"), keyword_separators=",",
           overrides={"pmid": ("pubmed id",)}),
    Vendor(name="Web of Science", signature=_signature("authors; article title; source title; ut (unique wos id)"),
           overrides={"author": ("author full names", "authors", "book authors")}),
    Vendor(name="Dimensions", signature=_signature("publication id; title; source title; pubyear")),
    Vendor(name="EPPI-Reviewer", signature=_signature("title; author; year; item id")),
    Vendor(name="ASReview", signature=_signature("record_id; title; asreview_label")),
)  # fmt: skip


def normal_heading(text: str) -> str:
    """As the tables above spell it: lower case, single blanks, no quotes or byte-order mark."""
    return re.sub(r"\s+", " ", text.strip("\ufeff \t\r\n\"'*")).casefold()


def vendor_of(headings: frozenset[str]) -> Vendor | None:
    """The vendor with the largest signature among the headings."""
    fitting = [vendor for vendor in VENDORS if vendor.signature <= headings]
    return max(fitting, key=lambda vendor: len(vendor.signature), default=None)


def targets_of(headings: Sequence[str], vendor: Vendor | None) -> dict[str, tuple[str, ...]]:
    """Target → headings of this table that feed it, best first."""
    present = set(headings)
    found: dict[str, tuple[str, ...]] = {}
    for target, names in HEADINGS.items():
        wanted = vendor.overrides.get(target, names) if vendor else names
        chosen = tuple(name for name in wanted if name in present)
        if target == "author":
            chosen = chosen[:1]
        if chosen:
            found[target] = chosen
    return found
