"""The page on the measures in docs/ is that of their classes, and cites evidence that exists."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

import regions
from abm import levers
from experiments import levers_page

EVIDENCE = Path(regions.__file__).parent / "data" / "evidence.csv"
GENERAL = levers.Lever.model_fields.keys()
SIZES = [
    (kind, key)
    for kind, cls in levers_page.classes().items()
    for key, field in cls.model_fields.items()
    if key not in GENERAL and field.json_schema_extra
]


def test_the_page_is_up_to_date():
    assert levers_page.PAGE.read_text(encoding="utf-8") == levers_page.page()


def test_every_kind_is_judged_and_has_a_section():
    page = levers_page.page()
    assert levers_page.JUDGEMENTS.keys() == levers_page.classes().keys()
    for kind in levers_page.classes():
        assert f"\n## {kind}\n" in page
        assert f"`{kind}`" in page


def test_it_cites_rows_that_exist():
    with EVIDENCE.open(encoding="utf-8", newline="") as file:
        known = {row["id"] for row in csv.DictReader(file)}
    assert set(re.findall(r"\bE\d{3}\b", levers_page.page())) <= known


def test_a_source_says_what_it_is_worth_and_the_default_lies_in_its_range():
    for kind, key in SIZES:
        check_size(kind, key)


def check_size(kind, key):
    field = levers_page.classes()[kind].model_fields[key]
    about = field.json_schema_extra
    assert about["unit"], (kind, key)
    assert about["source"].startswith(("published", "derived", "assumed")), (kind, key)
    assert about["source"].startswith("assumed") or re.search(r"E\d{3}", about["source"]), (kind, key)
    if "prior" in about:
        low, high = about["prior"]
        assert low <= field.default <= high, (kind, key)
        cls = levers_page.classes()[kind]
        extra = {"regions": ("RA1222",)} if cls.needs_regions else {}
        for value in (low, high):
            assert getattr(cls.model_validate({"kind": kind, key: value, **extra}), key) == value


def test_costs_have_a_source():
    for kind, cls in levers_page.classes().items():
        cost = cls.model_fields["cost"].default
        assert cost.source.startswith(("published", "derived", "assumed", levers.NONE_FOUND)), kind
        assert cost.known != cost.source.startswith(levers.NONE_FOUND), kind


def arithmetic() -> dict[str, tuple[float, float]]:
    """Return each amount that is worked out from the evidence, and what the rows give."""
    with EVIDENCE.open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: float(row["value"]) for row in csv.DictReader(file) if row["value"]}
    cost = {kind: cls.model_fields["cost"].default.per_reached for kind, cls in levers_page.classes().items()}
    value = {pair: levers_page.classes()[pair[0]].model_fields[pair[1]].default for pair in SIZES}
    trainee = rows["E077"] * 1e6 / rows["E066"]
    return {
        "takeover": (
            value["takeover_support", "failures_mended"],
            1 - (rows["E598"] / (rows["E597"] + rows["E598"])) ** (1 / 1.5),
        ),
        "bonus over profit": (value["settlement_bonus", "euro_per_year"] / rows["E868"], 0.12),
        "established once": (
            value["start_premium", "response_once_established"],
            rows["E714"] * rows["E713"] / rows["E712"],
        ),
        "students": (
            value["medical_school", "students"] * value["medical_school", "choosing"],
            rows["E007"],
        ),
        "efficiency of the plan": (
            value["task_shifting", "saved_per_year"],
            -regions.load().national["eff_midden"],
        ),
        "takeover fund": (cost["takeover_support"], rows["E600"] / rows["E593"]),
        "placement": (cost["placements"], rows["E364"]),
        "a week of training": (cost["ownership_training"], trainee / 46),
        "duty": (cost["later_retirement"], rows["E829"] * 46 * rows["E916"]),
        "staff": (cost["task_shifting"], rows["E910"] / rows["E899"]),
        "fewer patients": (cost["smaller_practices"], rows["E897"] * rows["E003"] * (1 - rows["E149"] / rows["E539"])),
    }


@pytest.mark.parametrize("amount", arithmetic())
def test_amounts_follow_from_the_evidence(amount):
    found, rows = arithmetic()[amount]
    assert found == pytest.approx(rows, rel=0.04)
