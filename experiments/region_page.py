"""The page of a region: what a regional GP organisation reads, in the order of its own factsheets.

Capacity; training and inflow; vacancies and expected shortage; workload and patient stops; what measures do. All from
stored results, with the region beside its neighbours and the nation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from abm.indicators import INDICATORS, is_share
from experiments import chart_texts as figures
from experiments import charts, disclosure, drivers, effect_charts, lookup, paired, spread, summary, workforce_charts
from experiments.arrays import FloatArray
from experiments.comparison_facts import end, records
from experiments.differences import SHORTAGE, SUPPLY
from experiments.document import Block, Document, Heading, Paragraph, Table
from experiments.effect_charts import Compared
from experiments.errors import InputError
from experiments.lookup import Locums, Subject, counted, printed
from experiments.map_texts import unit_told
from experiments.region_texts import say
from experiments.store import Results
from regions import geography
from regions.maps import Language, number, per_cent

USUAL_YEAR = 2035
"""To which a page looks ahead unless told otherwise, if the results go that far."""
FLOWS = ("graduation", "arrival", "move_in", "move_out", "retirement", "exit")
MOST_SITES, LEAST_OF_SITE = 3, 0.05
MOST_DRIVERS = 3
OVER_TIME = ("inhabitants", "supply_persons", "supply_fte", "demand_fte", "shortage_fte", "vacancy_rate", "practices")
CAPACITY = ("supply_persons", "supply_fte", "fte_per_10k", "share_holder", "share_women", "share_55plus")
INFLOW = ("alumni_ratio", "outflow_5y", "position")
VACANCIES = ("demand_fte", "shortage_fte", "vacancies_fte", "vacancy_rate", "coverage")
WORKLOAD = ("inhabitants_per_fte", "mean_list", "share_patient_stop", "without_gp", "unfilled_places")
WITHIN_ONE = ("share", "share of practices")
"""Units of parts of a whole, which an interval made from a mean must not leave."""
ABOUT = {one.name: one for one in INDICATORS}


def content(
    results: Results,
    region: str,
    lang: Language = "nl",
    scenario: str | None = None,
    year: int | None = None,
    locums: Locums = "divided",
) -> Document:
    """Return the page of a region, by code or name: sentences from the numbers, tables, figures with alt texts.

    `scenario` is by default the baseline of a comparison, or the first; `year` is what the page looks ahead to;
    `locums` is how those who work in several regions are counted. Of a region with few GPs nothing is shown. Raises
    `InputError` for a region, scenario or year that the results do not hold.
    """
    compared = _compared(results, lang)
    name = scenario or (compared.baseline if compared else next(iter(results.manifest["scenarios"])))
    asked = lookup.subject(results, name, region, lang)
    if year is None:
        year = min(USUAL_YEAR, int(asked.years[-1]))
    if asked.step(year) == 0:
        raise InputError(f"year {year}: a page looks ahead; there are {asked.years[1]} to {asked.years[-1]}")
    page = _Page(asked, year, locums)
    if disclosure.few(lookup.mean(asked.values("supply_persons")[0])).any():
        blocks: tuple[Block, ...] = (Heading(1, page.say("made")), Paragraph(page.say("too few")), *page.origin())
    else:
        blocks = tuple(page.blocks(compared))
    return Document(page.say("title"), lang, blocks)


def _compared(results: Results, lang: Language) -> Compared | None:
    try:
        return effect_charts.compared(results, None, lang)
    except InputError:
        return None  # there is nothing to say of measures then


@dataclass(frozen=True)
class _Page:
    """A region of a scenario, looked at in a year."""

    asked: Subject
    year: int
    locums: Locums

    @property
    def lang(self) -> Language:
        return self.asked.lang

    @property
    def step(self) -> int:
        return self.asked.step(self.year)

    @property
    def scenario(self) -> str:
        return self.asked.scenarios[0]

    @property
    def place(self) -> int:
        """Place of the region among all."""
        assert self.asked.region is not None
        return self.asked.region

    @cached_property
    def nation(self) -> Subject:
        return Subject(self.asked.results, self.asked.scenarios, None, self.lang)

    def say(self, phrase: str, **words: object) -> str:
        usual = {
            "place": self.asked.place, "first": int(self.asked.years[0]), "last": int(self.asked.years[-1]),
            "year": self.year,
        }  # fmt: skip
        return say(phrase, self.lang, **(usual | words))

    # Figures

    def mean(self, indicator: str, step: int, of: Subject | None = None) -> float:
        return float(lookup.mean((of or self.asked).values(indicator)[0][:, step]))

    def told(self, indicator: str, step: int, of: Subject | None = None) -> str:
        if of is None and self.hidden(step, self.asked.code, indicator):
            return disclosure.HIDDEN
        return printed(self.mean(indicator, step, of), ABOUT[indicator].unit, self.lang)

    def hidden(self, step: int, code: str, indicator: str) -> bool:
        """Return whether a figure of a region must be hidden, as few GPs are behind it."""
        return bool(self._masks[step].loc[code, indicator])

    @cached_property
    def _masks(self) -> dict[int, pd.DataFrame]:
        """What must be hidden by region code and indicator, by step of the years that the page tells of."""
        values = {name: lookup.mean(self.asked.by_region(name)[0]) for name in self.asked.results.quantities("regions")}
        codes = list(self.asked.cube.axes.codes)
        return {
            step: disclosure.hidden(pd.DataFrame({name: of[step] for name, of in values.items()}, index=codes))
            for step in {self.asked.step(year) for year in self.years} | {0, self.step}
        }

    @cached_property
    def years(self) -> list[int]:
        """The years of which figures are told side by side."""
        first, last = int(self.asked.years[0]), int(self.asked.years[-1])
        return sorted({first, *(year for year in summary.YEARS_SHOWN if first < year < last), self.year, last})

    @property
    def locums_note(self) -> str:
        return self.say(f"locums {self.locums}")

    def both(self, indicator: str) -> dict[str, str]:
        """Return the figures of the base year and the page's, here and in the nation, and the interval, in words."""
        return {
            "before": self.told(indicator, 0),
            "before_nation": self.told(indicator, 0, self.nation),
            "after": self.told(indicator, self.step),
            "after_nation": self.told(indicator, self.step, self.nation),
            "interval": self.interval(self.asked.values(indicator)[0][:, self.step], ABOUT[indicator].unit),
        }

    def interval(self, values: FloatArray, unit: str) -> str:
        found = self.asked.estimate(values)
        if not np.isfinite(found.low):
            return ""
        least, most = (0.0, 1.0) if unit in WITHIN_ONE else (-np.inf, np.inf)
        low, high = (printed(min(max(float(end), least), most), unit, self.lang) for end in (found.low, found.high))
        return self.say("interval", low=low, high=high)

    def per_cent(self, share: float, decimals: int = 0) -> str:
        return per_cent(share, decimals, self.lang)

    # The page

    def blocks(self, compared: Compared | None) -> Iterator[Block]:
        yield from self._about()
        yield from self._capacity()
        yield from self._training()
        yield from self._vacancies()
        yield from self._workload()
        yield from self._measures(compared)
        yield Heading(1, self.say("made"))
        yield from self.origin()

    def origin(self) -> Iterator[Block]:
        """Yield what the page was made from."""
        manifest, folder = self.asked.results.manifest, self.asked.results.folder
        yield Paragraph(self.say("how", version=manifest["version"], folder=folder.name, seed=manifest["seed"]))

    def _about(self) -> Iterator[Block]:
        yield Paragraph(self.say("about", title=self.asked.title(self.scenario), count=self.asked.runs))
        robust = self.per_cent(spread.ROBUST)
        yield Paragraph(self.say(f"about {self.asked.how}", robust=robust, fewest=paired.FEWEST))
        quality = self.asked.results.manifest["data"]["quality"].get("workforce", {})
        if quality.get(self.asked.code) == "assumed":
            yield Paragraph(self.say("assumed", year=int(self.asked.years[0])))
        if self.year < int(self.asked.years[-1]):
            yield Paragraph(self.say("ahead"))
        yield self._over_time()

    def _over_time(self) -> Table:
        """Return the main figures of the region by year."""
        names = [counted(name, self.locums) for name in OVER_TIME]
        table: dict[str, list[Any]] = {self.say("year"): self.years}
        for name in names:
            steps = [self.asked.step(year) for year in self.years]
            mean = lookup.mean(self.asked.values(name)[0])
            table[self._label(name)] = [
                disclosure.HIDDEN if self.hidden(step, self.asked.code, name) else float(mean[step]) for step in steps
            ]
        notes = f"{self.say('means')} {self.locums_note}"
        return Table(pd.DataFrame(table), self.say("over time"), notes, *self._printing(names))

    def _capacity(self) -> Iterator[Block]:
        yield Heading(1, self.say("capacity"))
        results, code = self.asked.results, self.asked.code
        shares = {"old": "share_55plus", "women": "share_women", "holder": "share_holder"}
        profile = {key: self.told(name, 0) for key, name in shares.items()}
        profile |= {f"{key}_nation": self.told(name, 0, self.nation) for key, name in shares.items()}
        now = self.say(
            "capacity now", year=int(self.asked.years[0]), persons=self.told(counted("supply_persons", self.locums), 0),
            fte=self.told("supply_fte", 0), density=self.told("fte_per_10k", 0),
            nation=self.told("fte_per_10k", 0, self.nation),
        )  # fmt: skip
        hidden = disclosure.HIDDEN in profile.values()
        yield Paragraph(now if hidden else f"{now} {self.say('profile', **profile)}")
        supply = self.asked.values(SUPPLY)[0]
        later = self.say(
            "supply later", value=self.told(SUPPLY, self.step),
            interval=self.interval(supply[:, self.step], "fte"), direction=self._direction(supply),
        )  # fmt: skip
        demand = self.both("demand_fte")
        yield Paragraph(f"{later} {self.say('demand later', before=demand['before'], after=demand['after'])}")
        yield self._beside("capacity", CAPACITY)
        yield charts.supply_and_demand(results, self.scenario, code, self.lang)
        yield workforce_charts.blocks(results, code, self.scenario, self.lang)
        yield workforce_charts.roles(results, code, self.scenario, self.lang)
        yield workforce_charts.pyramid(results, code, self.year, self.scenario, self.lang, self.locums)

    def _direction(self, values: FloatArray) -> str:
        """Return whether values by run and year are surely more or less than in the base year."""
        runs = np.isfinite(values[:, self.step])
        if self.asked.runs < spread.FEWEST_RUNS:
            return ""
        more = float((values[runs, self.step] > values[runs, 0]).mean())
        if not self.asked.ensemble:
            most = max(more, 1 - more)
            return self.say("more chance" if more > 0.5 else "less chance", share=self.per_cent(most))
        if spread.ROBUST > more > 1 - spread.ROBUST:
            return self.say("unsure", share=self.per_cent(more))
        sure = max(more, 1 - more)
        because = self.say("because", share=self.per_cent(sure))
        return self.say("up" if more > 0.5 else "down", because=because)

    def _training(self) -> Iterator[Block]:
        yield Heading(1, self.say("training"))
        here, nation = (self._yearly(of) for of in (self.asked, self.nation))
        mean = {name: float(lookup.mean(values)) for name, values in here.items()}
        of_nation = {name: float(lookup.mean(values)) for name, values in nation.items()}
        fte = self.mean(SUPPLY, 0) / self.mean(SUPPLY, 0, self.nation)
        sentences = [
            self.say(
                "graduates", count=self._yearly_number(mean["graduation"]), fte=self.per_cent(fte, 1),
                share=self.per_cent(mean["graduation"] / of_nation["graduation"], 1),
            )
        ]  # fmt: skip
        if sites := self._sites():
            sentences.append(self.say("sites", told=sites))
        sentences.append(self._stay())
        moves = {name: self._yearly_number(mean[name]) for name in ("move_in", "move_out")}
        stop = self._yearly_number(mean["retirement"] + mean["exit"])
        yield Paragraph(" ".join([*sentences, self.say("net moves", stop=stop, **moves)]))
        yield self._flow_table(here, of_nation)
        yield self._beside("training", INFLOW)
        yield charts.popularity(self.asked.results, self.scenario, self.lang, self.asked.code)

    def _yearly(self, of: Subject) -> dict[str, FloatArray]:
        """Return persons a year by flow and run, (N,), from the base year to the page's."""
        found = of.flows(FLOWS, "persons")
        return {name: values[0][:, 1 : self.step + 1].mean(axis=1) for name, values in found.items()}

    def _few_a_year(self, persons: float) -> bool:
        """Return whether persons a year are few until the page's year."""
        return bool(disclosure.few(self.step * persons))

    def _yearly_number(self, persons: float) -> str:
        """Return persons a year as they are told; where they are few in all, below which number they stay."""
        if self._few_a_year(persons):
            return f"<{number(disclosure.FEWEST / self.step, 1, self.lang)}"
        return number(persons, 1, self.lang)

    def _sites(self) -> str:
        """Return from which training sites most of the graduates come who start here."""
        frame = self.asked.results.read(
            "flows", ["year", "site", "persons"], scenario=self.scenario, flow="graduation", region_code=self.asked.code
        )
        by_site = frame[frame["year"] <= self.year].groupby("site")["persons"].sum().sort_values(ascending=False)
        if not by_site.sum():
            return ""
        shares = (by_site / by_site.sum()).head(MOST_SITES)
        shares = shares[(shares >= LEAST_OF_SITE) & (by_site / self.asked.runs >= disclosure.FEWEST)]
        return ", ".join(f"{site} ({self.per_cent(share)})" for site, share in shares.items())

    def _stay(self) -> str:
        values = self.asked.values("share_stay_training_region")[0][:, 1 : self.step + 1]
        if not np.isfinite(values).any():
            return self.say("no sites")
        nation = self.nation.values("share_stay_training_region")[0][:, 1 : self.step + 1]
        by_run = lookup.mean(values.T)
        mean, of_nation = (float(lookup.mean(lookup.mean(part.T))) for part in (values, nation))
        return self.say(
            "stay",
            share=self.per_cent(mean, 1),
            nation=self.per_cent(of_nation, 1),
            interval=self.interval(by_run, "share"),
        )

    def _flow_table(self, here: dict[str, FloatArray], of_nation: dict[str, float]) -> Table:
        words = [self.say(name) for name in ("flow", "per year", "low", "high", "of stock", "of stock nation")]
        stock, of_all = (self.mean("supply_persons", 0, of) for of in (self.asked, self.nation))
        rows = []
        for name, values in here.items():
            found = self.asked.estimate(values)
            moves = name in ("move_in", "move_out")
            of_stock: list[str | float] = [*self._ends(found), float(found.mean) / stock]
            if self._few_a_year(float(found.mean)):
                of_stock = [self._yearly_number(float(found.mean)), *[np.nan] * 3]
            share = np.nan if moves else of_nation[name] / of_all
            rows.append([self.say(name), *of_stock, share])
        return Table(
            pd.DataFrame(rows, columns=words), self.say("flows"), self.say("at home"),
            {words[4]: "%", words[5]: "%"}, dict.fromkeys(words[1:], 1),
        )  # fmt: skip

    def _ends(self, found: lookup.Estimate) -> tuple[float, float, float]:
        return float(found.mean), max(0.0, float(found.low)) if found.low == found.low else np.nan, float(found.high)

    def _vacancies(self) -> Iterator[Block]:
        yield Heading(1, self.say("vacancies"))
        results, code = self.asked.results, self.asked.code
        sentences = [self.say("vacancy", **self.both("vacancy_rate")), *self._order()]
        yield Paragraph(" ".join(sentences))
        yield Paragraph(self.say("shortage", **self.both(SHORTAGE)))
        yield self._beside("vacancies", VACANCIES)
        if self.asked.runs >= spread.FEWEST_RUNS:
            yield charts.ranking(results, "vacancy_rate", self.year, self.scenario, self.lang, code)
        yield from self._drivers()
        yield charts.trend(results, "vacancy_rate", self.scenario, code, self.lang)

    def _order(self) -> Iterator[str]:
        """Yield where the region is among the others and beside the nation, as far as that is robust."""
        if self.asked.runs < spread.FEWEST_RUNS:
            yield self.say("order few", fewest=spread.FEWEST_RUNS)
            return
        words = {"worst": spread.WORST, "robust": self.per_cent(spread.ROBUST)}
        if not self.asked.ensemble:
            yield self.say("order chance", **words)
            return
        values = self.asked.by_region("vacancy_rate")[0][:, self.step]
        frame = pd.DataFrame(values[np.isfinite(values).any(axis=1)], columns=self.asked.cube.axes.codes)
        code = self.asked.code
        highest, lowest = (spread.ranking(side)["in_worst"][code] >= spread.ROBUST for side in (frame, -frame))
        place = "highest" if highest else "lowest" if lowest else "neither"
        yield self.say(f"among {place}", **words)
        nation = self.nation.values("vacancy_rate")[0][:, self.step]
        side = spread.order(frame[[code]], pd.Series(nation[np.isfinite(nation)], index=frame.index)).iloc[0]
        yield self.say({1: "above", -1: "below"}.get(int(side), "neither"))

    def _drivers(self) -> Iterator[Block]:
        found = drivers.account(self.asked, None, self.year)
        part = {name: self.asked.estimate(values) for name, values in found.parts.items()}
        change = float(lookup.mean(found.shortage[1] - found.shortage[0]))

        def told(sign: int) -> str:
            """Tell of the largest parts of which it is known that they have this sign."""
            ends = {name: sign * np.array([one.low, one.high, one.mean]) for name, one in part.items()}
            sure = sorted((name for name, values in ends.items() if np.nanmin(values) > 0), key=lambda n: -ends[n][-1])
            means = {name: number(float(part[name].mean), 0, self.lang, signed=True) for name in sure[:MOST_DRIVERS]}
            words = [f"{figures.within(figures.say(name, self.lang))} ({mean})" for name, mean in means.items()]
            return ", ".join(words) or figures.say("none", self.lang)

        more, less = told(1), told(-1)
        yield Paragraph(self.say("drivers", change=number(change, 0, self.lang, signed=True), more=more, less=less))
        yield charts.waterfall(self.asked.results, self.asked.code, None, self.year, self.scenario, self.lang)
        words = [self.say(name) for name in ("part", "change", "low", "high")]
        parts = {figures.say(name, self.lang): values for name, values in found.parts.items()}
        parts[self.say("in all")] = found.shortage[1] - found.shortage[0]
        rows = []
        for name, values in parts.items():
            of = self.asked.estimate(values)
            rows.append([name, float(of.mean), float(of.low), float(of.high)])
        yield Table(
            pd.DataFrame(rows, columns=words), self.say("drivers table"), self.say("drivers note"),
            dict.fromkeys(words[1:], "fte"), dict.fromkeys(words[1:], 1),
        )  # fmt: skip

    def _workload(self) -> Iterator[Block]:
        yield Heading(1, self.say("workload"))
        results, code = self.asked.results, self.asked.code
        yield Paragraph(
            " ".join(
                [
                    self.say("lists", **self.both("inhabitants_per_fte")),
                    self.say("stops", without=self.told("without_gp", self.step), **self.both("share_patient_stop")),
                    self.say(
                        "succession", places=self.told("unfilled_places", self.step),
                        found=self.told("share_succession_found", self.step),
                        nation=self.told("share_succession_found", self.step, self.nation),
                    ),
                ]
            )
        )  # fmt: skip
        yield self._beside("workload", WORKLOAD)
        yield charts.trend(results, "share_patient_stop", self.scenario, code, self.lang)

    def _measures(self, compared: Compared | None) -> Iterator[Block]:
        yield Heading(1, self.say("measures"))
        if compared is None or self.scenario != compared.baseline:
            yield Paragraph(self.say("no measures"))
            return
        last = int(self.asked.years[-1])
        ended = min(end(compared.results, compared.baseline, name, last) for name in compared.scenarios)
        years = sorted({ended, self.year, last})
        frame = compared.read("comparison", region_code=self.asked.code)
        found = {(row["scenario"], row["year"], row["indicator"]): row for row in records(frame)}
        groups = compared.read("displacement", year=years[-1], quantity=SUPPLY, region_code=self.asked.code)
        role = dict(zip(groups["scenario"], groups["group"], strict=True))
        words = [self.say(name) for name in ("scenario", "year", "supply", "low", "high", "shortage change", "chance")]
        paragraphs, rows = [], []
        for name in compared.scenarios:
            title = compared.title(name)
            sentences = [self.say(f"role {role[name]}", title=title)]
            for year in years:
                supply, shortage = (found[name, year, indicator] for indicator in (SUPPLY, SHORTAGE))
                ends = [float(supply[end]) for end in ("difference", "low", "high")]
                rows.append([title, year, *ends, float(shortage["difference"]), float(shortage["share_better"])])
                sentences.append(self._effect(year, *ends))
            paragraphs.append(Paragraph(" ".join(dict.fromkeys(sentences))))
        baseline = compared.title(compared.baseline)
        yield Paragraph(self.say("measures intro", baseline=baseline))
        yield from paragraphs
        units = dict.fromkeys(words[2:6], "fte") | {words[6]: "%"}
        digits = dict.fromkeys(words[2:6], 1) | {words[6]: 0}
        caption = self.say("effect table", baseline=baseline)
        yield Table(pd.DataFrame(rows, columns=words), caption, self.say("effect note"), units, digits)
        if len(compared.scenarios) <= effect_charts.MOST_ROWS:
            for year in years:
                yield effect_charts.effects(compared.results, SHORTAGE, year, self.asked.code, None, self.lang)

    def _effect(self, year: int, difference: float, low: float, high: float) -> str:
        if np.isnan(low):
            return self.say("effect unknown", fewest=paired.FEWEST)
        phrase = "effect more" if low > 0 else "effect less" if high < 0 else "effect none"
        ends = (-high, -low) if high < 0 else (low, high)
        told = [number(one, 1, self.lang) for one in (abs(difference), *ends)]
        return self.say(phrase, year=year, value=told[0], low=told[1], high=told[2])

    # Pieces

    def _unit(self, unit: str) -> str:
        if is_share(unit):
            return "%"
        if " per " in unit:
            return ""  # the heading says so
        return unit_told(unit, self.lang)

    @cached_property
    def neighbours(self) -> list[int]:
        """Places of the regions with a common border, water included, the longest first; none without boundaries."""
        file = self.asked.results.folder / geography.BOUNDARIES.name
        if not file.exists():
            return []
        length = geography.border_km(geography.boundaries(file, codes=self.asked.cube.axes.codes))[self.place]
        return [int(k) for k in np.argsort(-length) if length[k] > 0]

    def _beside(self, what: str, indicators: Sequence[str]) -> Table:
        """Return indicators of the region, its neighbours and the nation in the page's year."""
        indicators = [counted(name, self.locums) for name in indicators]
        axes = self.asked.cube.axes
        places = [self.place, *self.neighbours]
        table: dict[str, list[Any]] = {
            self.say("region"): [*(axes.names[k] for k in places), lookup.NATION_NAME[self.lang]]
        }
        some = False
        for name in indicators:
            values = lookup.mean(self.asked.by_region(name)[0][:, self.step])
            mask = [self.hidden(self.step, axes.codes[k], name) for k in places]
            cells = [disclosure.HIDDEN if no else float(values[k]) for k, no in zip(places, mask, strict=True)]
            table[self._label(name)] = [*cells, self.mean(name, self.step, self.nation)]
            some |= any(mask)
        notes = [self.say("means"), self.say("beside note" if self.neighbours else "no neighbours"), self.locums_note]
        notes += [self.say("hidden")] if some else []
        caption = self.say("beside", what=self.say(what))
        return Table(pd.DataFrame(table), caption, " ".join(notes), *self._printing(indicators))

    def _label(self, name: str) -> str:
        return ABOUT[name].label(self.lang)

    def _printing(self, names: Sequence[str]) -> tuple[dict[str, str], dict[str, int]]:
        """Return units and decimals of indicators by their labels."""
        units = {self._label(name): self._unit(ABOUT[name].unit) for name in names}
        return units, {self._label(name): lookup.decimals(ABOUT[name].unit) for name in names}
