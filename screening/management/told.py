"""What is said of files on the command line, as on the page: which column is which, which encoding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser

from screening.importers import ImportFileError
from screening.importers.encodings import ENCODINGS, known_encoding
from screening.importers.mapping import TARGETS, mapping_of_text
from screening.services.questions import Answers

MAPPING_OPTION = "--mapping"
ENCODING_OPTION = "--encoding"


def add_told_options(parser: CommandParser) -> None:
    """`--mapping` and `--encoding`, for every file of the command."""
    parser.add_argument(
        MAPPING_OPTION,
        "--map",
        action="append",
        default=[],
        metavar="COLUMN=FIELD,…",
        help='what the columns of a table hold, e.g. Nadpis=title,"Jména, autoři"=author; #1=title where the table '
        "has no headings",
    )
    parser.add_argument(
        ENCODING_OPTION, default="", metavar="NAME", help="how the characters are read, e.g. cp1252 or mac_roman"
    )


def told(options: dict[str, Any]) -> Answers:
    """What the options say. Raises CommandError for an encoding that is not read or a mapping that cannot stand."""
    encoding = known_encoding(options["encoding"]) if options["encoding"] else ""
    if options["encoding"] and not encoding:
        raise CommandError(
            f"“{options['encoding']}” is not an encoding that is read. Those are: {', '.join(ENCODINGS)}."
        )
    try:
        mapping = mapping_of_text(",".join(options["mapping"])) if options["mapping"] else {}
    except ImportFileError as error:
        raise CommandError(f"{MAPPING_OPTION}: {error.message}") from error
    return Answers(encoding=encoding, mapping=mapping)


def unknown_columns(columns: Sequence[str]) -> str:
    """What is said of a table whose columns are not known, and of the option that says which is which."""
    named = ", ".join(f"“{column}”" for column in columns)
    if not columns:
        return "0 records found: the table is empty."
    return (
        f"It is not known what the columns of this table hold: {named}. "
        f"Say it with {MAPPING_OPTION} 'COLUMN=title,COLUMN=author,…'; the fields are {', '.join(TARGETS)}."
    )


def unknown_encoding(preview: Mapping[str, Any]) -> str:
    """What is said of a file whose encoding is a guess, and of the option that says it."""
    shown = "; ".join(f"{item['encoding']}: {' … '.join(item['snippets'])}" for item in preview["readings"])
    return f"It is not certain how the characters of this file are read. Say it with {ENCODING_OPTION} NAME. {shown}"
