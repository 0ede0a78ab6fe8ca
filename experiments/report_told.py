"""What a report tells of: results, in a language, with the words that travel with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import pandas as pd

from abm.indicators import BETWEEN, INDICATORS, Indicator, is_share
from experiments import describe, paired, spread, summary
from experiments.comparison_sentences import Teller
from experiments.comparison_stored import Comparison, stored
from experiments.errors import InputError
from experiments.lookup import Locums, counted, fewest_to_most, title
from experiments.map_texts import unit_told
from experiments.report_words import listed, say
from experiments.scenarios import NamedScenario
from experiments.store import Results
from regions import Regions
from regions.maps import Language, number, per_cent
from regions.schema import ASSUMED

DETAILED = 5
"""Scenarios told of at length."""
SHORT = 8
"""Digits of a fingerprint where there is little room."""
MAPPED = "vacancy_rate"
MILLION = 1e6
PER_CENT = "%"
NATIONAL = ("supply_fte", "supply_persons", "demand_fte", "shortage_fte", MAPPED)
REGIONAL = ("inhabitants", "supply_persons", "supply_fte", "demand_fte", "shortage_fte", MAPPED)
WITH_INTERVAL = ("supply_fte", "shortage_fte", MAPPED)
DIFFERENCES = (
    "supply_fte", "supply_persons", "shortage_fte", MAPPED, "coverage", "fte_per_10k", "practices", "unfilled_places",
    "share_patient_stop", "without_gp",
)  # fmt: skip
"""Indicators whose differences by region go into a spreadsheet; all are in comparison.parquet."""
RATE_DECIMALS = 1
DECIMALS = {
    "alumni_ratio": 2, "position": 2, "fte_per_10k": 2, "persons_per_10k": 2, "gini_coverage": 3,
    "regions_high_vacancy": 1, **dict.fromkeys(("supply_fte", "demand_fte", "shortage_fte", "vacancies_fte"), 1),
}  # fmt: skip
"""Decimals of indicators in the long tables; percentages have one, other figures none."""
BY_NAME: Mapping[str, Indicator] = {one.name: one for one in (*INDICATORS, *BETWEEN)}


class Told:
    """What is told of, in a language, and how."""

    def __init__(self, results: Results, lang: Language, locums: Locums = "divided") -> None:
        """Read the results of the nation and its regions."""
        self.results, self.lang, self.manifest, self.locums = results, lang, results.manifest, locums
        self.nation = results.read("national")
        self.regions = results.read("regions")
        there = set(self.nation["scenario"])
        self.scenarios = [name for name in self.manifest["scenarios"] if name in there]
        self.first, self.last = (int(year) for year in (self.nation["year"].min(), self.nation["year"].max()))
        names = self.regions[["region_code", "region_name"]].drop_duplicates()
        self.names: dict[str, str] = dict(names.itertuples(index=False, name=None))
        quality = self.manifest["data"]["quality"]["workforce"]
        self.assumed = {code for code in self.names if quality.get(code) == ASSUMED}
        self.ensemble = bool(self.manifest["ensemble"])

    def say(self, phrase: str, **words: object) -> str:
        """Return a phrase in the language."""
        return say(phrase, self.lang, **words)

    def number(self, value: float, decimals: int = 0) -> str:
        """Return a number as it is printed."""
        return number(value, decimals, self.lang)

    def per_cent(self, value: float, decimals: int = 1) -> str:
        """Return a share as it is printed."""
        return per_cent(value, decimals, self.lang)

    def named(self, codes: Sequence[object]) -> str:
        """Return the names of regions as a list in a sentence."""
        return listed([self.names[str(code)] for code in codes], self.lang)

    def label(self, name: str) -> str:
        """Return what an indicator is called."""
        return BY_NAME[name].label(self.lang)

    def unit(self, name: str) -> str:
        """Return the unit of a column: "%" for shares, which stay fractions; none where the label says it."""
        unit = BY_NAME[name].unit
        if is_share(unit):
            return PER_CENT
        return unit_told(unit, self.lang)

    def columns(self, names: Sequence[str]) -> list[str]:
        """Return the columns of indicators, of numbers of GPs with locums counted as is asked."""
        return [counted(name, self.locums) for name in names]

    @property
    def locums_note(self) -> str:
        """How locums in several regions are counted."""
        return self.say("locums" if self.locums == "divided" else "locums each")

    def scenario(self, name: str) -> str:
        """Return the title of a scenario."""
        return title(self.results, name, self.lang)

    def runs(self, scenario: str) -> int:
        """Return how many runs of a scenario there are."""
        return int(self.nation.loc[self.nation["scenario"] == scenario, "replication"].nunique())

    def of_nation(self, scenario: str, year: int) -> pd.DataFrame:
        """Return the nation's indicators by run."""
        table = self.nation
        return table[(table["scenario"] == scenario) & (table["year"] == year)].set_index("replication")

    def of_regions(self, scenario: str, indicator: str, year: int) -> pd.DataFrame:
        """Return an indicator by run and region code, in the regions' order."""
        table = self.regions
        rows = table[(table["scenario"] == scenario) & (table["year"] == year)]
        found = rows.pivot_table(index="replication", columns="region_code", values=indicator, dropna=False)
        return found[list(self.names)]

    def ends(self, values: pd.DataFrame) -> tuple[pd.Series[float], pd.Series[float]]:
        """Return the ends of the interval in which runs lie, by column: empty for fewer than `paired.FEWEST`."""
        if self.ensemble and len(values) >= paired.FEWEST:
            low, high = (values.quantile(share) for share in spread.INTERVAL)
            return low, high
        half = summary.half_width(values.std(), values.count())
        return values.mean() - half, values.mean() + half

    @cached_property
    def inside(self) -> str:
        """The share of runs inside an interval."""
        share = spread.INTERVAL[1] - spread.INTERVAL[0] if self.ensemble else paired.LEVEL
        return self.per_cent(share, 0)

    @cached_property
    def interval_note(self) -> str:
        """What low and high are, or why there are none."""
        if max(map(self.runs, self.scenarios)) < paired.FEWEST:
            return self.say("interval few", fewest=paired.FEWEST)
        low, high = (self.per_cent(share, 0) for share in spread.INTERVAL)
        return self.say("interval ensemble", low=low, high=high) if self.ensemble else self.say("interval chance")

    @cached_property
    def comparison(self) -> Comparison | None:
        """The comparison that the folder holds, if it does."""
        found = stored(self.results) if len(self.scenarios) > 1 else None
        if found is None:
            return None
        try:
            _ = found.summary  # kept by the comparison
        except KeyError as error:
            raise InputError(
                f"{self.results.folder}: its tables of comparison are of another version of gp-settlement, without "
                f"{error}; the same gp-settlement compare as before makes them again"
            ) from None
        return found

    @cached_property
    def baseline(self) -> str:
        """What other scenarios are compared with, or the first scenario."""
        return self.comparison.baseline if self.comparison else self.scenarios[0]

    @cached_property
    def title(self) -> str:
        """The title of the report."""
        if self.comparison:
            return Teller(self.comparison, self.lang).title()
        return self.say("title", scenario=listed([self.scenario(name) for name in self.scenarios], self.lang))

    @property
    def data(self) -> Regions | None:
        """The data that the runs were made with, if they are still there."""
        return self.results.data

    def named_scenario(self, name: str) -> NamedScenario:
        """Return a scenario as it was run."""
        about = self.manifest["scenarios"][name]
        sources, choices = about.get("sources", {}), about.get("choices", {})
        return NamedScenario(self.results.scenario(name), about["title"], about["description"], sources, choices)

    @cached_property
    def counts(self) -> str:
        """How many runs each scenario has, in words."""
        return self.counted([self.runs(name) for name in self.scenarios])

    def counted(self, runs: Sequence[int]) -> str:
        """Return a number of runs in words, the fewest and the most if there are several."""
        if set(runs) == {1}:
            return self.say("one run")
        return self.say("runs", count=fewest_to_most(runs))

    @cached_property
    def made(self) -> str:
        """What the report was made from."""
        finished, version = str(self.manifest["finished"])[:10], self.manifest["version"]
        words = {"version": version, "runs": self.counts, "seed": self.manifest["seed"], "first": self.first}
        base = self.say("base year" if self.manifest["data"]["shipped"] else "own base year", first=self.first)
        return self.say("made", finished=finished, base=base, **words)

    @cached_property
    def origin(self) -> str:
        """Version, seed, runs and data in a line."""
        about = self.manifest
        code, data = about["code"][:SHORT], about["data"]["fingerprint"][:SHORT]
        version = f"gp-settlement {about['version']} ({code})"
        return f"{version}; seed {about['seed']}; {self.counts}; data {data}; {', '.join(self.scenarios[:DETAILED])}"

    @cached_property
    def about(self) -> dict[str, str]:
        """What travels with every table."""
        manifest, data = self.manifest, self.manifest["data"]
        titles = [f"{name}: {self.scenario(name)}" for name in self.scenarios[:DETAILED]]
        if len(self.scenarios) > DETAILED:
            titles.append(self.say("several", count=len(self.scenarios) - DETAILED))
        return {
            self.say("scenario"): "; ".join(titles),
            self.say("version"): f"gp-settlement {manifest['version']}",
            self.say("seed"): str(manifest["seed"]),
            self.say("replications"): self.counts,
            self.say("ensemble"): manifest["ensemble"] or self.say("no ensemble"),
            self.say("data fingerprint"): data["fingerprint"],
            self.say("code fingerprint"): manifest["code"],
            self.say("finished"): str(manifest["finished"]),
        }

    @cached_property
    def definitions(self) -> dict[str, str]:
        """What headings of columns mean."""
        low, high = (self.say(end, label="…") for end in ("low", "high"))
        return {
            **{self.label(name): describe.meaning(one, self.lang) for name, one in BY_NAME.items()},
            low: self.interval_note,
            high: self.interval_note,
        }
