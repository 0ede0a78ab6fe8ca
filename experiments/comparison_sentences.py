"""A comparison in sentences: what it was, the answer in short, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

import abm
from abm.levers import AnyLever, Cost
from experiments import costs, describe, ensemble, lookup, paired, training_costs
from experiments.comparison_facts import Facts, Row, in_doubt, shown
from experiments.comparison_printing import Words
from experiments.comparison_stored import Comparison
from experiments.costs import TRAINING
from experiments.describe import Language
from experiments.differences import NEIGHBOURS, REST, SUPPLY, TARGET, WHOLE

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

DETAILED = 5
"""Scenarios told of at length; of more there is one table, and the Parquet files."""
ONE_SIDE = (1 - paired.LEVEL) / 2  # of intervals around nothing, on each side of zero
LOSERS = 5
REGIONS_NAMED = 6
YEARS_SHOWN = (2030, 2035)
"""In which the gain is told beside the first and the last year; the price until the later of them as well."""
WANTED = (1.0, 0.5)
"""Half widths, in fte, for which the number of pairs is told."""
COMMON = ("kind", "name", "regions", "first", "last", "phase_in", "cost")
MILLION = 1e6
ENDS = (("per", ""), ("low", "_low"), ("high", "_high"))


class Teller:
    """Tells of a comparison in a language."""

    def __init__(self, comparison: Comparison, lang: Language) -> None:
        """Take what is told of."""
        self.facts, self.words = Facts(comparison), Words(lang)
        self.keys = comparison.keys
        self.detailed = self.facts.scenarios if len(self.facts.scenarios) <= DETAILED and not comparison.keys else ()

    def name(self, scenario: str) -> str:
        """Return the title of a scenario."""
        return lookup.title(self.facts.comparison.results, scenario, self.words.lang)

    @property
    def baseline(self) -> str:
        """The title of the baseline."""
        return self.name(self.facts.baseline)

    @property
    def years(self) -> str:
        """The calendar years of the run."""
        return f"{self.facts.first}-{self.facts.last - 1}"

    def title(self) -> str:
        """Return what was compared with what."""
        words, titles = self.words, [self.name(scenario) for scenario in self.facts.scenarios]
        if self.keys:
            told = words.say("variants", count=len(titles), keys=words.listed(self.keys))
        elif len(titles) <= DETAILED:
            told = words.listed(titles)
        else:
            told = words.say("and_more", first=titles[0], count=len(titles) - 1)
        return words.say("title", baseline=self.baseline, scenarios=told)

    def regions(self, scenario: str) -> str:
        """Return the names of a scenario's targets."""
        named = self.facts.targets(scenario)
        if not named:
            return self.words.say("whole")
        if len(named) > REGIONS_NAMED:
            return self.words.say("many", count=len(named))
        return self.words.listed(named)

    def overview_note(self) -> str:
        """Return what the figures of the table of all scenarios are."""
        note = self.words.say("summary_note", baseline=self.baseline, year=self.facts.last, years=self.years)
        return f"{note} {self.few_pairs()}".rstrip()

    def few_pairs(self) -> str:
        """Return why there are no intervals, if there are none."""
        few = all(np.isnan(row["gain_low"]) for row in self.facts.summary.values())
        return self.words.say("few_pairs", fewest=paired.FEWEST) if few else ""

    # The answer

    def sentences(self, scenario: str) -> Iterator[str]:
        """Yield the answer in a few sentences."""
        row = self.facts.summary[scenario]
        if np.isnan(row["gain_low"]):
            yield self.words.say("gain_unknown", regions=self.regions(scenario), fewest=paired.FEWEST)
            return
        yield from self._gain(scenario, row)
        yield from self._whom_it_costs(scenario, row)
        yield from self._who_is_reached(scenario)
        yield from self._price(scenario, row)

    def _gain(self, scenario: str, row: Row) -> Iterator[str]:
        """Yield what the target gains, and what it then has."""
        words, facts = self.words, self.facts
        end = facts.end(scenario)
        if end < facts.last and (ended := facts.group(scenario, SUPPLY, facts.aim(scenario), end)):
            ends = {name: words.number(ended[name]) for name in ("low", "high")}
            gain = words.number(ended["difference"], signed=True)
            yield words.say("while_in_force", regions=self.regions(scenario), year=end, gain=gain, **ends)
        phrase = "gain_more" if row["gain_low"] > 0 else "gain_less" if row["gain_high"] < 0 else "gain_none"
        phrase = "gain_same" if row["gain_low"] == row["gain_high"] == 0 else phrase
        yield words.say(
            phrase,
            regions=self.regions(scenario),
            year=facts.last,
            gain=words.number(abs(row["gain"])),
            share=words.share(abs(row["gain"]) / row["without"], 1) if row["without"] else "",
            low=words.number(row["gain_low"]),
            high=words.number(row["gain_high"]),
        )
        rates = {f"rate_{end}": words.share(row[f"vacancy_rate_{end}"], 1) for end in ("with", "without")}
        shortage = {"with_": words.number(row["shortage_with"]), "without": words.number(row["shortage_without"])}
        yield words.say("need", **rates, **shortage)
        if self._demand_changes(row):
            phrase = "demand_less" if row["less_shortage"] > 0 else "demand_more"
            yield words.say(phrase, change=words.number(abs(row["less_shortage"])))

    def _demand_changes(self, row: Row) -> bool:
        return bool(abs(row["less_shortage"] - row["gain"]) > paired.SAME * max(1.0, abs(row["gain"])))

    def _whom_it_costs(self, scenario: str, row: Row) -> Iterator[str]:
        """Yield what others gain or lose, and which differences chance could have made."""
        words, facts = self.words, self.facts
        if row["aim"] == TARGET and shown(row, "gain"):
            yield words.say("elsewhere", **{group: self._with_doubt(row, group) for group in (NEIGHBOURS, REST, WHOLE)})
        targets = facts.regions(scenario, SUPPLY, TARGET)
        every = facts.regions(scenario, SUPPLY)
        doubtful = [facts.names[one["region_code"]] for one in targets if in_doubt(one)]
        others = [one for one in every if one["group"] != TARGET]
        count = sum(map(in_doubt, others))
        places = doubtful if len(doubtful) <= REGIONS_NAMED else [words.say("many", count=len(doubtful))]
        if count:
            phrase = "places_every" if count == len(others) else "places_some"
            phrase += "_other" if targets else ""
            places = [*places, words.say(phrase, count=count, all=len(others))]
        if places:
            yield words.say("within_chance", places=words.listed(places))

    def _with_doubt(self, row: Row, group: str) -> str:
        """Return what a group gains, marked where the interval does not show it."""
        text = f"{self.words.number(row[group], signed=True)} fte"
        return text if shown(row, group) else self.words.say("not_shown", text=text)

    def _who_is_reached(self, scenario: str) -> Iterator[str]:
        """Yield who falls under each lever, who is paid, and who of them would have been there anyway."""
        words = self.words
        found = {(row["lever"], row["quantity"]): row for row in self.facts.costs(scenario)}
        for lever in self.facts.comparison.results.scenario(scenario).levers:
            if lever.reaches == "nobody":
                continue
            row = found[lever.name, "reached_fte" if lever.reaches == "demand" else "reached_persons"]
            reached = words.reached(lever, row)
            if lever.reaches == "demand":
                yield words.say("saves", name=lever.name, reached=reached)
                continue
            anyway = found.get((lever.name, "reached_anyway"))
            told = ""
            if anyway and row["value"] > 0:
                without = min(
                    anyway["value"], row["value"]
                )  # more than are reached, where the measure drives some away
                number = words.number(without, 0)
                number = words.say("at_least", text=number) if anyway["note"] else number
                told = words.say("of_whom_anyway", anyway=number, share=words.share(without / row["value"]))
            phrase = "paid" if lever.pays() else "reached_by"
            who = describe.say(lever.reaches, words.lang)
            yield words.say(phrase, name=lever.name, who=who, reached=reached, anyway=told)

    def _price(self, scenario: str, row: Row) -> Iterator[str]:
        """Yield what it costs, in all and for a fte-year gained."""
        words = self.words
        per = {name: words.money(row[f"cost_per_fte_year{end}"]) for name, end in ENDS}
        yield words.say(row["note"] or "price", cost=words.number(row["cost"] / MILLION), years=self.years, **per)
        found = {(one["lever"], one["quantity"]): one["value"] for one in self.facts.costs(scenario)}
        if row["note"] == costs.NO_COST and self.facts.other_intake(scenario):
            yield words.say("not_trained")
        if (TRAINING, "cost") in found:
            trainees = words.number(found[TRAINING, "extra_trainees"], 0, signed=True)
            cost = words.number(found[TRAINING, "cost"] / MILLION)
            each = words.money(training_costs.EURO_PER_YEAR)
            yield words.say("training_counted", cost=cost, trainees=trainees, per=each, baseline=self.baseline)
        for lever in filter(costs.is_nil, self.facts.comparison.results.scenario(scenario).levers):
            yield words.say("nil", name=lever.name, source=lever.cost.source)
        if row["cost"] and not row["note"]:
            yield self._horizon(scenario)
        if self._demand_changes(row) and not np.isnan(row["cost_per_less_shortage"]):
            per = {name: words.money(row[f"cost_per_less_shortage{end}"]) for name, end in ENDS}
            yield words.say("price_shortage", **per)

    def _horizon(self, scenario: str) -> str:
        """Return that a price is that of a period, with the price of a shorter one where there is one."""
        early = {
            int(row["year"]): row["value"]
            for row in self.facts.costs(scenario, by_year=True)
            if row["quantity"] == "cost_per_gain_so_far" and np.isfinite(row["value"])
        }
        years = [year - 1 for year in YEARS_SHOWN if year < self.facts.last and year - 1 in early]
        if not years:
            return self.words.say("horizon_alone")
        period = f"{self.facts.first}-{years[-1]}"
        return self.words.say("horizon", years=period, per=self.words.money(early[years[-1]]))

    # The scenarios

    def other_fields(self, scenario: str) -> str:
        """Tell the parameters in which a scenario differs from the baseline, and the baseline from the default."""
        parameters = {name: about["parameters"] for name, about in self.facts.manifest["scenarios"].items()}
        own, other = parameters[scenario], parameters[self.facts.baseline]
        if scenario == self.facts.baseline:
            other = abm.Scenario().model_dump(mode="json")
        differing = [key for key, value in own.items() if value != other.get(key) and key not in ("name", "levers")]
        told = ", ".join(f"`{key}` {self.words.value(own[key]) or own[key]}" for key in differing)
        phrase = "set" if scenario == self.facts.baseline else "set_otherwise"
        return self.words.say(phrase, fields=told, baseline=self.baseline) if told else ""

    def lever(self, lever: AnyLever) -> str:
        """Tell where, when and how large a lever is, and whom it reaches."""
        words = self.words
        sizes = [
            f"`{name}` {words.value(getattr(lever, name))} {words.unit(about(field, 'unit'))}".rstrip()
            for name, field in type(lever).model_fields.items()
            if name not in COMMON and about(field, "role") != "uncertainty"
        ]
        sizes += [
            f"`cost.{name}` {words.value(getattr(lever.cost, name))} {words.unit(about(field, 'unit'))}"
            for name, field in Cost.model_fields.items()
            if isinstance(getattr(lever.cost, name), float) and getattr(lever.cost, name)
        ]
        return words.say(
            "lever",
            name=lever.name,
            kind=words.kind(lever.kind),
            regions=words.listed([self.facts.names.get(region, region) for region in lever.regions])
            or words.say("whole"),
            first=lever.first,
            last=lever.last,
            phase=words.say("phase", years=lever.phase_in) if lever.phase_in else "",
            sizes=", ".join(sizes),
            who=describe.say(lever.reaches, words.lang),
        )

    # Who gains and who loses

    def over_time(self, scenario: str) -> str:
        """Tell what the target gains in some of the years."""
        facts = self.facts
        years = sorted({year for year in (*YEARS_SHOWN, facts.end(scenario), facts.last) if year > facts.first})
        found = (facts.group(scenario, SUPPLY, facts.aim(scenario), year) for year in years if year <= facts.last)
        return self.words.say("when", told="; ".join(self.at(row) for row in found if row))

    def at(self, row: Row) -> str:
        """Return a difference with its year and interval."""
        return f"{row['year']} {self.words.number(row['difference'], signed=True)} {self.words.interval(row)}".rstrip()

    def losers(self, scenario: str) -> str:
        """Tell which regions are shown to lose."""
        words, facts = self.words, self.facts
        if few := self.few_pairs():
            return few
        rows = facts.regions(scenario, SUPPLY)
        losing = [row for row in rows if row["high"] < 0]
        if not losing:
            return words.say("losers_none")
        told = "; ".join(
            f"{facts.names[row['region_code']]} {words.number(row['difference'])} {words.interval(row)}"
            for row in sorted(losing, key=lambda row: float(row["difference"]))[:LOSERS]
        )
        chance = words.number(ONE_SIDE * len(rows))
        count = words.say("losers_some", count=len(losing), all=len(rows), chance=chance)
        return f"{words.say('losers', told=told)} {count}"

    # How sure

    def sure(self, scenarios: Iterable[str]) -> Iterator[str]:
        """Yield what the intervals cover, and how many pairs a precision takes; empty lines between paragraphs."""
        words, facts = self.words, self.facts
        if few := self.few_pairs():
            yield from (few, "")
        if facts.manifest["ensemble"]:
            with_levers = any(about["parameters"]["levers"] for about in facts.manifest["scenarios"].values())
            drawn = ensemble.SOURCES if with_levers else ensemble.SOURCES_ALWAYS
            yield words.say("with_ensemble", sources=words.listed([words.say(f"source {name}") for name in drawn]))
            held = [key for about in facts.manifest["scenarios"].values() for key in about.get("held", ())]
            if held:
                yield from ("", words.say("held", keys=", ".join(f"`{key}`" for key in dict.fromkeys(held))))
        else:
            yield words.say("chance_alone")
        yield ""
        known = [one for one in scenarios if np.isfinite(facts.half_width(one))]
        if len(known) > DETAILED:
            known = [max(known, key=facts.half_width)]
            yield words.say("worst")
        yield from (self._pairs_needed(scenario) for scenario in known)
        for line in self.warnings():
            yield from ("", line)
        yield ""

    def _pairs_needed(self, scenario: str) -> str:
        words, row = self.words, self.facts.summary[scenario]
        if row["gain_sd"] == 0:
            return words.say("no_variation", title=self.name(scenario))
        needed = [(half, paired.pairs_needed(row["gain_sd"], half)) for half in WANTED]
        return words.say(
            "needed",
            title=self.name(scenario),
            half=words.number(self.facts.half_width(scenario), 2),
            pairs=int(row["pairs"]),
            told=words.listed(
                [words.say("needed_one", half=words.number(half), pairs=words.count(pairs)) for half, pairs in needed]
            ),
            ratio=words.number(roughly(row["variance_ratio"]), 0),
        )

    def warnings(self) -> Iterator[str]:
        """Yield what came of a wanted precision, and that runs failed."""
        words = self.words
        if found := self.facts.comparison.precision:
            halves = {"asked": words.number(found.asked, 2), "half": words.number(found.half_width, 2)}
            phrase = "precise" if found.reached else "not_precise"
            yield words.say(phrase, pairs=found.pairs, needed=words.count(found.needed), **halves)
        if failed := len(self.facts.comparison.results.failed):
            yield words.say("failed", count=failed)


def roughly(ratio: float) -> float:
    """Return a ratio as a few pairs tell it: to whole numbers, from ten on to fives."""
    return 5.0 * round(ratio / 5.0) if ratio >= 10.0 else float(round(ratio, 0))


def about(field: FieldInfo, what: str) -> str:
    """Return what is said of a parameter: unit, source or role; empty if nothing."""
    extra = field.json_schema_extra
    return str(extra.get(what, "")) if isinstance(extra, dict) else ""
