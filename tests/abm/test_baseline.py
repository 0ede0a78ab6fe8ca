"""One run against stored figures: whatever changes them is seen.

`python -m tests.abm.test_baseline --refresh` stores those of the present code; nothing else does.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import regions
from abm.indicators import NAMES
from tests.abm.conftest import simulate

FILE = Path(__file__).parent / "data" / "baseline.json"
SEED, END_YEAR = 1, 2030
TOLERANCE = 1e-9
COUNTS = {"supply_persons", "inflow_persons"}
REGIONAL = ("supply_persons", "supply_fte", "demand_fte", "vacancies_fte")


def figures() -> dict[str, Any]:
    """Return what is stored: columns of the nation by year, some by region, and persons by flow."""
    data = regions.load()
    model = simulate(data, SEED, end_year=END_YEAR)
    nation, results, flows = model.national(), model.results(), model.flows()

    def plain(name: str, values: Any) -> list[Any]:
        kind = int if name in COUNTS else float
        return [None if np.isnan(v) else kind(v) for v in values]

    return {
        "seed": SEED,
        "year": nation.year.tolist(),
        "national": {name: plain(name, nation[name]) for name in NAMES},
        "regional": {
            name: {code: plain(name, of[name]) for code, of in results.groupby("region_code")} for name in REGIONAL
        },
        "flows": {
            flow: [int(of.persons[of.year == year].sum()) for year in nation.year[1:]]
            for flow, of in flows.groupby("flow")
        },
    }


def leaves(tree: Any, at: str = "") -> dict[str, Any]:
    """Return every figure with its place in the tree."""
    if isinstance(tree, dict):
        return {k: v for name, branch in tree.items() for k, v in leaves(branch, f"{at}/{name}").items()}
    if isinstance(tree, list):
        return {k: v for i, branch in enumerate(tree) for k, v in leaves(branch, f"{at}/{i}").items()}
    return {at: tree}


def test_the_baseline_is_the_stored_one() -> None:
    stored, found = leaves(json.loads(FILE.read_text(encoding="utf-8"))), leaves(figures())
    assert found.keys() == stored.keys()
    wrong = {
        at: (stored[at], value)
        for at, value in found.items()
        if (value != pytest.approx(stored[at], rel=TOLERANCE) if isinstance(value, float) else value != stored[at])
    }
    assert not wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.abm.test_baseline")
    parser.add_argument("--refresh", action="store_true", required=True, help="store the figures of the present code")
    parser.parse_args()
    FILE.write_text(json.dumps(figures(), indent=1) + "\n", encoding="utf-8", newline="\n")
    print(FILE)


if __name__ == "__main__":
    main()
