"""Exported and imported again: n in is n out, field for field, for the demo's records and for real files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from reviewapp.models import Membership, Review
from screening.constants import BatchState, Stage, Verdict
from screening.demo.generator import build_demo
from screening.demo.writers import write_exports
from screening.exporters.registry import EXPORTERS
from screening.exporters.rows import ExportOptions, ExportRow
from screening.importers import ImportFileError
from screening.models import ImportBatch, Record, RejectedRow
from screening.queries.exports import Selection, export_options, export_rows, parsed_record, selection_of, voter_names
from screening.services.decisions import Judgement, submit_decision
from screening.services.imports import import_file
from screening.services.uploads import receive_upload
from tests.factories import Cast, make_search
from tests.screening.exporting import read, round_trip, same, wanted_of

RECORDS = 549
PER_FILE = 30
"""Of each real file so many records: enough for every kind of entry, and seconds instead of minutes."""


def bring_in(membership: Membership, content: bytes, filename: str) -> ImportBatch:
    search = make_search(membership.review)
    batch = receive_upload(
        membership=membership, search=search, file=ContentFile(content, name=filename), filename=filename
    )
    import_file(batch_id=batch.pk, report=lambda done, total: None)
    batch.refresh_from_db()
    return batch


@pytest.fixture
def demo(cast: Cast, tmp_path: Path, settings: object) -> Review:
    """The demo's five files, imported into the review of the cast."""
    settings.MEDIA_ROOT = str(tmp_path / "media")  # type: ignore[attr-defined]
    corpus = build_demo()
    paths = write_exports(corpus, tmp_path)
    for file in corpus.files:
        bring_in(cast.membership("alice"), paths[file.source.value].read_bytes(), file.filename)
    assert Record.objects.filter(review=cast.review).count() == RECORDS
    return cast.review


def test_the_demo_comes_back_whole_from_every_format(cast: Cast, demo: Review) -> None:
    mallory = Membership.objects.select_related("review", "user").get(review=cast.other_review, user=cast.mallory)
    originals = list(Record.objects.filter(review=demo).order_by("id"))
    selection = selection_of(demo.pk, Record.objects.filter(review=demo))
    for exporter in EXPORTERS.values():
        content = b"".join(exporter.write(export_rows(selection, {}), ExportOptions()))
        batch = bring_in(mallory, content, f"demo.{exporter.extension}")
        assert batch.state == BatchState.DONE, exporter.name
        assert "this app" in batch.format_label
        assert not RejectedRow.objects.filter(batch=batch).exists()
        copies = list(Record.objects.filter(batch=batch).order_by("position"))
        assert len(copies) == RECORDS
        for original, copy in zip(originals, copies, strict=True):
            same(parsed_record(original), parsed_record(copy))


def test_votes_come_back_as_votes(cast: Cast, demo: Review) -> None:
    records = Record.objects.filter(review=demo).order_by("id")[:2]
    for record, verdict in zip(records, (Verdict.INCLUDE, Verdict.EXCLUDE), strict=True):
        for who in ("bob", "cara"):
            submit_decision(
                membership=cast.membership(who),
                stage=Stage.TITLE_ABSTRACT,
                target_id=record.pk,
                judgement=Judgement(verdict, note="n"),
            )
    voters = voter_names(demo.pk)
    selection = Selection(demo.pk, [record.pk for record in records])
    rows = list(export_rows(selection, voters, notes=True))
    for name in EXPORTERS:
        got = round_trip(name, rows, export_options(voters, notes=True))
        assert [[(v.reviewer, v.verdict, v.stage) for v in record.votes] for record in got] == [
            [("Bob Reviewer", word, "TITLE_ABSTRACT"), ("Cara Reviewer", word, "TITLE_ABSTRACT")]
            for word in ("INCLUDE", "EXCLUDE")
        ]
        assert [record.notes for record in got] == [row.record.notes for row in rows]


def real_rows(shared_dir: Path) -> Iterator[ExportRow]:
    number = 0
    for path in sorted((shared_dir / "formats" / "public").iterdir()):
        if path.name in ("manifest.csv", "README.md"):
            continue
        try:
            records = read(path)[0]
        except ImportFileError:
            continue
        for record in records[:PER_FILE]:
            number += 1
            yield ExportRow(
                record=record, number=number, source="Embase", platform="Ovid", duplicate_of=number % 3 or None
            )


@pytest.mark.shared
def test_real_records_come_back_whole_from_every_format(shared_dir: Path) -> None:
    rows = list(real_rows(shared_dir))
    assert len(rows) > 1_000
    for name in EXPORTERS:
        got = round_trip(name, rows, ExportOptions())
        assert len(got) == len(rows)
        for row, record in zip(rows, got, strict=True):
            same(wanted_of(row), record)
