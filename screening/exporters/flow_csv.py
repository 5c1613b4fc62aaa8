"""The flow as the CSV that the R package PRISMA2020 (Haddaway et al. 2022, version 1.1.4) draws from.

The package finds rows by a regular expression on the column ``data``, so the 34 rows, their order and their keys are
its own (MIT licence); only ``n`` changes, and the wording where a box would otherwise be misnamed. ``NA`` hides a line
in its drawing, ``0`` shows "n = 0".

Sources and reasons go into one cell as ``text, n; text, n`` and are split again at those signs. In the text itself
therefore a comma between digits is dropped (1,000 becomes 1000), every other comma and semicolon becomes " /", line
breaks become spaces, and a leading sign that a spreadsheet would read as a formula is dropped.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence

from screening.rules.flow import FlowCounts, ReasonCount, SourceCount, total

HEADER = ("data", "node", "box", "description", "boxtext", "tooltips", "url", "n")
NOT_COUNTED = "NA"

_DATABASES = "Identification of new studies via databases and registers"
_OTHER = "Identification of new studies via other methods"
_REASONS = "[separate reasons and numbers: Reason1, xxx; Reason2, xxx]"
_Row = tuple[str, str, str, str, str, str, str]

# data, node, box, description, boxtext, tooltips, url. "=" repeats the boxtext in the description or the tooltip.
_ROWS: tuple[_Row, ...] = (
    ("NA", "node4", "prevstud", "Grey title box; Previous studies", "Previous studies",
     "Grey title box; Previous studies", "prevstud.html"),
    ("previous_studies", "node5", "box1", "=", "Studies included in previous version of review", "=",
     "previous_studies.html"),
    ("previous_reports", "NA", "box1", "=", "Reports of studies included in previous version of review", "NA",
     "previous_reports.html"),
    ("NA", "node6", "newstud", f"Yellow title box; {_DATABASES}", _DATABASES, f"Yellow title box; {_DATABASES}",
     "newstud.html"),
    ("database_results", "node7", "box2", "Records identified from: Databases", "Databases",
     "Records identified from: Databases and Registers", "database_results.html"),
    ("database_specific_results", "NA", "box2", "Records identified from: specific databases", "Specific Databases",
     "NA", "database_results.html"),
    ("register_results", "NA", "box2", "Records identified from: Registers", "Registers", "NA", "NA"),
    ("register_specific_results", "NA", "box2", "Records identified from: specific registers", "Specific Registers",
     "NA", "database_results.html"),
    ("NA", "node16", "othstud", f"Grey title box; {_OTHER}", _OTHER, f"Grey title box; {_OTHER}", "othstud.html"),
    ("website_results", "node17", "box11", "Records identified from: Websites", "Websites",
     "Records identified from: Websites, Organisations and Citation Searching", "website_results.html"),
    ("organisation_results", "", "box11", "Records identified from: Organisations", "Organisations", "NA", "NA"),
    ("citations_results", "NA", "box11", "Records identified from: Citation searching", "Citation searching", "NA",
     "NA"),
    ("duplicates", "node8", "box3", "=", "Duplicate records", "=", "duplicates.html"),
    ("excluded_automatic", "NA", "box3", "=", "Records marked as ineligible by automation tools", "NA", "NA"),
    ("excluded_other", "NA", "box3", "=", "Records removed for other reasons", "NA", "NA"),
    ("records_screened", "node9", "box4", "Records screened (databases and registers)", "Records screened",
     "Records screened (databases and registers)", "records_screened.html"),
    ("records_excluded", "node10", "box5", "Records excluded (databases and registers)", "Records excluded",
     "Records excluded (databases and registers)", "records_excluded.html"),
    ("dbr_sought_reports", "node11", "box6", "Reports sought for retrieval (databases and registers)",
     "Reports sought for retrieval", "Reports sought for retrieval (databases and registers)",
     "dbr_sought_reports.html"),
    ("dbr_notretrieved_reports", "node12", "box7", "Reports not retrieved (databases and registers)",
     "Reports not retrieved", "Reports not retrieved (databases and registers)", "dbr_notretrieved_reports.html"),
    ("other_sought_reports", "node18", "box12", "Reports sought for retrieval (other)",
     "Reports sought for retrieval", "Reports sought for retrieval (other)", "other_sought_reports.html"),
    ("other_notretrieved_reports", "node19", "box13", "Reports not retrieved (other)", "Reports not retrieved",
     "Reports not retrieved (other)", "other_notretrieved_reports.html"),
    ("dbr_assessed", "node13", "box8", "Reports assessed for eligibility (databases and registers)",
     "Reports assessed for eligibility", "Reports assessed for eligibility (databases and registers)",
     "dbr_assessed.html"),
    ("dbr_excluded", "node14", "box9", f"Reports excluded (databases and registers): {_REASONS}", "Reports excluded",
     "Reports excluded (databases and registers)", "dbrexcludedrecords.html"),
    ("other_assessed", "node20", "box14", "Reports assessed for eligibility (other)",
     "Reports assessed for eligibility", "Reports assessed for eligibility (other)", "other_assessed.html"),
    ("other_excluded", "node21", "box15", f"Reports excluded (other): {_REASONS}", "Reports excluded",
     "Reports excluded (other)", "other_excluded.html"),
    ("new_studies", "node15", "box10", "=", "New studies included in review", "=", "new_studies.html"),
    ("new_reports", "NA", "box10", "=", "Reports of new included studies", "NA", "NA"),
    ("total_studies", "node22", "box16", "=", "Total studies included in review", "=", "total_studies.html"),
    ("total_reports", "NA", "box16", "=", "Reports of total included studies", "NA", "NA"),
    ("identification", "node1", "identification", "Blue identification box", "Identification",
     "Blue identification box", "identification.html"),
    ("screening", "node2", "screening", "Blue screening box", "Screening", "Blue screening box", "screening.html"),
    ("included", "node3", "included", "Blue included box", "Included", "Blue included box", "included.html"),
    ("total_studies_ma", "node23", "box17", "=", "Total studies included in meta-analysis", "=",
     "total_studies_meta_analysis.html"),
    ("total_reports_ma", "NA", "box17", "=", "Reports of total included studies in meta-analysis", "NA", "NA"),
)  # fmt: skip
_UNCOUNTED_KEYS = frozenset({"NA", "identification", "screening", "included"})


def flow_csv(counts: FlowCounts) -> str:
    """The CSV text: header and 34 rows, newline-separated, UTF-8 when written.

    The package has no row for other kinds of sources (experts asked, say); they are added to the organisations, whose
    line then reads "Organisations and other sources". In a review in progress the counts are those made so far.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for data, node, box, description, boxtext, tooltip, url in _ROWS:
        text = boxtext
        if data == "organisation_results" and counts.other_results is not None:
            text = "Organisations and other sources" if counts.organisation_results is not None else "Other sources"
        described = text if description == "=" else description
        hint = text if tooltip == "=" else tooltip
        writer.writerow((data, node, box, described, text, hint, url, _n(counts, data)))
    return out.getvalue()


