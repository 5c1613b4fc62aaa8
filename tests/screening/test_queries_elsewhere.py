"""What leaves the app of notes that hold votes made elsewhere."""

from __future__ import annotations

from screening.constants import ScreeningStatus
from screening.models import Record
from screening.queries.exports import export_rows, selection_of
from tests.factories import Cast
from tests.screening.test_views_elsewhere import RAYYAN, bring_file


def test_an_export_leaves_the_votes_of_open_records_out_of_their_notes(cast: Cast) -> None:
    bring_file(cast, RAYYAN, "x.ris")
    record = Record.objects.get()

    def exported() -> str:
        [row] = export_rows(selection_of(cast.review.pk, Record.objects.all()), {})
        return row.record.notes

    assert exported() == "RAYYAN-LABELS: mice"
    Record.objects.filter(pk=record.pk).update(title_abstract_status=ScreeningStatus.EXCLUDED)
    assert "RAYYAN-INCLUSION" in exported()
