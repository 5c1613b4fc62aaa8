"""What is to stand: for each domain and overall, an assessment to take over, or what is written anew."""

from __future__ import annotations

from collections.abc import Mapping

from bias.instruments.assessed import DomainKey
from bias.services.settling import Settled
from bias.services.writing import Changes
from reviewapp.numbers import as_number

TAKE = "take:"
OWN = "own"


def settled_from(data: Mapping[str, str], named: Mapping[str, str]) -> Settled:
    """`take:d:<part>:<domain>` and `take:o:<part>` hold an assessment's id or "own"; fields written anew (`named`)
    count only where "own" is chosen, answers always stay with their domain's choice."""
    domains: dict[DomainKey, int] = {}
    overall: dict[str, int] = {}
    taken: set[str] = set()
    for name, value in data.items():
        if not name.startswith(TAKE) or value in ("", OWN):
            continue
        source = as_number(value) or 0
        match name.removeprefix(TAKE).split(":"):
            case ["d", part, domain]:
                domains[DomainKey(part, domain)] = source
                taken.add(f"d:{part}:{domain}:")
            case ["o", part]:
                overall[part] = source
                taken.add(f"o:{part}:")
    own = {name: value for name, value in named.items() if not name.startswith(tuple(taken))}
    return Settled(domains=domains, overall=overall, own=Changes.from_values(own))
