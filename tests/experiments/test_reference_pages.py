"""The pages on indicators, flows and parameters in docs/ are those of the code."""

from __future__ import annotations

import tomllib

import pytest

import abm
from abm import levers
from abm.flows import FLOWS
from abm.indicators import BETWEEN, INDICATORS
from experiments import describe, evidence_page, levers_page, reference_pages


@pytest.mark.parametrize("name", reference_pages.PAGES)
def test_a_page_is_up_to_date(name):
    assert (reference_pages.DOCS / name).read_text(encoding="utf-8") == reference_pages.page(name)


def test_every_column_flow_and_field_has_a_row():
    read = {name: (reference_pages.DOCS / name).read_text(encoding="utf-8") for name in reference_pages.PAGES}
    assert all(f"\n| `{one.name}` |" in read["indicators.md"] for one in (*INDICATORS, *BETWEEN))
    assert reference_pages.FLOW_MEANINGS.keys() == set(FLOWS)
    assert list(reference_pages.AGES_COLUMNS) == list(abm.SettlementModel(end_year=2026, rng=1).ages())
    fields = [*abm.Scenario.model_fields, *(levers.Lever.model_fields.keys() - {"kind", "cost"})]
    for kind, cls in levers_page.classes().items():
        fields += [f"{kind}.{name}" for name in cls.model_fields.keys() - levers.Lever.model_fields.keys()]
    assert not [name for name in fields if f"\n| `{name}` |" not in read["parameters.md"]]


def test_every_parameter_stands_under_a_heading_and_has_a_dutch_text():
    fields = list(abm.Scenario.model_fields)
    starts = [fields.index(name) for name in reference_pages.SECTIONS]
    assert starts[0] == 0
    assert starts == sorted(starts)
    dutch = tomllib.loads(describe.DUTCH.read_text(encoding="utf-8"))["scenario"]
    assert not [name for name in fields if name not in dutch and name not in ("name", "levers")]


def test_every_fact_that_a_parameter_cites_is_on_the_page_of_evidence():
    assert evidence_page.cited("E396 to\nE399, E436; E43 and E4360") == {"E396", "E397", "E398", "E399", "E436"}
    read = {name: (reference_pages.DOCS / name).read_text(encoding="utf-8") for name in reference_pages.PAGES}
    assert "](evidence.md#E436)" in read["parameters.md"]
    missing = [
        one for one in evidence_page.cited(read["parameters.md"]) if f'<a id="{one}">' not in read["evidence.md"]
    ]
    assert not missing
