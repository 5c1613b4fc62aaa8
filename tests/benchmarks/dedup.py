"""What the duplicate finder is worth, beside bib-dedupe in the same run, and how it grows.

    python tests/benchmarks/dedup.py DATA [--scale DIR] [--rival] [--sizes 1000,10000,50000,100000]

DATA holds one folder a set (records.csv.gz, truth.csv.gz, doubts.csv.gz). Rows are shuffled, doubted labels left out.
`--rival` runs bib-dedupe too (install the extra `bench`). `--scale` names a folder with make_scale.py's output, one
folder a size; each size runs in a process of its own, so that peak memory is its own. The last line of growth adds
1,000 records to the largest size.
"""

from __future__ import annotations

import argparse
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from screening.management.commands.dedupe_file import read_records  # noqa: E402
from screening.rules.matching import Index, MatchInput, cluster, find_pairs  # noqa: E402
from tests.benchmarks.dedup_sets import LabelledSet, load_set, outcome, pairs_within  # noqa: E402

ADDED = 1000


def seconds(work: Callable[[], object]) -> float:
    """How long a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak() -> int:
    """The most memory this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def rival_groups(records: list[MatchInput]) -> list[list[str]]:
    """What bib-dedupe makes of the same rows. Raises ImportError where it is not installed."""
    import pandas  # noqa: PLC0415 - an extra that only this function needs
    from bib_dedupe.bib_dedupe import block, match, prep  # noqa: PLC0415
    from bib_dedupe.bib_dedupe import cluster as join  # noqa: PLC0415

    frame = pandas.DataFrame([_rival_row(record) for record in records])
    matched = match(block(prep(frame, verbosity_level=0), verbosity_level=0), verbosity_level=0)
    return [list(map(str, group)) for group in join(matched, verbosity_level=0)]


def _rival_row(record: MatchInput) -> dict[str, str]:
    return {
        "ID": str(record.id),
        "ENTRYTYPE": record.publication_type or "article",
        "title": record.title,
        "author": "; ".join(record.authors),
        "year": str(record.year or ""),
        "journal": record.journal,
        "booktitle": record.booktitle,
        "volume": record.volume,
        "number": record.issue,
        "pages": record.pages,
        "doi": record.doi,
        "isbn": record.isbn,
        "abstract": record.abstract,
    }


def judge_set(folder: Path, *, rival: bool) -> str:
    """One line of figures for one set."""
    labelled = load_set(folder)
    start = time.perf_counter()
    found = find_pairs(labelled.records)
    cluster(found)
    spent = time.perf_counter() - start
    o = outcome(labelled, found)
    share = 100 * o.records_to_look_at / len(labelled.records)
    line = (
        f"{labelled.name:20} {len(labelled.records):>7,} {o.pairs:>7,} | certain: recall {o.recall:.4f} wrong {o.wrong} "
        f"missed {o.missed} | with a person: recall {o.recall_with_person:.4f} missed {o.missed_with_person}, "
        f"{share:.2f} % of records | {spent:.2f} s, {peak()} MB"
    )
    return f"{line}\n{_judge_rival(labelled, spent)}" if rival else line


def _judge_rival(labelled: LabelledSet, ours: float) -> str:
    start = time.perf_counter()
    groups = pairs_within(rival_groups(labelled.records)) - labelled.doubts
    spent = time.perf_counter() - start
    true = labelled.true_pairs
    recall = len(groups & true) / max(1, len(true))
    return (
        f"{'  bib-dedupe':20} {'':15} |          recall {recall:.4f} wrong {len(groups - true)} "
        f"missed {len(true - groups)} | {spent:.2f} s = {spent / ours:.0f} times as long"
    )


def grow(path: Path) -> str:
    """One line for one size: time, memory, and CPU time over n log n.

    Sets of different sizes are comparable only where they hold as many duplicates for their size: make_scale.py's sets
    up to some 60,000 records have 0.4 pairs a record, larger ones, filled up with noisy copies, 1.0 at 100,000.
    """
    records = read_records(path / "records.csv.gz")
    before, worked = peak(), time.process_time()
    start = time.perf_counter()
    found = find_pairs(records)
    spent, worked = time.perf_counter() - start, time.process_time() - worked
    n = len(records)
    return (
        f"{n:>9,} records  {spent:7.2f} s  {worked:7.2f} s of CPU  {1e6 * worked / (n * math.log2(n)):6.2f} µs/(n log n)"
        f"  {len(found) / n:.2f} pairs a record  {peak():>6} MB (rows alone {before})"
    )


def add(path: Path) -> str:
    """One line: 1,000 records against all the others, with and without an index made ready."""
    records = read_records(path / "records.csv.gz")
    new, old = records[:ADDED], records[ADDED:]
    worked = time.process_time()
    plain = seconds(lambda: find_pairs(new, existing=old))
    worked = time.process_time() - worked
    index = Index(old)
    ready = seconds(lambda: find_pairs(new, existing=index))
    return (
        f"{len(new):,} against {len(old):,}: {plain:.2f} s ({worked:.2f} s of CPU); "
        f"with an Index made ready {ready:.2f} s"
    )


def alone(*arguments: str) -> None:
    """This script again in a process of its own, its output shown."""
    subprocess.run([sys.executable, __file__, *arguments], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--scale", type=Path)
    parser.add_argument("--sizes", default="1000,10000,50000,100000")
    parser.add_argument("--rival", action="store_true")
    parser.add_argument("--one", choices=["set", "grow", "add"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one == "set":
        print(judge_set(options.data, rival=options.rival), flush=True)
    elif options.one:
        print({"grow": grow, "add": add}[options.one](options.data), flush=True)
    else:
        rival = ["--rival"] if options.rival else []
        for folder in sorted(path.parent for path in options.data.glob("*/truth.csv.gz")):
            alone(str(folder), "--one", "set", *rival)
        sizes = [options.scale / size for size in options.sizes.split(",")] if options.scale else []
        for path in sizes:
            alone(str(path), "--one", "grow")
        for path in sizes[-1:]:
            alone(str(path), "--one", "add")


if __name__ == "__main__":
    main()
