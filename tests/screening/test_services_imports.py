"""Importing a file: each record stored once, whatever happens; read = stored + rejected; what is refused says why."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import transaction

from reviewapp.constants import JobState
from reviewapp.errors import DomainError
from reviewapp.jobs import JobCancelled
from reviewapp.models import AuditEvent, Job
from screening.constants import AuditKind, BatchState, PairVerdict, PairZone, Stage, Verdict
from screening.importers import Author, ParsedRecord, ParsedVote
from screening.models import Claim, Decision, DuplicatePair, ImportBatch, Record, RejectedRow, StagedRecord
from screening.queries.imports import batch_line, receipt_view, rejected_rows
from screening.services import imports, staging
from screening.services.imports import abandon_import, count_lines, import_file, local_path, withdraw_import
from screening.services.staging import row_of
from screening.services.uploads import receive_upload, retry_import, short_name
from screening.tasks import import_batch
from tests.factories import Cast, make_cast, make_records, make_search

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def ris(count: int, *, start: int = 1) -> bytes:
    """A RIS file of `count` records."""
    return "\n".join(
        f"TY  - JOUR\nTI  - Sleep trial number {n}\nAU  - Rowe, Ann\nPY  - 2020\nDO  - 10.1000/sleep.{n}\nER  - \n"
        for n in range(start, start + count)
    ).encode()


def table(count: int, *, broken: int) -> bytes:
    """A table as Publish or Perish writes it, with `broken` rows of too many cells at its end."""
    lines = ["Cites,Authors,Title,Year,Source,Publisher,ArticleURL,CitesURL,GSRank,QueryDate,Type,DOI"]
    lines += [
        f'1,"A Rowe","Sleep trial number {n}",2020,"Rest",P,https://x.org/{n},,{n},2024-01-01,,10.1000/sleep.{n}'
        for n in range(1, count + 1)
    ]
    lines += [",".join(str(cell) for cell in range(20))] * broken
    return "\n".join(lines).encode()


def upload(cast: Cast, content: bytes, *, search: Any = None, name: str = "export.ris", **kw: Any) -> ImportBatch:
    return receive_upload(
        membership=cast.membership("alice"),
        search=search or make_search(cast.review),
        file=ContentFile(content, name=name),
        filename=name,
        **kw,
    )


def silent(done: int, total: int) -> None:
    """Nobody watches."""


def run(batch: ImportBatch) -> ImportBatch:
    import_file(batch_id=batch.pk, report=silent)
    batch.refresh_from_db()
    return batch


# ---- upload


def test_an_upload_waits_with_a_job_and_an_event(cast: Cast) -> None:
    batch = upload(cast, ris(2))
    assert (batch.state, batch.job.state, batch.size) == (BatchState.WAITING, JobState.QUEUED, len(ris(2)))
    assert batch.file.read() == ris(2)
    assert AuditEvent.objects.get(kind=AuditKind.BATCH_UPLOADED).object_id == batch.pk


def test_the_same_file_in_the_same_search_is_refused_and_names_the_earlier_one(cast: Cast) -> None:
    first = upload(cast, ris(2), name="first.ris")
    with pytest.raises(DomainError, match=r"brought into this search on .*20\d\d, as “first.ris”"):
        upload(cast, ris(2), search=first.search, name="again.ris", also_elsewhere=True)
    assert ImportBatch.objects.count() == 1


def test_the_same_file_in_another_search_needs_the_tick(cast: Cast) -> None:
    upload(cast, ris(2))
    with pytest.raises(DomainError, match="another search"):
        upload(cast, ris(2))
    assert upload(cast, ris(2), also_elsewhere=True).state == BatchState.WAITING


def test_the_same_file_in_another_review_is_no_matter(cast: Cast) -> None:
    other = make_cast()
    upload(other, ris(2))
    assert upload(cast, ris(2)).state == BatchState.WAITING


def test_a_file_that_failed_may_be_uploaded_again(cast: Cast) -> None:
    batch = upload(cast, b"hello")
    with pytest.raises(DomainError):
        run(batch)
    assert upload(cast, b"hello", search=batch.search).pk != batch.pk


def test_an_empty_and_a_too_large_file_are_refused(cast: Cast, settings: Any) -> None:
    with pytest.raises(DomainError, match="empty"):
        upload(cast, b"")
    settings.MAX_IMPORT_FILE_BYTES = 10
    with pytest.raises(DomainError, match="larger than"):
        upload(cast, ris(1))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a.ris", "a.ris"),
        ("C:\\x\\a.ris", "a.ris"),
        ("../../etc/passwd", "passwd"),
        ("a\x00b.ris", "ab.ris"),
        ("", "file"),
    ],
)
def test_the_name_of_a_file_is_never_a_path(given: str, kept: str) -> None:
    assert short_name(given) == kept


def test_a_long_name_is_cut_in_the_middle() -> None:
    assert len(short_name("x" * 400 + ".ris")) <= 255
    assert short_name("x" * 400 + ".ris").endswith(".ris")


# ---- import


def test_records_arrive_in_the_order_of_the_file_with_their_receipt(cast: Cast) -> None:
    batch = run(upload(cast, table(3, broken=2), name="export.csv"))
    records = list(Record.objects.filter(batch=batch))
    assert [r.title for r in records] == [f"Sleep trial number {n}" for n in (1, 2, 3)]
    assert records[0].authors[0]["family"] == "Rowe"
    assert records[0].doi == "10.1000/sleep.1"
    assert '"Sleep trial number 1",2020' in records[0].raw
    line = batch_line(batch)
    assert (line.read, line.stored, line.rejected) == (5, 3, 2)
    assert batch.state == BatchState.DONE
    assert "Publish or Perish" in batch.format_label
    assert batch.encoding.startswith("utf-8")
    assert batch.field_counts["shown"]["doi"] == 3
    assert [(row.line, row.reason) for row in rejected_rows(batch)] == [
        (5, "The row has 20 columns, the header 12."),
        (6, "The row has 20 columns, the header 12."),
    ]
    event = AuditEvent.objects.get(kind=AuditKind.BATCH_IMPORTED)
    assert (event.after["read"], event.after["stored"], event.after["rejected"]) == (5, 3, 2)


def test_chunks_are_staged_and_reported(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "CHUNK", 4)
    told: list[tuple[int, int]] = []
    batch = upload(cast, ris(10))
    import_file(batch_id=batch.pk, report=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == [4, 8, 10]
    assert told[-1] == (10, 10)
    assert all(9 <= total <= 11 for _, total in told)
    assert Record.objects.filter(batch=batch).count() == 10
    assert not StagedRecord.objects.exists()


def test_a_done_batch_is_left_alone(cast: Cast) -> None:
    batch = run(upload(cast, ris(3)))
    ids = list(Record.objects.values_list("id", flat=True))
    run(batch)
    assert list(Record.objects.values_list("id", flat=True)) == ids


def test_what_an_interrupted_import_left_is_wiped(cast: Cast) -> None:
    batch = upload(cast, table(3, broken=1))
    with transaction.atomic():
        staging.stage_rows(batch, [row_of(ParsedRecord(title=f"left {n}"), n) for n in range(1, 8)])
    RejectedRow.objects.create(batch=batch, line=9, reason="left")
    run(batch)
    assert not Record.objects.filter(title__startswith="left").exists()
    assert batch_line(batch).read == 4


def test_an_interruption_while_storing_leaves_nothing_and_a_second_run_completes(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = upload(cast, ris(3))
    with monkeypatch.context() as patch:
        patch.setattr(imports, "log_event", lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            run(batch)
    assert not Record.objects.exists()
    run(batch)
    assert Record.objects.count() == 3


def test_a_file_that_cannot_be_read_fails_in_words_and_harms_no_other(cast: Cast) -> None:
    search = make_search(cast.review)
    bad, good = upload(cast, b"%PDF-1.4 nonsense", search=search, name="a.pdf"), upload(cast, ris(2), search=search)
    with pytest.raises(DomainError, match="PDF"):
        run(bad)
    bad.refresh_from_db()
    run(good)
    assert (bad.state, good.state) == (BatchState.FAILED, BatchState.DONE)
    assert "PDF" in bad.error
    assert Record.objects.count() == 2
    assert AuditEvent.objects.filter(kind=AuditKind.BATCH_FAILED, object_id=bad.pk).exists()


def test_cancelling_marks_the_batch(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "CHUNK", 1)
    batch = upload(cast, ris(3))

    def cancelled(done: int, total: int) -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        import_file(batch_id=batch.pk, report=cancelled)
    batch.refresh_from_db()
    assert batch.state == BatchState.FAILED
    assert "cancelled" in batch.error
    assert not Record.objects.exists()
    assert not StagedRecord.objects.exists()


def test_an_error_of_ours_is_raised_and_told_plainly(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = upload(cast, ris(1))
    monkeypatch.setattr(imports, "parse", lambda *a: (_ for _ in ()).throw(ZeroDivisionError))
    with pytest.raises(ZeroDivisionError):
        run(batch)
    batch.refresh_from_db()
    assert batch.state == BatchState.FAILED
    assert "on our side" in batch.error


def test_nul_characters_half_surrogates_and_long_values_do_no_harm(cast: Cast) -> None:
    batch = upload(cast, ris(1))
    nasty = ParsedRecord(
        title="A\x00B\ud800",
        authors=(Author("Ro\x00we", "A\udc00"),),
        date="x" * 500,
        year=123456,
        keywords=("k\x00",),
        other=(("X\x00", "\ud801"),),
        raw="r" * 3_000_000,
    )
    with transaction.atomic():
        staging.stage_rows(batch, [row_of(nasty, 1)])
        assert staging.store_staged(batch) == 1
    record = Record.objects.get()
    assert record.title == "AB?"
    assert record.authors[0]["family"] == "Rowe"
    assert (len(record.date), record.year, len(record.raw)) == (60, None, 3_000_000)
    assert len(record.warnings) == 2


@pytest.mark.parametrize(
    "raw",
    [
        "a\tb\\tc\\",
        "one\r\ntwo\rthree\n",
        "\n\\.\n",
        "\\N",
        "\x01",
        "\x01\t\x01\x02\x0b",
        '"quoted", "',
        "",
        "é\U0001f600",
    ],
)
def test_any_text_comes_out_of_the_database_as_it_went_in(cast: Cast, raw: str) -> None:
    batch = upload(cast, ris(1))
    with transaction.atomic():
        staging.stage_rows(
            batch, [row_of(ParsedRecord(title="before", raw=raw, keywords=(raw, "k")), n) for n in (1, 2)]
        )
        assert staging.store_staged(batch) == 2
    assert [(record.raw, record.keywords) for record in Record.objects.all()] == [(raw, [raw, "k"])] * 2


def test_a_file_with_nul_bytes_is_read_or_refused_in_words(cast: Cast) -> None:
    batch = upload(cast, ris(2).replace(b"number 1", b"number\x00 1"))
    run(batch)
    assert Record.objects.count() == 2
    assert "\x00" not in Record.objects.order_by("id")[0].title


def test_every_column_of_a_record_is_copied() -> None:
    full = ParsedRecord(
        title="t", original_title="o", authors=(Author("F", "G", "van", True, "raw"),), year=2001, date="2001-02-03",
        journal="j", journal_abbreviation="ja", volume="1", issue="2", pages="3-4", abstract="a", doi="10.1/x",
        pmid="7", pmcid="PMC8", accession_numbers=(("Embase", "L1"),), issn=("1234-5678",), isbn=("978",),
        keywords=("k",), publication_type="pt", language="en", urls=("https://x.org",), notes="n", raw="r",
        line=5, end_line=9,
        other=(("ZZ", "z"),), warnings=("w",), votes=(ParsedVote("Anna", "EXCLUDE", reason="animals"),),
    )  # fmt: skip
    row = dict(zip((*staging.COLUMNS, "votes"), row_of(full, 3), strict=True))
    assert row["position"] == 3
    assert row["line"] == 5
    assert all(value not in ("", "[]", None) for value in row.values())


def test_a_storage_without_paths_is_read_through_a_copy(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = upload(cast, ris(2))

    def no_path(self: Storage, name: str) -> str:
        raise NotImplementedError

    monkeypatch.setattr(type(storages["default"]), "path", Storage.path)
    monkeypatch.setattr(
        type(storages["default"]), "_open", lambda self, name, mode="rb": ContentFile(ris(2), name=name)
    )
    with local_path(batch.file) as path:
        assert path.read_bytes() == ris(2)
    assert not path.exists()


@pytest.mark.parametrize(("content", "ends"), [(b"a\nb\n", 2), (b"a\r\nb\r\n", 2), (b"a\rb\r", 2), (b"a", 0)])
def test_lines_are_counted_whatever_ends_them(tmp_path: Any, content: bytes, ends: int) -> None:
    (tmp_path / "x").write_bytes(content)
    assert count_lines(tmp_path / "x") == ends


# ---- the receipt


def test_the_receipt_flags_a_difference_from_what_the_source_reported(cast: Cast) -> None:
    search = make_search(cast.review, reported_count=5)
    first = run(upload(cast, table(2, broken=1), search=search))
    assert receipt_view(first).difference == -2
    run(upload(cast, ris(2, start=10), search=search))
    assert receipt_view(first).difference == 0


# ---- retry


def test_a_failed_file_can_be_read_again_without_an_upload(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = upload(cast, ris(2))
    with monkeypatch.context() as patch:
        patch.setattr(imports, "detect", lambda *a: (_ for _ in ()).throw(ZeroDivisionError))
        with pytest.raises(ZeroDivisionError):
            run(batch)
    former = batch.job_id
    again = retry_import(membership=cast.membership("alice"), batch=batch)
    assert again.job_id != former
    assert run(again).state == BatchState.DONE


def test_a_waiting_file_keeps_its_job_and_an_imported_one_cannot_be_retried(cast: Cast) -> None:
    alice = cast.membership("alice")
    batch = upload(cast, ris(2))
    assert retry_import(membership=alice, batch=batch).job_id == batch.job_id
    run(batch)
    with pytest.raises(DomainError, match="nothing to try again"):
        retry_import(membership=alice, batch=batch)


def test_a_failed_file_that_was_brought_in_again_cannot_be_retried(cast: Cast) -> None:
    batch = upload(cast, b"hello")
    with pytest.raises(DomainError):
        run(batch)
    upload(cast, b"hello", search=batch.search)
    with pytest.raises(DomainError, match="same file"):
        retry_import(membership=cast.membership("alice"), batch=batch)


def test_a_job_that_ended_without_its_batch_marks_it(cast: Cast) -> None:
    batch = upload(cast, ris(2))
    Job.objects.filter(pk=batch.job_id).update(state=JobState.CANCELLED)
    import_batch(batch.job_id)
    batch.refresh_from_db()
    assert batch.state == BatchState.FAILED
    done = run(upload(cast, ris(2), search=batch.search))
    abandon_import(batch_id=done.pk)
    done.refresh_from_db()
    assert done.state == BatchState.DONE


# ---- withdraw


def test_an_import_nobody_worked_with_is_taken_back_whole(cast: Cast) -> None:
    alice = cast.membership("alice")
    batch = run(upload(cast, table(3, broken=1)))
    first, second, third = Record.objects.filter(batch=batch)
    [old] = make_records(cast.review, 1)
    for a, b in ((old, first), (second, third)):
        DuplicatePair.objects.create(
            review=cast.review, first_id=min(a.pk, b.pk), second_id=max(a.pk, b.pk), probability=0.99,
            zone=PairZone.CERTAIN, verdict=PairVerdict.SAME, decided_at=batch.uploaded_at,
        )  # fmt: skip
    Record.objects.filter(pk=old.pk).update(duplicate_of=first, removal_reason="duplicate")
    Claim.objects.create(
        review=cast.review, stage=Stage.TITLE_ABSTRACT, record=second, reviewer=cast.bob, slot=1,
        claimed_at=batch.uploaded_at,
    )  # fmt: skip
    assert withdraw_import(membership=alice, batch=batch) == 3
    batch.refresh_from_db()
    old.refresh_from_db()
    assert batch.state == BatchState.WITHDRAWN
    assert (old.duplicate_of_id, old.removal_reason) == (None, "")
    assert not Record.objects.filter(batch=batch).exists()
    assert not DuplicatePair.objects.exists()
    event = AuditEvent.objects.get(kind=AuditKind.BATCH_WITHDRAWN)
    assert event.before["records"] == 3
    assert upload(cast, table(3, broken=1), search=batch.search).state == BatchState.WAITING


def test_an_import_whose_records_have_a_vote_stays(cast: Cast) -> None:
    batch = run(upload(cast, ris(2)))
    Decision.objects.create(
        review=cast.review, stage=Stage.TITLE_ABSTRACT, record=Record.objects.first(), verdict=Verdict.INCLUDE,
        reviewer=cast.bob, decided_at=batch.uploaded_at,
    )  # fmt: skip
    with pytest.raises(DomainError, match="votes"):
        withdraw_import(membership=cast.membership("alice"), batch=batch)
    assert Record.objects.filter(batch=batch).count() == 2


def test_an_import_with_a_persons_duplicate_decision_stays(cast: Cast) -> None:
    batch = run(upload(cast, ris(2)))
    first, second = Record.objects.filter(batch=batch)
    DuplicatePair.objects.create(
        review=cast.review, first=first, second=second, zone=PairZone.DOUBTFUL, verdict=PairVerdict.DISTINCT,
        decided_at=batch.uploaded_at, decided_by=cast.bob,
    )  # fmt: skip
    with pytest.raises(DomainError, match="duplicates decided by a person"):
        withdraw_import(membership=cast.membership("alice"), batch=batch)


def test_only_an_imported_file_can_be_withdrawn(cast: Cast) -> None:
    with pytest.raises(DomainError, match="cannot be withdrawn"):
        withdraw_import(membership=cast.membership("alice"), batch=upload(cast, ris(1)))
