"""Zotero RDF: items as typed nodes, their journal as a nested or a referenced one, authors in an ``rdf:Seq``."""

from lxml import etree

from screening.importers.build import Entry, Spec, build
from screening.importers.formats import Format, Source, Stream
from screening.importers.names import NameStyle
from screening.importers.types import ParsedRecord
from screening.importers.xmlstream import XmlFormat, parse_xml, text_of

_NS = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "z": "http://www.zotero.org/namespaces/export#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "bib": "http://purl.org/net/biblio#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "prism": "http://prismstandard.org/namespaces/1.2/basic/",
}
_ITEMS = (
    "Article Book BookSection Thesis Report Document Manuscript Letter Patent Data Recording MotionPicture Image Legislation "
    "Illustration Memo Interview"
)
_NOT_RECORDS = frozenset({"attachment", "note", "annotation"})

SPEC = Spec(
    name_style=NameStyle.GIVEN_FIRST,
    targets={
        "title": ("title",),
        "author": ("author",),
        "editor": ("editor",),
        "year": ("date",),
        "date": ("date",),
        "journal": ("journal",),
        "journal_abbreviation": ("alternative",),
        "volume": ("volume",),
        "issue": ("number",),
        "pages": ("pages",),
        "abstract": ("abstract",),
        "doi": ("identifier",),
        "serial": ("identifier",),
        "keyword": ("subject",),
        "publication_type": ("itemType",),
        "language": ("language",),
        "url": ("url",),
        "notes": ("description",),
    },
    doi_hints=("url", "description"),
)


def _build(item: etree._Element, line: int) -> ParsedRecord:
    entry = Entry(line)
    for child in item:
        if isinstance(child.tag, str):
            _field(entry, child)
    entry.raw = etree.tostring(item, encoding="unicode", with_tail=False)
    return build(entry, SPEC)


def _field(entry: Entry, child: etree._Element) -> None:
    name = etree.QName(child).localname
    if name in {"authors", "editors", "contributors", "seriesEditors", "translators"}:
        role = {"authors": "author", "editors": "editor"}.get(name, name)
        for person in child.iterfind(".//foaf:Person", _NS):
            entry.add(role, _person(person))
    elif name == "isPartOf":
        _container(entry, child)
    elif name == "identifier":
        address = child.find("dcterms:URI/rdf:value", _NS)
        entry.add("url" if address is not None else "identifier", text_of(address if address is not None else child))
    elif name == "subject":
        tag = child.find("z:AutomaticTag/rdf:value", _NS)
        entry.add("subject", text_of(child if tag is None else tag))
    elif name == "publisher":
        entry.add("publisher", " ".join(text_of(child).split()))
    elif name in {"link", "isReferencedBy", "relation"}:
        return
    else:
        entry.add(name, text_of(child))


def _person(person: etree._Element) -> str:
    family = text_of(person.find("foaf:surname", _NS))
    given = text_of(person.find("foaf:givenName", _NS)) or text_of(person.find("foaf:givenname", _NS))
    return f"{family}, {given}" if given else family


def _container(entry: Entry, part: etree._Element) -> None:
    """The journal, book or series: nested here, or elsewhere in the file under the address that ``rdf:resource`` names."""
    node: etree._Element | None = part[0] if len(part) else None
    address = part.get(f"{{{_NS['rdf']}}}resource")
    if node is None and address:
        found = part.getroottree().xpath("//*[@rdf:about=$address]", namespaces=_NS, address=address)
        node = found[0] if isinstance(found, list) and found and isinstance(found[0], etree._Element) else None
    if node is None:
        return
    for child in node:
        if not isinstance(child.tag, str):
            continue
        name = etree.QName(child).localname
        if name == "title":
            entry.add("journal", text_of(child))
        elif name in {"volume", "number", "identifier", "alternative"}:
            entry.add(name, text_of(child))


def _is_record(element: etree._Element) -> bool:
    """A top node of the file that is an item, not an attachment, a note or a journal."""
    kind = text_of(element.find("z:itemType", _NS))
    if kind in _NOT_RECORDS:
        return False
    local = etree.QName(element).localname
    if local in {"Journal", "Collection", "Series", "Attachment", "Memo"} and kind in {"", "attachment"}:
        return False
    return element.find("dc:title", _NS) is not None or bool(kind)


_TAGS = frozenset(f"{{{_NS['bib']}}}{name}" for name in _ITEMS.split()) | {f"{{{_NS['rdf']}}}Description"}
_XML = XmlFormat(record_tags=_TAGS, build=_build, label="Zotero RDF", accepts=_is_record, keeps_tree=True)


def _sniff(head: str) -> float:
    start = head.lstrip("\ufeff \r\n\t")[:4000]
    return 0.95 if start.startswith("<") and "<rdf:RDF" in start and "zotero.org/namespaces" in start else 0.0


def _parse(source: Source) -> Stream:
    return parse_xml(source, _XML)


FORMAT = Format(name="zotero_rdf", label="Zotero RDF", extensions=("rdf", "xml"), sniff=_sniff, parse=_parse)
