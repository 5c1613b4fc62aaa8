"""PubMed XML: articles and books of a ``PubmedArticleSet``, with or without their DOCTYPE."""

from lxml import etree

from screening.importers.build import Entry, Spec, build
from screening.importers.formats import Format, Source, Stream
from screening.importers.types import ParsedRecord
from screening.importers.xmlstream import XmlFormat, inner_markup, parse_xml, text_of

SPEC = Spec(
    targets={
        "title": ("ArticleTitle", "BookTitle", "VernacularTitle"),
        "original_title": ("VernacularTitle",),
        "author": ("author",),
        "collective": ("collective",),
        "editor": ("editor",),
        "year": ("year",),
        "date": ("date",),
        "journal": ("Title", "BookTitle", "ISOAbbreviation", "MedlineTA"),
        "journal_abbreviation": ("ISOAbbreviation", "MedlineTA"),
        "volume": ("Volume",),
        "issue": ("Issue",),
        "pages": ("MedlinePgn",),
        "start_page": ("StartPage",),
        "end_page": ("EndPage",),
        "abstract": ("abstract", "OtherAbstract"),
        "doi": ("doi",),
        "pmid": ("pmid",),
        "pmcid": ("pmc",),
        "accession": ("bookaccession", "mid", "accession"),
        "serial": ("ISSN", "ISSNLinking", "Isbn"),
        "keyword": ("mesh", "keyword"),
        "publication_type": ("type",),
        "language": ("Language",),
        "notes": ("GeneralNote",),
    },
    accession_sources={"bookaccession": "NCBI Bookshelf", "mid": "NIHMS", "accession": "Databank"},
)
_PERSONS = {"authors": "author", "editors": "editor"}


def _build(record: etree._Element, line: int) -> ParsedRecord:
    entry = Entry(line)
    citation = record.find("MedlineCitation")
    if citation is None:
        citation = record.find("BookDocument")
    if citation is not None:
        _citation(entry, citation)
    for number in record.iterfind("PubmedData/ArticleIdList/ArticleId"):
        _identifier(entry, number.get("IdType") or "", text_of(number))
    for number in record.iterfind("BookDocument/ArticleIdList/ArticleId"):
        _identifier(entry, number.get("IdType") or "", text_of(number))
    entry.raw = etree.tostring(record, encoding="unicode", with_tail=False)
    return build(entry, SPEC)


def _identifier(entry: Entry, kind: str, value: str) -> None:
    name = {"pubmed": "pmid"}.get(kind, kind)
    if value.strip() and value not in entry.fields.get(name, ()):
        entry.add(name, value)


def _citation(entry: Entry, citation: etree._Element) -> None:
    entry.add("pmid", text_of(citation.find("PMID")))
    article = citation.find("Article")
    article = citation if article is None else article
    _title_and_source(entry, article, citation)
    _abstract(entry, "abstract", article.find("Abstract"))
    _abstract(entry, "OtherAbstract", citation.find("OtherAbstract"))
    for author_list in article.iterfind("AuthorList"):
        role = _PERSONS.get((author_list.get("Type") or "authors").lower(), "author")
        for author in author_list.iterfind("Author"):
            _author(entry, author, role)
    for author in article.iterfind("Book/AuthorList/Author"):
        _author(entry, author, "editor")
    for heading in citation.iterfind("MeshHeadingList/MeshHeading"):
        entry.add("mesh", _mesh(heading))
    for keyword in citation.iterfind("KeywordList/Keyword"):
        entry.add("keyword", text_of(keyword))
    types = [text_of(kind) for kind in article.iterfind("PublicationTypeList/PublicationType")]
    types = types or [text_of(kind) for kind in citation.iterfind("PublicationType")]
    shown = [kind for kind in types if not kind.startswith("Research Support")]
    if shown:
        entry.add("type", "; ".join(shown))
    for bank in article.iterfind("DataBankList/DataBank"):
        for number in bank.iterfind("AccessionNumberList/AccessionNumber"):
            entry.add("accession", f"{text_of(bank.find('DataBankName'))}: {text_of(number)}")
    for note in citation.iterfind("GeneralNote"):
        entry.add("GeneralNote", text_of(note))