def plain_text(text: str) -> str:
    """A source's name or a reason without the signs that would split it (see the module's docstring)."""
    one_line = " ".join(text.split())
    joined = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", one_line)
    split = re.sub(r"\s*[,;]+\s*", " / ", joined).strip(" /")
    return split.lstrip("=+-@").strip() or "unnamed"


def _n(counts: FlowCounts, key: str) -> str:
    if key in _UNCOUNTED_KEYS:
        return "0"
    listed = _LISTS.get(key)
    if listed is not None:
        return listed(counts)
    if key == "organisation_results":
        return _number(total(counts.organisation_results, counts.other_results))
    value: int | None = getattr(counts, key)
    return _number(value)


def _number(n: int | None) -> str:
    return NOT_COUNTED if n is None else str(n)


def _sources(sources: Sequence[SourceCount]) -> str:
    return "; ".join(f"{plain_text(source.name)}, {source.n}" for source in sources) or NOT_COUNTED


def _reasons(reasons: Sequence[ReasonCount] | None) -> str:
    if reasons is None:
        return NOT_COUNTED
    return "; ".join(f"{plain_text(reason.reason)}, {reason.n}" for reason in reasons) or "0"


_LISTS: dict[str, Callable[[FlowCounts], str]] = {
    "database_specific_results": lambda counts: _sources(counts.database_specific_results),
    "register_specific_results": lambda counts: _sources(counts.register_specific_results),
    "dbr_excluded": lambda counts: _reasons(counts.dbr_excluded),
    "other_excluded": lambda counts: _reasons(counts.other_excluded),
}
