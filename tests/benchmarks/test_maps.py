"""How long a map takes, drawn and written: `pytest tests/benchmarks/test_maps.py -o addopts=`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from regions import geography, maps, paper
from regions.tables import SHIPPED, read

VALUES = {
    code: float(value) for code, value in zip(read(SHIPPED, "regions")["code"], np.linspace(0, 0.3, 28), strict=True)
}
ARGUMENTS: dict[str, Any] = {
    "boundaries": geography.boundaries(),
    "classes": maps.CLASSES["vacancy_rate"],
    "texts": maps.Texts("Vacaturegraad", "aandeel van het aanbod", "gp-settlement", unit="%"),
}
LAYOUT = read(SHIPPED, "map_layout")
DRAWN: dict[str, Callable[[], Figure]] = {
    "plain": lambda: maps.choropleth(VALUES, layout=LAYOUT, **ARGUMENTS),
    "names": lambda: maps.choropleth(VALUES, layout=LAYOUT, labels="names", **ARGUMENTS),
    "numbers": lambda: maps.choropleth(VALUES, layout=LAYOUT, labels="numbers", **ARGUMENTS),
    "tiles": lambda: maps.choropleth(VALUES, layout=LAYOUT, tiles=True, **ARGUMENTS),
    "nine": lambda: maps.small_multiples([maps.Panel(str(k), VALUES) for k in range(9)], **ARGUMENTS),
}


@pytest.mark.parametrize("name", DRAWN)
def test_drawing(benchmark: Any, name: str) -> None:
    assert benchmark(DRAWN[name]).axes


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_writing(benchmark: Any, kind: str) -> None:
    assert benchmark(paper.rendered, DRAWN["plain"](), kind)