def _title_and_source(entry: Entry, article: etree._Element, citation: etree._Element) -> None:
    for path in ("ArticleTitle", "Book/BookTitle", "VernacularTitle"):
        found = article.find(path)
        if found is not None:
            entry.add(path.rpartition("/")[2], inner_markup(found))
    for path in (
        *("Journal/ISSN", "Journal/Title", "Journal/ISOAbbreviation", "Journal/JournalIssue/Volume"),
        *(
            "Journal/JournalIssue/Issue",
            "Pagination/MedlinePgn",
            "Pagination/StartPage",
            "Pagination/EndPage",
            "Language",
        ),
        *("Book/Isbn", "Book/Volume"),
    ):
        for element in article.iterfind(path):
            entry.add(path.rpartition("/")[2], text_of(element))
    for path in ("MedlineJournalInfo/MedlineTA", "MedlineJournalInfo/ISSNLinking"):
        for element in citation.iterfind(path):
            entry.add(path.rpartition("/")[2], text_of(element))
    for location in article.iterfind("ELocationID"):
        if location.get("EIdType") == "doi" and location.get("ValidYN") != "N":
            entry.add("doi", text_of(location))
    date = article.find("Journal/JournalIssue/PubDate")
    date = article.find("Book/PubDate") if date is None else date
    electronic = article.find("ArticleDate")
    _date(entry, date, electronic)


def _date(entry: Entry, date: etree._Element | None, electronic: etree._Element | None) -> None:
    if date is not None:
        medline = text_of(date.find("MedlineDate"))
        parts = [text_of(date.find(name)) for name in ("Year", "Month", "Day")]
        entry.add("year", medline or parts[0])
        entry.add("date", medline or " ".join(part for part in parts if part))
    if electronic is not None:
        parts = [text_of(electronic.find(name)) for name in ("Year", "Month", "Day")]
        if all(parts):
            entry.add("ArticleDate", "-".join(parts))
            if not entry.first("year"):
                entry.add("year", parts[0])


def _abstract(entry: Entry, name: str, abstract: etree._Element | None) -> None:
    if abstract is None:
        return
    paragraphs = []
    for part in abstract.iterfind("AbstractText"):
        label = part.get("Label") or ""
        text = " ".join(inner_markup(part).split())
        paragraphs.append(f"{label}: {text}" if label and label != "UNLABELLED" else text)
    entry.add(name, "\n".join(paragraph for paragraph in paragraphs if paragraph))
    copyright_line = text_of(abstract.find("CopyrightInformation"))
    if copyright_line:
        entry.add("CopyrightInformation", copyright_line)


def _author(entry: Entry, author: etree._Element, role: str) -> None:
    group = text_of(author.find("CollectiveName"))
    if group:
        entry.add("collective", group)
        return
    family = text_of(author.find("LastName"))
    given = text_of(author.find("ForeName")) or text_of(author.find("Initials"))
    suffix = text_of(author.find("Suffix"))
    if family:
        entry.add(role, ", ".join(part for part in (family, f"{given} {suffix}".strip()) if part))
    for place in author.iterfind("AffiliationInfo/Affiliation"):
        entry.add("Affiliation", text_of(place))


def _mesh(heading: etree._Element) -> str:
    descriptor = heading.find("DescriptorName")
    qualifiers = list(heading.iterfind("QualifierName"))
    major = any(part.get("MajorTopicYN") == "Y" for part in ([] if descriptor is None else [descriptor]) + qualifiers)
    words = "/".join([text_of(descriptor), *(text_of(part) for part in qualifiers)])
    return f"*{words}" if major else words


_XML = XmlFormat(record_tags=frozenset({"PubmedArticle", "PubmedBookArticle"}), build=_build, label="PubMed XML")


def _sniff(head: str) -> float:
    start = head.lstrip("\ufeff \r\n\t")
    if not start.startswith("<"):
        return 0.0
    return 0.97 if "<PubmedArticle" in start or "<PubmedBookArticle" in start else 0.0


def _parse(source: Source) -> Stream:
    return parse_xml(source, _XML)


FORMAT = Format(name="pubmed_xml", label="PubMed XML", extensions=("xml",), sniff=_sniff, parse=_parse)
