"""Fit the weights of the duplicate finder on the public sets, and say what they are worth on a set they have not seen.

    python tests/benchmarks/train_matching.py DATA [--write] [--strength 8]

Logistic regression by Newton's method, pulled towards hand-set weights (PRIOR, `--strength`), so that what the sets
say little about stays what a librarian would say. Each set weighs as the square root of its pairs. `--write` stores
the weights in screening/rules/matching/weights.py.

What `--leave-out` printed for the weights in the repository; no merge was wrong, in sample or left out. "Asked" is the
share of records in questions to a person.

    set                 fitted on all sets: recall, with a person, asked | set left out: recall, with a person, asked
    cytology_screening                      .9956   1.0000         1.35% |               .9956   1.0000         1.35%
    diabetes                                .9937   1.0000         1.14% |               .9937   1.0000         1.36%
    digital_work                            .9965    .9982         0.47% |               .9965    .9982         1.34%
    neuroimaging                            .9956   1.0000         0.99% |               .9956   1.0000         0.99%
    respiratory                             .9783   1.0000         1.81% |               .9665    .9941         2.01%
    special_cases                          1.0000   1.0000         0.00% |              1.0000   1.0000         0.00%
    srsr                                    .9946    .9992         0.79% |               .9946    .9988         0.73%

Labels that are taken for wrong, and not followed: in diabetes two meeting abstracts, on pages 51 and 52 of one
supplement, count as one report (16 pairs); in digital_work a guest editorial and the editorial before it (1 pair).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from screening.rules.matching import decision, engine  # noqa: E402
from screening.rules.matching.evidence import compare  # noqa: E402
from screening.rules.matching.vetoes import vetoes  # noqa: E402
from screening.rules.matching.weights import WEIGHTS  # noqa: E402
from tests.benchmarks.dedup_sets import LabelledSet, load_sets, outcome  # noqa: E402

# Log-odds as set by hand before any fitting; what is not named here starts at 0.
PRIOR = {
    "base": -5.0,
    "title=same": 5.0, "title=near": 4.5, "title=contained": 2.5, "title=close": 2.5, "title=begins": 0.5,
    "title=some": 0.0, "title=low": -3.0, "title=none": -4.5, "title=missing": -2.0,
    "authors=strong": 3.0, "authors=some": 1.0, "authors=missing": -0.5, "authors=weak": -2.5, "authors=conflict": -5.0,
    "year=0": 0.7, "year=1": -0.7, "year=2": -1.5, "year=far": -4.0,
    "journal=same": 1.5, "journal=unclear": 0.3, "journal=differ": -2.5,
    "volume=same": 1.0, "volume=differ": -2.0, "issue=same": 0.5, "issue=differ": -0.5,
    "pages=range": 3.5, "pages=first": 2.5, "pages=near": 0.5, "pages=incomparable": -0.5, "pages=differ": -3.5,
    "doi=same": 4.0, "doi=registrant": -5.0, "doi=differ": -2.5, "pmid=same": 6.0, "pmid=differ": -5.0,
    "abstract=same": 3.0, "abstract=close": 1.5, "abstract=differ": -3.0,
    "short title": -3.0, "words on both sides": -2.0, "numbers on both sides": -2.5, "numbers on one side": -0.5,
    "same identifier and text": 2.0, "same identifier and pages": 1.5, "same article by place": 5.0,
    "same volume and issue": 2.5, "same text in one issue": 2.0, "veto=shared": -3.0,
}  # fmt: skip


def observations(labelled: LabelledSet) -> tuple[list[list[str]], np.ndarray]:
    """The features of every pair the finder looks at closely, and its labels; doubted pairs left out."""
    index = engine.Index(labelled.records)
    prepared = index.prepared
    left, right = engine.promising(prepared, 0, index.table)
    named, same = [], []
    for x, y in zip(left.tolist(), right.tolist(), strict=True):
        a, b = prepared[x], prepared[y]
        ids = frozenset((str(a.record.id), str(b.record.id)))
        if ids in labelled.doubts:
            continue
        evidence = compare(a, b)
        named.append(decision.features(evidence, vetoes(a, b, evidence)))
        same.append(labelled.truth[str(a.record.id)] == labelled.truth[str(b.record.id)])
    return named, np.array(same, float)


def fit(data: list[SimpleNamespace], names: list[str], strength: float) -> dict[str, float]:
    """Weights by name: the maximum of the likelihood under a normal prior around PRIOR with precision `strength`."""
    prior = np.array([PRIOR.get(name, 0.0) for name in names])
    x = np.vstack([d.matrix for d in data])
    y = np.concatenate([d.same for d in data])
    w = np.concatenate([np.full(len(d.same), 40 / np.sqrt(len(d.same))) for d in data])
    beta = prior.copy()
    for _ in range(40):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        slope = x.T @ (w * (y - p)) - strength * (beta - prior)
        curve = (x * (w * np.maximum(p * (1 - p), 1e-6))[:, None]).T @ x + strength * np.eye(len(beta))
        step = np.linalg.solve(curve, slope)
        beta += np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-4:
            break
    return {name: round(float(value), 2) for name, value in zip(names, beta, strict=True)}


def matrix(named: list[list[str]], names: list[str]) -> np.ndarray:
    """One row a pair, one column a feature, 0 or 1."""
    place = {name: i for i, name in enumerate(names)}
    result = np.zeros((len(named), len(names)), np.float32)
    for row, features in enumerate(named):
        result[row, [place[name] for name in features]] = 1
    return result


def report(title: str, labelled: LabelledSet, weights: dict[str, float]) -> None:
    """One line: what these weights find on a set."""
    WEIGHTS.clear()
    WEIGHTS.update(weights)
    o = outcome(labelled, engine.find_pairs(labelled.records))
    share = 100 * o.records_to_look_at / len(labelled.records)
    print(
        f"{title:9} {labelled.name:20} certain: recall {o.recall:.4f} wrong {o.wrong} missed {o.missed} | with a person: "
        f"recall {o.recall_with_person:.4f} missed {o.missed_with_person} | {o.questions} questions, {share:.2f} % of records",
        flush=True,
    )


def write(weights: dict[str, float]) -> None:
    """Store the weights as a plain table."""
    body = "\n".join(f'    "{name}": {value},' for name, value in sorted(weights.items()))
    text = (
        '"""Log-odds that each piece of evidence adds; written by tests/benchmarks/train_matching.py, figures there.\n\n'
        'Fitted on the public sets only, around hand-set values. A name that is not here adds nothing.\n"""\n\n'
        f"WEIGHTS: dict[str, float] = {{\n{body}\n}}\n"
    )
    (ROOT / "screening/rules/matching/weights.py").write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--strength", type=float, default=8.0)
    parser.add_argument("--leave-out", action="store_true", help="also fit without each set in turn and score on it")
    options = parser.parse_args()
    sets = load_sets(options.data)
    data = []
    for labelled in sets:
        named, same = observations(labelled)
        data.append(SimpleNamespace(labelled=labelled, named=named, same=same))
    names = sorted({name for d in data for features in d.named for name in features} | set(PRIOR))
    for d in data:
        d.matrix = matrix(d.named, names)
    weights = fit(data, names, options.strength)
    for d in data:
        report("all sets", d.labelled, weights)
    if options.leave_out:
        for d in data:
            report("left out", d.labelled, fit([other for other in data if other is not d], names, options.strength))
    if options.write:
        write(weights)


if __name__ == "__main__":
    main()
