"""The instruments a review can choose from, by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bias.instruments import probast, probast_ai
from bias.instruments.custom import instrument_from
from bias.instruments.domain_level import QUADAS_2, ROB2, ROBINS_I
from bias.instruments.types import Instrument, InstrumentError

CUSTOM_KEY = "custom"

INSTRUMENTS: dict[str, Instrument] = {
    instrument.key: instrument for instrument in (probast.INSTRUMENT, probast_ai.INSTRUMENT, ROB2, ROBINS_I, QUADAS_2)
}


def instrument_of(key: str, custom_definition: Mapping[str, Any] | None = None) -> Instrument:
    """The instrument of that key; for "custom" the one that the team's definition describes.

    Raises InstrumentError for a key that does not exist, and for a definition that is missing or does not hold.
    """
    if key == CUSTOM_KEY:
        if custom_definition is None:
            raise InstrumentError("The team's own instrument has no definition.")
        return instrument_from(custom_definition)
    try:
        return INSTRUMENTS[key]
    except KeyError:
        raise InstrumentError(f"There is no instrument {key!r}.") from None
