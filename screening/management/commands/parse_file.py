"""`manage.py parse_file FILE…`: what the importers make of a file, without a database."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from screening.importers import Detection, ImportFileError, ParsedRecord, Receipt, detect, parse
from screening.importers.encodings import with_encoding
from screening.importers.reading import preview
from screening.importers.receipt import ReceiptTaker
from screening.importers.zipped import is_archive, unpack_zip
from screening.management.told import ENCODING_OPTION, add_told_options, told, unknown_columns
from screening.services.questions import Answers


class Command(BaseCommand):
    """Parsed records as JSON lines on standard output, a receipt per file on standard error."""

    help = "Parse export files and print their records as JSON lines; each file's receipt goes to standard error."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """FILE may be a ZIP of files. ``--mapping "Column=title"`` for a table whose columns are unknown."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--format", choices=["jsonl"], default="jsonl", help="form of the output")
        add_told_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError when any file could not be read as a whole; the others are printed."""
        answers = told(options)
        failed = 0
        for path in options["files"]:
            try:
                with _unpacked(path) as files:
                    for name, file in files:
                        failed += not self._print(name, file, answers)
            except (ImportFileError, OSError) as error:
                failed += 1
                self.stderr.write(f"{path.name}: {error}")
        if failed:
            raise CommandError(f"{failed} file{'s' if failed > 1 else ''} could not be read.")

    def _print(self, name: str, path: Path, answers: Answers) -> bool:
        taker = ReceiptTaker()
        try:
            detection = detect(path, name)
            if answers.encoding:
                detection = with_encoding(path, detection, answers.encoding)
            if detection.needs_mapping and not answers.mapping:
                raise ImportFileError(unknown_columns(preview(path, detection).columns))
            taker.detection = detection
            for item in taker.watch(parse(path, detection, answers.mapping)):
                if isinstance(item, ParsedRecord):
                    self.stdout.write(json.dumps(_plain(item), ensure_ascii=False))
        except ImportFileError as error:
            self.stderr.write(f"{name}: {error}")
            return False
        self._receipt(name, taker.receipt(), detection)
        return True

    def _receipt(self, name: str, receipt: Receipt, detection: Detection) -> None:
        lines = [
            f"{name}: {', '.join(filter(None, (receipt.label, receipt.encoding, _ends(receipt.newline))))}",
            f"  read {receipt.read} = stored {receipt.stored} + rejected {receipt.rejected}",
            "  fields: " + ", ".join(f"{field} {count}" for field, count in receipt.fields),
        ]
        if receipt.not_shown:
            lines.append("  kept, not shown: " + ", ".join(f"{field} {count}" for field, count in receipt.not_shown))
        if detection.hint:
            lines.append(f"  note: {detection.hint}")
        if not detection.confident:
            lines.append(f"  note: {ENCODING_OPTION} NAME says how the characters are read")
        lines += [f"  rejected, line {line}: {reason}" for line, reason in receipt.rejections]
        lines += [f"  warning, line {line}: {message}" for line, message in receipt.warnings]
        self.stderr.write("\n".join(lines))


def _ends(newline: str) -> str:
    return f"line ends {newline}" if newline else ""


def _plain(record: ParsedRecord) -> dict[str, Any]:
    """The record with its authors' display names beside their parts."""
    found = asdict(record)
    for author, data in zip(record.authors, found["authors"], strict=True):
        data["display"] = author.display
    return found


@contextmanager
def _unpacked(path: Path) -> Iterator[Iterator[tuple[str, Path]]]:
    """The file itself, or the files of an archive in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield unpack_zip(path, Path(folder)) if is_archive(path) else iter([(path.name, path)])
