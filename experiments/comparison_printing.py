"""How figures and phrases of a comparison are printed in a language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from abm.levers import AnyLever
from experiments import describe, paired, report_words
from experiments.comparison_words import KINDS, TEXT
from experiments.describe import Language
from experiments.scenario_files import LANGUAGES
from regions.maps import number, per_cent

MONEY_DIGITS = 3
DIGITS = 6
"""Decimals of a parameter's value that are shown at most."""
UNBROKEN = re.compile(r"(?<=\d) (?=(?:fte|euro|miljoen|million|keer|paren|pairs|runs|januari|January)\b)")
"""Spaces at which a line may not break: between a number and what it counts."""


@dataclass(frozen=True)
class Words:
    """Phrases and figures in a language."""

    lang: Language

    def say(self, phrase: str, **words: object) -> str:
        """Return a phrase with its words filled in; numbers stay with what they count."""
        return UNBROKEN.sub("\u00a0", TEXT[phrase][LANGUAGES.index(self.lang)].format(**words))

    def kind(self, kind: str) -> str:
        """Return what a lever of a kind is called."""
        return KINDS[kind][LANGUAGES.index(self.lang)]

    def unit(self, unit: str) -> str:
        """Return a unit of a parameter."""
        return describe.unit_name(unit, self.lang)

    def reached(self, lever: AnyLever, row: Mapping[str, Any]) -> str:
        """Return how many a lever reaches, or the demand that it saves, and what is counted."""
        counted = "trainees" if lever.reaches in ("trainees", "selected") else row["unit"]
        return f"{self.number(row['value'], 0)} {self.say(f'unit {counted}')}"

    def listed(self, words: Sequence[str]) -> str:
        """Return words as a list in a sentence."""
        return report_words.listed(list(words), self.lang)

    def number(self, value: float, decimals: int = 1, signed: bool = False) -> str:
        """Return a number as it is printed; empty for NaN."""
        return "" if np.isnan(value) else number(value, decimals, self.lang, signed=signed)

    def share(self, value: float, decimals: int = 0) -> str:
        """Return a share as a percentage."""
        return "" if np.isnan(value) else per_cent(value, decimals, self.lang)

    def interval(
        self, row: Mapping[str, Any], low: str = "low", high: str = "high", decimals: int = 1, times: float = 1.0
    ) -> str:
        """Return the interval of a row, in square brackets; empty if there is none."""
        if np.isnan(row[low]):
            return ""
        return f"[{self.number(times * row[low], decimals)}; {self.number(times * row[high], decimals)}]"

    def money(self, euros: float) -> str:
        """Return an amount in euro, in the digits that are known."""
        return self.number(rounded(euros), 0)

    def value(self, value: object) -> str:
        """Return the value of a parameter."""
        if isinstance(value, bool):
            return self.say("yes" if value else "no")
        if isinstance(value, float) and not np.isnan(value):
            decimals = next((d for d in range(DIGITS) if round(value, d) == value), DIGITS)
            return self.number(value, decimals)
        return str(value) if isinstance(value, int | str) else ""

    def count(self, pairs: int | None) -> str:
        """Return a number of pairs, None for one that is out of reach."""
        return self.say("needed_many", pairs=self.number(paired.MOST, 0)) if pairs is None else self.number(pairs, 0)


def rounded(euros: float) -> float:
    """Return an amount to three digits: more are not known."""
    digits = len(str(int(abs(euros)))) if np.isfinite(euros) else 0
    return euros if np.isnan(euros) else round(euros, min(0, MONEY_DIGITS - digits))
