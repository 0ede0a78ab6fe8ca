from __future__ import annotations

from collections.abc import Callable

import pytest

import abm
import regions
from experiments.design import Design
from experiments.scenarios import NamedScenario

END_YEAR = 2027


@pytest.fixture(scope="session")
def data() -> regions.Regions:
    return regions.load()


@pytest.fixture
def design() -> Callable[..., Design]:
    def make(replications: int = 3, seed: int = 1, **parameters: object) -> Design:
        scenario = abm.Scenario.model_validate({"end_year": END_YEAR, **parameters})
        return Design((NamedScenario(scenario, {"nl": "Proef", "en": "Trial"}, {}),), replications, seed)

    return make
