"""Export → import gives the same records, in every format and for any text."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from screening.exporters.registry import EXPORTERS
from screening.exporters.rows import ExportOptions, ExportRow
from tests.screening.exporting import VOTERS, round_trip, rows, same, wanted_of

QUICK = settings(
    max_examples=40,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # shrinking a file of three records takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
WITH_VOTES = ExportOptions(voters=VOTERS, notes=True)


@pytest.mark.parametrize("name", EXPORTERS)
@QUICK
@given(found=st.lists(rows(), min_size=1, max_size=3))
def test_any_records_come_back_as_they_were(name: str, found: list[ExportRow]) -> None:
    got = round_trip(name, found, WITH_VOTES)
    assert len(got) == len(found)
    for row, record in zip(found, got, strict=True):
        same(wanted_of(row), record)
