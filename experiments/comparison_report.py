"""A comparison in words and short tables: comparison.md, and what the terminal shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import abm
from abm.indicators import BETWEEN
from abm.levers import AnyLever, Cost
from experiments import costs, ensemble, paired, store
from experiments.costs import ALL
from experiments.cube import axes
from experiments.differences import NATION, NEIGHBOURS, OTHER, REST, SHORTAGE, STEPS, SUPPLY, TARGET, WHOLE
from experiments.scenarios import LANGUAGES
from regions.maps import number

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic.fields import FieldInfo
    from rich.console import RenderableType

    from experiments.comparison import Comparison

FILE = "comparison.md"
NAME_WIDTH = 13
"""Of the names of scenarios on the terminal, at least."""
DETAILED = 5
"""Scenarios told of at length; of more there is one table, and the Parquet files."""
LOSERS = 5
REGIONS_NAMED = 6
YEARS_SHOWN = (2030, 2035)
"""In which the gain is told beside the first and the last year."""
WANTED = (1.0, 0.5)
"""Half widths, in fte, for which the number of pairs is told."""
MILLION = 1e6
MONEY_DIGITS = 3
DIGITS = 6
"""Decimals of a parameter's value that are shown at most."""
OWN = "user"
"""The source of a value that is not the default."""
ASSUMED = ("assumed", OWN)

Row = dict[str, Any]

# Phrases in the order of LANGUAGES.
TEXT: dict[str, tuple[str, str]] = {
    "title": ("{scenarios}, vergeleken met {baseline}", "{scenarios}, compared with {baseline}"),
    "variants": ("{count} varianten in {keys}", "{count} variants in {keys}"),
    "and_more": ("{first} en {count} andere", "{first} and {count} more"),
    "question": ("Vraag", "Question"),
    "asked": (
        "Wat verandert er tot 1 januari {year} ten opzichte van *{baseline}*: voor wie, tegen welke prijs, en hoe "
        "zeker is dat? Elk scenario is {pairs} keer naast *{baseline}* gelegd. De twee runs van een paar hebben "
        "hetzelfde toeval (dezelfde seed), zodat hun verschil van de maatregel komt.",
        "What changes until 1 January {year} from *{baseline}*: for whom, at what price, and how sure is that? Each "
        "scenario was laid beside *{baseline}* {pairs} times. The two runs of a pair have the same luck (the same "
        "seed), so that their difference comes from the measure.",
    ),
    "short": ("In het kort", "In short"),
    "gain_more": (
        "In {regions} werken op 1 januari {year} gemiddeld {gain} fte ({share}) meer huisartsen dan "
        "zonder (95%-interval {low} tot {high}).",
        "In {regions} there are {gain} fte ({share}) more GPs at work on 1 January {year} than without, "
        "on average (95% interval {low} to {high}).",
    ),
    "gain_less": (
        "In {regions} werken op 1 januari {year} gemiddeld {gain} fte ({share}) minder huisartsen dan "
        "zonder (95%-interval van het verschil {low} tot {high}).",
        "In {regions} there are {gain} fte ({share}) fewer GPs at work on 1 January {year} than without, "
        "on average (95% interval of the difference {low} to {high}).",
    ),
    "gain_none": (
        "In {regions} is op 1 januari {year} geen verschil in fte huisartsen aangetoond "
        "(95%-interval {low} tot {high}).",
        "In {regions} no difference in fte of GPs is shown on 1 January {year} "
        "(95% interval {low} to {high}).",
    ),
    "gain_same": (
        "In {regions} verandert het aantal fte huisartsen tot 1 januari {year} in geen enkel paar.",
        "In {regions} the fte of GPs until 1 January {year} change in none of the pairs.",
    ),
    "gain_unknown": (
        "Voor een uitspraak over {regions} zijn minstens twee paren nodig.",
        "To say something about {regions} takes at least two pairs.",
    ),
    "elsewhere": (
        "Daartegenover staat {neighbours} in de buurregio's en {rest} in de rest van het land; Nederland als "
        "geheel: {nation} ({low} tot {high}).",
        "Against that stand {neighbours} in the neighbouring regions and {rest} in the rest of the country; "
        "the nation as a whole: {nation} ({low} to {high}).",
    ),
    "not_shown": ("{text} (niet aangetoond)", "{text} (not shown)"),
    "demand_less": (
        "Het tekort daar is {change} fte kleiner: ook, of alleen, de vraag verandert.",
        "The shortage there is {change} fte less: demand changes too, or alone.",
    ),
    "demand_more": (
        "Het tekort daar is {change} fte groter: ook, of alleen, de vraag verandert.",
        "The shortage there is {change} fte more: demand changes too, or alone.",
    ),
    "price": (
        "Kosten {years}: {cost} miljoen euro, dat is {per} euro per extra fte-jaar ({low} tot {high}).",
        "Cost {years}: {cost} million euro, which is {per} euro per extra fte-year ({low} to {high}).",
    ),
    "price_shortage": (
        "Per fte-jaar minder tekort is dat {per} euro ({low} tot {high}).",
        "For each fte-year less shortage that is {per} euro ({low} to {high}).",
    ),
    costs.NO_GAIN: (
        "Kosten {years}: {cost} miljoen euro; over die jaren samen zijn geen extra fte-jaren aangetoond.",
        "Cost {years}: {cost} million euro; over those years together no extra fte-years are shown.",
    ),
    costs.NO_COST: (
        "Er zijn geen kosten opgegeven (het veld `cost` van een maatregel, en wat de maatregel zelf betaalt).",
        "No cost is given (the field `cost` of a lever, and what the lever itself pays).",
    ),
    costs.SAME_COST: (
        "De kosten zijn die van het basisscenario.",
        "The cost is that of the baseline.",
    ),
    costs.FEW: (
        "Kosten {years}: {cost} miljoen euro.", "Cost {years}: {cost} million euro.",
    ),
    "scenario": ("scenario", "scenario"),
    "aim": ("doel", "target"),
    "gain": ("winst doel, fte", "gain target, fte"),
    "less": ("minder tekort doel, fte", "less shortage target, fte"),
    "interval": ("95%-interval", "95% interval"),
    "chance": ("kans op minder tekort", "chance of less shortage"),
    "neighbours": ("buurregio's, fte", "neighbours, fte"),
    "rest": ("overige, fte", "rest, fte"),
    "nation": ("Nederland, fte", "nation, fte"),
    "cost": ("kosten, mln euro", "cost, million euro"),
    "per": ("euro per extra fte-jaar", "euro per extra fte-year"),
    "same": (" ({share} gelijk)", " ({share} same)"),
    "gain short": ("winst laatste jaar, fte", "gain last year, fte"),
    "chance short": ("kans", "chance"),
    "at_end": ("winst doel als de maatregel afloopt, fte", "gain target when the measure ends, fte"),
    "at_end short": ("winst bij afloop, fte", "gain at its end, fte"),
    "while_in_force": (
        "Op 1 januari {year}, als de maatregel afloopt, is het verschil in het doel {gain} fte ({interval}).",
        "On 1 January {year}, when the measure ends, the difference in the target is {gain} fte ({interval}).",
    ),
    "cost short": ("mln euro", "mln euro"),
    "per short": ("euro per fte-jaar", "euro per fte-year"),
    f"{costs.NO_GAIN} cell": ("geen winst", "no gain"),
    f"{costs.NO_COST} cell": ("", ""),
    f"{costs.SAME_COST} cell": ("", ""),
    f"{costs.FEW} cell": ("", ""),
    f"{costs.NO_GAIN} short": ("geen extra huisartsen", "no extra GPs"),
    f"{costs.NO_COST} short": ("geen kosten opgegeven", "no cost given"),
    f"{costs.SAME_COST} short": ("zelfde kosten", "same cost"),
    f"{costs.FEW} short": ("", ""),
    "summary_note": (
        "Verschil met {baseline} op 1 januari {year}, gemiddeld over de paren; kosten {years} samen, niet "
        "verdisconteerd. Doel: de regio's van de maatregelen, of Nederland. Kans: aandeel van de paren waarin het "
        "tekort van het doel kleiner is. Tekort is vraag min aanbod: een maatregel kan ook de vraag veranderen.",
        "Difference from {baseline} on 1 January {year}, mean over the pairs; cost {years} together, undiscounted. "
        "Target: the regions of the levers, or the nation. Chance: share of the pairs in which the target's shortage "
        "is less. Shortage is demand minus supply: a lever may change demand as well.",
    ),
    "words": ("De scenario's in woorden", "The scenarios in words"),
    "no_levers": ("Geen maatregelen.", "No levers."),
    "lever": (
        "- *{name}* ({kind}) in {regions}, {first} tot en met {last}{phase}: {sizes}",
        "- *{name}* ({kind}) in {regions}, {first} to {last}{phase}: {sizes}",
    ),
    "phase": (", in {years} jaar op volle sterkte", ", at full size in {years} years"),
    "whole": ("heel Nederland", "the whole country"),
    "many": ("{count} regio's", "{count} regions"),
    "list_and": ("{head} en {last}", "{head} and {last}"),
    "set": ("Anders dan de standaard: {fields}.", "Other than the default: {fields}."),
    "set_otherwise": ("Anders dan in *{baseline}*: {fields}.", "Other than in *{baseline}*: {fields}."),
    "where": ("Wie wint en wie verliest: {title}", "Who gains and who loses: {title}"),
    "region": ("regio", "region"),
    "without": ("fte zonder", "fte without"),
    "with": ("fte met", "fte with"),
    "difference": ("verschil, fte", "difference, fte"),
    "range": ("90% van de paren", "90% of the pairs"),
    "shares": ("tekort kleiner / gelijk / groter", "shortage less / same / more"),
    f"all {TARGET}": ("doelregio's samen", "targets together"),
    f"all {NEIGHBOURS}": ("buurregio's samen", "neighbours together"),
    f"all {REST}": ("overige regio's", "rest"),
    f"all {WHOLE}": ("Nederland", "the nation"),
    "where_note": (
        "95%-interval: van het gemiddelde verschil. 90% van de paren: waar het verschil in één toekomst meestal ligt. "
        "Buurregio's: met een gemeenschappelijke grens, ook over water. Waarnemers die in meer regio's werken, tellen "
        "in elk voor een deel.",
        "95% interval: of the mean difference. 90% of the pairs: where the difference mostly lies in a single future. "
        "Neighbours: regions with a common border, water included. Locums who work in several regions count for a part "
        "in each.",
    ),
    "when": (
        "Verschil in het doel in de loop van de jaren: {told}.",
        "Difference in the target over the years: {told}.",
    ),
    "origin": ("Waar de huisartsen vandaan komen", "Where the GPs come from"),
    "origin_note": (
        "Het verschil in fte in het doel, uiteengelegd naar wat er sinds het begin anders ging. Wie door de maatregel "
        "komt en later verhuist, telt in beide regels; en waar het tekort kleiner is, komen minder anderen.",
        "The difference in fte in the target, by what went otherwise since the start. Who comes because of the measure "
        "and moves later counts in both rows; and where the shortage is less, fewer others come.",
    ),
    "graduates": ("pas opgeleiden die hier beginnen", "new graduates who start here"),
    "arrivals": ("uit het buitenland", "from abroad"),
    "moves": ("verhuizingen, in min uit", "moves, in minus out"),
    "leavers": ("minder vertrek uit het vak (min: meer)", "fewer who stop (minus: more)"),
    OTHER: ("uren, rollen, waarnemen buiten de eigen regio", "hours, roles, locum work outside the own region"),
    SUPPLY: ("samen", "together"),
    "step": ("wat", "what"),
    "losers": ("Regio's die het meest verliezen: {told}.", "Regions that lose most: {told}."),
    "losers_none": ("Geen regio verliest aantoonbaar.", "No region is shown to lose."),
    "losers_some": (
        "Aantal regio's waarvan verlies is aangetoond (95%-interval onder nul): {count}.",
        "Number of regions of which a loss is shown (95% interval below zero): {count}.",
    ),
    "money": ("Kosten", "Cost"),
    "reached": ("bereikt", "reached"),
    "anyway": ("waren er ook zonder", "would be there anyway"),
    "euros": ("mln euro {years}", "million euro {years}"),
    "yes": ("ja", "yes"),
    "no": ("nee", "no"),
    "measure": ("maatregel", "lever"),
    "all": ("alle samen", "all together"),
    "unit person-years": ("huisartsjaren", "GP-years"),
    "unit fte-years": ("fte-jaren vraag", "fte-years of demand"),
    "unit persons": ("huisartsen", "GPs"),
    "at_least": ("minstens {text}", "at least {text}"),
    "cost_note": (
        "Bereikt: wie onder de maatregel valt, ook wie er zonder de maatregel was geweest; huisartsjaren als iemand "
        "elk jaar opnieuw telt. Waren er ook zonder: bereikt min het verschil met {baseline} in dezelfde regio's en "
        "jaren; het gaat om aantallen, niet om dezelfde mensen. Bedragen in euro van nu, niet verdisconteerd.",
        "Reached: who falls under the lever, those included who would have been there without; GP-years where somebody "
        "counts again every year. Would be there anyway: reached minus the difference from {baseline} in the same "
        "regions and years; numbers are meant, not the same people. Amounts in euro of today, undiscounted.",
    ),
    "unequal": ("Ongelijkheid tussen regio's", "Inequality between regions"),
    "indicator": ("maat", "measure"),
    "at_without": ("{year} zonder", "{year} without"),
    "at_with": ("{year} met", "{year} with"),
    "change": ("verschil", "difference"),
    "unequal_note": ("Minder is gelijker.", "Less is more equal."),
    "sure": ("Hoe zeker is dit", "How sure is this"),
    "chance_alone": (
        "Het interval draagt alleen toeval. Hoe sterk huisartsen op een maatregel reageren en alle andere parameters "
        "liggen vast; `--ensemble` laat ook variëren wat daarvan niet bekend is.",
        "The interval carries chance alone. How strongly GPs respond to a lever, and all other parameters, are fixed; "
        "`--ensemble` lets what is not known of them vary as well.",
    ),
    "with_ensemble": (
        "Elk paar trekt ook wat niet bekend is: {sources}. Het 95%-interval is dat van het gemiddelde daarover, met "
        "toeval, en wordt smaller met meer paren. Hoe verschillend het effect kan uitvallen, staat onder *90% van de "
        "paren*; dat wordt niet smaller.",
        "Each pair also draws what is not known: {sources}. The 95% interval is that of the mean over it, with chance, "
        "and narrows with more pairs. How differently the effect may turn out is under *90% of the pairs*; that does "
        "not narrow.",
    ),
    "source behaviour": ("parameters van gedrag", "parameters of behaviour"),
    "source base_year": ("het beginjaar", "the base year"),
    "source forecast": ("de bevolkingsprognose", "the population forecast"),
    "source response": ("de reactie op maatregelen", "the response to levers"),
    "source national": ("het landelijke model", "the national model"),
    "needed": (
        "- {title}: bekend op ±{half} fte met {pairs} paren; {told}. Onafhankelijke seeds zouden {ratio} keer zo veel "
        "runs vragen.",
        "- {title}: known to ±{half} fte with {pairs} pairs; {told}. Independent seeds would take {ratio} times as "
        "many runs.",
    ),
    "worst": (
        "Van alle scenario's is de winst het minst nauwkeurig bekend van:",
        "Of all scenarios the gain is known least precisely of:",
    ),
    "needed_one": ("±{half} fte vraagt er {pairs}", "±{half} fte takes {pairs}"),
    "needed_many": ("meer dan {pairs}", "more than {pairs}"),
    "no_variation": (
        "- {title}: alle paren verschillen even veel; het aantal paren doet er niet toe.",
        "- {title}: all pairs differ by the same; the number of pairs does not matter.",
    ),
    "precise": (
        "Gevraagd: ±{asked} fte. Bereikt: ±{half} fte met {pairs} paren.",
        "Asked: ±{asked} fte. Reached: ±{half} fte with {pairs} pairs.",
    ),
    "not_precise": (
        "Gevraagd: ±{asked} fte. Niet bereikt: ±{half} fte met {pairs} paren; daarvoor zijn er {needed} nodig "
        "(`--replications`).",
        "Asked: ±{asked} fte. Not reached: ±{half} fte with {pairs} pairs; that takes {needed} (`--replications`).",
    ),
    "failed": (
        "Mislukte runs: {count}. Een paar waarvan een run mislukt is, telt niet mee; er zijn dan minder paren. "
        "Zie manifest.json.",
        "Failed runs: {count}. A pair of which a run failed is left out; there are fewer pairs then. See "
        "manifest.json.",
    ),
    "assumed": ("Wat is aangenomen", "What is assumed"),
    "assumed_note": (
        "Hoe huisartsen reageren, en groottes en bedragen die niet uit een bron komen. E-nummers zijn rijen van "
        "`regions/data/evidence.csv`; *user* is door de gebruiker gekozen.",
        "How GPs respond, and sizes and amounts that come from no source. E numbers are rows of "
        "`regions/data/evidence.csv`; *user* is the user's own choice.",
    ),
    "parameter": ("parameter", "parameter"),
    "value": ("waarde", "value"),
    "unit": ("eenheid", "unit"),
    "likely": ("waarschijnlijk", "likely"),
    "source": ("bron", "source"),
    "model_note": (
        "Het model zelf en wat daarin is aangenomen: docs/model.md. Wat het raak en mis heeft: docs/validation.",
        "The model itself and what it assumes: docs/model.md. What it gets right and wrong: docs/validation.",
    ),
    "files": (
        "Alle indicatoren, jaren en regio's: comparison.parquet, displacement.parquet en costs.parquet. gp-settlement "
        "{version}, {pairs} paren, seed {seed}.",
        "All indicators, years and regions: comparison.parquet, displacement.parquet and costs.parquet. gp-settlement "
        "{version}, {pairs} pairs, seed {seed}.",
    ),
    "not_detailed": (
        "Van {count} scenario's staat hier alleen de tabel; de rest staat in de Parquet-bestanden.",
        "Of {count} scenarios there is only the table here; the rest is in the Parquet files.",
    ),
}  # fmt: skip
KINDS: dict[str, tuple[str, str]] = {
    "settlement_bonus": ("vestigingsbonus per jaar", "yearly settlement bonus"),
    "start_premium": ("startpremie", "start premium"),
    "takeover_support": ("hulp bij praktijkovername", "help with taking over a practice"),
    "ownership_training": ("praktijkhouderschap in de opleiding", "ownership in the training"),
    "partner_programme": ("partner- en gezinsprogramma", "partner and family programme"),
    "campaign": ("wervingscampagne", "campaign"),
    "placements": ("opleidingsdeel in de regio", "placements in the region"),
    "training_places": ("opleidingsplaatsen", "training places"),
    "selection": ("selectie op herkomst", "selection by origin"),
    "obligation": ("verplichting om in de regio te werken", "obligation to work in the region"),
    "travel_support": ("reis- en mobiliteitssteun", "travel and mobility support"),
    "locum_market": ("waarneming minder aantrekkelijk", "locum work less attractive"),
    "later_retirement": ("langer doorwerken", "later retirement"),
    "hours": ("meer uren", "more hours"),
    "task_shifting": ("taakverschuiving en minder vraag", "task shifting and less demand"),
    "smaller_practices": ("kleinere praktijken", "smaller practices"),
    "medical_school": ("instroom in geneeskunde", "intake of medical school"),
}
UNITS_NL = {
    "euro/year": "euro per jaar",
    "utility": "nut",
    "utility per 10,000 euro a year": "nut per 10.000 euro per jaar",
    "utility per 10,000 euro": "nut per 10.000 euro",
    "utility per 10% less work": "nut per 10% minder werk",
    "share": "aandeel",
    "share of graduates": "aandeel van de afgestudeerden",
    "share of intake": "aandeel van de instroom",
    "share of demand": "aandeel van de vraag",
    "share of demand a year": "aandeel van de vraag per jaar",
    "months": "maanden",
    "years": "jaar",
    "ratio": "verhouding",
    "places/year": "plaatsen per jaar",
    "persons/year": "personen per jaar",
    "per obliged": "per verplichte",
    "patients per fte": "ingeschrevenen per fte",
}
COMMON = ("kind", "name", "regions", "first", "last", "phase_in", "cost")


def write(comparison: Comparison, lang: str) -> Path:
    """Write comparison.md into the results folder; return its path."""
    file = comparison.folder / FILE
    with store.replacing(file) as path:
        path.write_text("\n".join(page(comparison, lang)), encoding="utf-8")
    return file


def page(comparison: Comparison, lang: str) -> Iterator[str]:
    """Yield the lines of the page."""
    return Teller(comparison, lang).page()


def tables(comparison: Comparison, lang: str) -> Iterator[RenderableType]:
    """Yield the table of all scenarios, to print with rich."""
    from rich.table import Table

    from experiments.console import LOOK

    teller = Teller(comparison, lang)
    headings, rows = teller.shortest()
    table = Table(title=teller.title(), caption=teller.overview_note(), **LOOK)
    for place, heading in enumerate(headings):
        name = place == 0 and not comparison.keys
        width = NAME_WIDTH if name else None
        table.add_column(heading, justify="left" if name else "right", overflow="fold", min_width=width)
    for row in rows:
        table.add_row(*row)
    yield table
    for line in teller.warnings():
        yield f"{line}\n"


class Teller:
    """Tells of a comparison in a language."""

    def __init__(self, comparison: Comparison, lang: str) -> None:
        """Take what is told of."""
        self._found, self._lang = comparison, lang
        self._manifest = comparison.results.manifest
        self._baseline = comparison.baseline
        self._summary = {str(row["scenario"]): row for row in _records(comparison.summary)}
        there = axes(comparison.results)
        self._first, self._last = int(there.years[0]), int(there.years[-1])
        self._names = dict(zip(there.codes, there.names, strict=True))
        targets = comparison.read("displacement", year=self._last, quantity=SUPPLY, group=TARGET)
        named = targets[targets["region_code"].isin(self._names)]
        self._targets = named.groupby("scenario")["region_code"].agg(list).to_dict()
        self._displacement: dict[str, list[Row]] = {}

    # Words and numbers

    def say(self, phrase: str, **words: object) -> str:
        """Return a phrase with its words filled in."""
        return TEXT[phrase][LANGUAGES.index(self._lang)].format(**words)

    def _number(self, value: float, decimals: int = 1, signed: bool = False) -> str:
        if np.isnan(value):
            return ""
        text = number(value, decimals, "nl" if self._lang == "nl" else "en")
        return f"+{text}" if signed and round(value, decimals) > 0 else text

    def _share(self, value: float) -> str:
        return f"{self._number(100 * value, 0)}%" if not np.isnan(value) else ""

    def _listed(self, words: Sequence[str]) -> str:
        return self.say("list_and", head=", ".join(words[:-1]), last=words[-1]) if len(words) > 1 else "".join(words)

    def _interval(self, row: Row, low: str = "low", high: str = "high", decimals: int = 1) -> str:
        if np.isnan(row[low]):
            return ""
        return f"[{self._number(row[low], decimals)}; {self._number(row[high], decimals)}]"

    def _title(self, scenario: str) -> str:
        return str(self._manifest["scenarios"][scenario]["title"].get(self._lang, scenario))

    def regions(self, scenario: str) -> str:
        """Return the names of a scenario's targets."""
        named = [self._names[code] for code in self._targets.get(scenario, [])]
        if not named:
            return self.say("whole")
        return self._listed(named) if len(named) <= REGIONS_NAMED else self.say("many", count=len(named))

    # What is told of

    def _rows(self, scenario: str, quantity: str, year: int | None = None) -> list[Row]:
        if scenario not in self._displacement:
            self._displacement[scenario] = _records(self._found.read("displacement", scenario=scenario))
        year = self._last if year is None else year
        return [one for one in self._displacement[scenario] if one["quantity"] == quantity and one["year"] == year]

    def _group(self, scenario: str, quantity: str, group: str, year: int | None = None) -> Row | None:
        rows = self._rows(scenario, quantity, year)
        return next((row for row in rows if row["group"] == group and row["region_code"] not in self._names), None)

    def _members(self, scenario: str, group: str) -> list[str]:
        rows = self._rows(scenario, SUPPLY)
        return [row["region_code"] for row in rows if row["group"] == group and row["region_code"] in self._names]

    def _costs(self, scenario: str) -> list[Row]:
        frame = self._found.costs
        return _records(frame[(frame["scenario"] == scenario) & frame["year"].isna()])

    # The page

    def page(self) -> Iterator[str]:
        """Yield the lines of the page."""
        every = self._found.scenarios
        detailed = every if len(every) <= DETAILED and not self._found.keys else ()
        yield from ("# " + self.title(), "")
        yield from self._section("question")
        baseline = self._title(self._found.baseline)
        yield from (self.say("asked", year=self._last, baseline=baseline, pairs=self._pairs()), "")
        yield from self._section("short")
        for scenario in detailed:
            yield from (f"**{self._title(scenario)}.** {' '.join(self.sentences(scenario))}", "")
        yield from self._table(*self.overview(), texts=2 + len(self._found.keys))
        yield from (self.overview_note(), "")
        if not detailed:
            yield from (self.say("not_detailed", count=len(every)), "")
        yield from self._words([self._found.baseline, *(every[:1] if self._found.keys else every)])
        for scenario in detailed:
            yield from self._where(scenario)
            yield from self._origin(scenario)
        yield from self._costs_told(detailed)
        yield from self._unequal(detailed)
        yield from self._sure(detailed or every)
        yield from self._assumed(every)
        version, seed = self._manifest["version"], self._manifest["seed"]
        yield from (self.say("files", version=version, pairs=self._pairs(), seed=seed), "")

    def title(self) -> str:
        """Return what was compared with what."""
        titles = [self._title(scenario) for scenario in self._found.scenarios]
        if self._found.keys:
            told = self.say("variants", count=len(titles), keys=self._listed(self._found.keys))
        elif len(titles) <= DETAILED:
            told = self._listed(titles)
        else:
            told = self.say("and_more", first=titles[0], count=len(titles) - 1)
        return self.say("title", baseline=self._title(self._found.baseline), scenarios=told)

    def overview(self) -> tuple[list[str], list[list[str]]]:
        """Return headings and rows of the table of all scenarios."""
        keys = list(self._found.keys)
        end = ["at_end"] if self._end_early() else []
        names = ["aim", *end, "gain", "interval", "neighbours", "rest", "nation", "less", "chance", "cost", "per"]
        rows = []
        for row in self._summary.values():
            rows.append(
                [
                    str(row["scenario"]),
                    *(self._value(row[key]) for key in keys),
                    self.regions(row["scenario"]),
                    *self._at_end(row["scenario"]),
                    self._number(row["gain"], signed=True),
                    self._interval(row, "gain_low", "gain_high"),
                    *(self._number(row[group], signed=True) for group in (NEIGHBOURS, REST, WHOLE)),
                    self._number(row["less_shortage"], signed=True),
                    self._chance(row),
                    "" if row["note"] == costs.NO_COST else self._number(row["cost"] / MILLION),
                    self._price(row),
                ]
            )
        return [self.say("scenario"), *keys, *(self.say(name) for name in names)], rows

    def shortest(self) -> tuple[list[str], list[list[str]]]:
        """Return headings and rows of the table for a terminal: variants by what they have of the sweep."""
        keys = list(self._found.keys)
        names = [*(["at_end"] if self._end_early() else []), "gain", "chance", "cost", "per"]
        rows = []
        for row in self._summary.values():
            first = [self._value(row[key]) for key in keys] if keys else [str(row["scenario"])]
            rows.append(
                [
                    *(first if any(first) else [str(row["scenario"]), *first[1:]]),
                    *self._at_end(row["scenario"]),
                    f"{self._number(row['gain'], signed=True)}\n{self._interval(row, 'gain_low', 'gain_high')}",
                    self._chance(row),
                    "" if row["note"] == costs.NO_COST else self._number(row["cost"] / MILLION),
                    self.say(f"{row['note']} cell") if row["note"] else self._money(row["cost_per_fte_year"]),
                ]
            )
        return [*(keys or [self.say("scenario")]), *(self.say(f"{name} short") for name in names)], rows

    def _price(self, row: Row) -> str:
        return self.say(f"{row['note']} short") if row["note"] else self._money(row["cost_per_fte_year"])

    def _chance(self, row: Row) -> str:
        same = self.say("same", share=self._share(row["chance_same"])) if row["chance_same"] else ""
        return self._share(row["chance_better"]) + same

    def overview_note(self) -> str:
        """Return what the figures of the table of all scenarios are."""
        baseline = self._title(self._found.baseline)
        return self.say("summary_note", baseline=baseline, year=self._last, years=self._years_of_cost())

    def _years_of_cost(self) -> str:
        return f"{self._first}-{self._last - 1}"

    def _value(self, value: object) -> str:
        if isinstance(value, bool):
            return self.say("yes" if value else "no")
        if isinstance(value, float) and not np.isnan(value):
            decimals = next((d for d in range(DIGITS) if round(value, d) == value), DIGITS)
            return self._number(value, decimals)
        return str(value) if isinstance(value, int | str) else ""

    def _unit(self, field: FieldInfo) -> str:
        unit = str(_about(field, "unit"))
        return UNITS_NL.get(unit, unit) if self._lang == "nl" else unit

    def _money(self, euros: float) -> str:
        return self._number(rounded(euros), 0)

    def _pairs(self) -> str:
        counts = sorted({int(row["pairs"]) for row in self._summary.values()})
        return f"{counts[0]}-{counts[-1]}" if len(counts) > 1 else str(counts[0])

    def _section(self, phrase: str, **words: object) -> tuple[str, str]:
        return "## " + self.say(phrase, **words), ""

    def _table(self, headings: Sequence[str], rows: Iterable[Sequence[str]], texts: int = 1) -> Iterator[str]:
        """Yield a table, with so many columns of text at the left of those of numbers."""
        yield "| " + " | ".join(headings) + " |"
        yield "|" + "".join("---|" if place < texts else "--:|" for place in range(len(headings)))
        yield from ("| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows)
        yield ""

    def sentences(self, scenario: str) -> Iterator[str]:
        """Yield the answer in a few sentences."""
        row = self._summary[scenario]
        words = {"regions": self.regions(scenario), "year": self._last}
        if np.isnan(row["gain_low"]):
            yield self.say("gain_unknown", **words)
            return
        end = self._end(scenario)
        if end < self._last and (ended := self._group(scenario, SUPPLY, self._aim(scenario), end)):
            told = {"gain": self._number(ended["difference"], signed=True), "interval": self._interval(ended)}
            yield self.say("while_in_force", year=end, **told)
        phrase = "gain_more" if row["gain_low"] > 0 else "gain_less" if row["gain_high"] < 0 else "gain_none"
        phrase = "gain_same" if row["gain_low"] == row["gain_high"] == 0 else phrase
        ends = {"low": self._number(row["gain_low"]), "high": self._number(row["gain_high"])}
        share = f"{self._number(100 * abs(row['gain']) / row['without'])}%" if row["without"] else ""
        yield self.say(phrase, gain=self._number(abs(row["gain"])), share=share, **ends, **words)
        if row["aim"] == TARGET and phrase in ("gain_more", "gain_less"):
            others = {group: self._with_doubt(row, group) for group in (NEIGHBOURS, REST)}
            others[WHOLE] = f"{self._number(row[WHOLE], signed=True)} fte"
            ends = {"low": self._number(row[f"{WHOLE}_low"]), "high": self._number(row[f"{WHOLE}_high"])}
            yield self.say("elsewhere", **others, **ends)
        demand_changes = abs(row["less_shortage"] - row["gain"]) > paired.SAME * max(1.0, abs(row["gain"]))
        if demand_changes:
            phrase = "demand_less" if row["less_shortage"] > 0 else "demand_more"
            yield self.say(phrase, change=self._number(abs(row["less_shortage"])))
        money = {"cost": self._number(row["cost"] / MILLION), "years": self._years_of_cost()}
        names = (("per", ""), ("low", "_low"), ("high", "_high"))
        per = {name: self._money(row[f"cost_per_fte_year{end}"]) for name, end in names}
        yield self.say(row["note"] or "price", **money, **per)
        if demand_changes and not np.isnan(row["cost_per_less_shortage"]):
            per = {name: self._money(row[f"cost_per_less_shortage{end}"]) for name, end in names}
            yield self.say("price_shortage", **per)

    def _end(self, scenario: str) -> int:
        """Return the 1 January on which the last of the measures in which a scenario differs has ended, or the last."""
        own, usual = (self._manifest["scenarios"][name]["parameters"]["levers"] for name in (scenario, self._baseline))
        ends = [lever["last"] + 1 for lever in own if lever not in usual]
        return min(self._last, max(ends, default=self._last))

    def _end_early(self) -> bool:
        """Whether the measures of any scenario end before the run does."""
        return any(self._end(scenario) < self._last for scenario in self._summary)

    def _at_end(self, scenario: object) -> list[str]:
        """Return the cell with what the target has gained when the measures end, none where all go on."""
        if not self._end_early():
            return []
        row = self._group(str(scenario), SUPPLY, self._aim(str(scenario)), self._end(str(scenario)))
        return [self._at(row) if row else ""]

    def _with_doubt(self, row: Row, group: str) -> str:
        """Return what a group gains, marked where the interval does not show it."""
        text = f"{self._number(row[group], signed=True)} fte"
        shown = row[f"{group}_low"] > 0 or row[f"{group}_high"] < 0
        return text if shown else self.say("not_shown", text=text)

    def _words(self, scenarios: Iterable[str]) -> Iterator[str]:
        yield from self._section("words")
        for scenario in scenarios:
            about = self._manifest["scenarios"][scenario]
            yield from (f"### {self._title(scenario)} (`{scenario}`)", "")
            if (told := about["description"].get(self._lang)) and not self._found.keys:  # a variant is not as told
                yield from (told, "")
            if fields := self._other_fields(scenario):
                yield from (fields, "")
            levers = costs.levers(self._found.results, scenario)
            yield from ([self._lever(lever) for lever in levers] or [self.say("no_levers")])
            yield ""

    def _other_fields(self, scenario: str) -> str:
        """Tell the parameters in which a scenario differs from the baseline, and the baseline from the default."""
        parameters = {name: about["parameters"] for name, about in self._manifest["scenarios"].items()}
        own, other = parameters[scenario], parameters[self._found.baseline]
        if scenario == self._found.baseline:
            other = abm.Scenario().model_dump(mode="json")
        differing = [key for key, value in own.items() if value != other.get(key) and key not in ("name", "levers")]
        told = ", ".join(f"`{key}` {own[key]}" for key in differing)
        phrase = "set" if scenario == self._found.baseline else "set_otherwise"
        return self.say(phrase, fields=told, baseline=self._title(self._found.baseline)) if told else ""

    def _lever(self, lever: AnyLever) -> str:
        sizes = [
            f"`{name}` {self._value(getattr(lever, name))} {self._unit(field)}".rstrip()
            for name, field in type(lever).model_fields.items()
            if name not in COMMON and _about(field, "role") != "uncertainty"
        ]
        sizes += [
            f"`cost.{name}` {self._value(getattr(lever.cost, name))} {self._unit(field)}"
            for name, field in Cost.model_fields.items()
            if isinstance(getattr(lever.cost, name), float) and getattr(lever.cost, name)
        ]
        places = [self._names.get(region, region) for region in lever.regions]
        return self.say(
            "lever",
            name=lever.name,
            kind=KINDS[lever.kind][LANGUAGES.index(self._lang)],
            regions=self._listed(places) or self.say("whole"),
            first=lever.first,
            last=lever.last,
            phase=self.say("phase", years=lever.phase_in) if lever.phase_in else "",
            sizes=", ".join(sizes),
        )

    def _where(self, scenario: str) -> Iterator[str]:
        """Yield who gains and who loses."""
        yield from self._section("where", title=self._title(scenario))
        supply, shortage = self._rows(scenario, SUPPLY), self._rows(scenario, SHORTAGE)
        rows = []
        for group in (TARGET, NEIGHBOURS, REST, WHOLE):
            for fte, less in zip(supply, shortage, strict=True):
                of_region = fte["region_code"] in self._names
                if fte["group"] != group or (of_region and group not in (TARGET, NEIGHBOURS)):
                    continue
                if not of_region and group in (TARGET, NEIGHBOURS) and len(self._members(scenario, group)) < 2:
                    continue
                name = self._names[fte["region_code"]] if of_region else f"**{self.say('all ' + group)}**"
                rows.append([name, *self._change(fte), self._thirds(less)])
        headings = ("region", "without", "with", "difference", "interval", "range", "shares")
        yield from self._table([self.say(name) for name in headings], rows)
        yield from (self.say("where_note"), "")
        told = [
            row for year in self._years(scenario) if (row := self._group(scenario, SUPPLY, self._aim(scenario), year))
        ]
        yield self.say("when", told="; ".join(self._at(row) for row in told))
        yield ""

    def _years(self, scenario: str) -> list[int]:
        years = {*YEARS_SHOWN, self._end(scenario), self._last}
        return sorted(year for year in years if self._first < year <= self._last)

    def _at(self, row: Row) -> str:
        return f"{row['year']} {self._number(row['difference'], signed=True)} {self._interval(row)}".rstrip()

    def _aim(self, scenario: str) -> str:
        return TARGET if self._members(scenario, TARGET) else WHOLE

    def _change(self, row: Row) -> list[str]:
        return [
            self._number(row["mean_baseline"]),
            self._number(row["mean_scenario"]),
            self._number(row["difference"], signed=True),
            self._interval(row),
            self._interval(row, "run_low", "run_high"),
        ]

    def _thirds(self, row: Row) -> str:
        return " / ".join(self._share(row[name]) for name in ("share_better", "share_same", "share_worse"))

    def _origin(self, scenario: str) -> Iterator[str]:
        """Yield what the gain consists of, and which regions lose."""
        yield from ("### " + self.say("origin"), "")
        aim = self._aim(scenario)
        rows = []
        for quantity in (*STEPS, OTHER, SUPPLY):
            if row := self._group(scenario, quantity, aim):
                text = self.say(quantity)
                cells = [self._number(row["difference"], signed=True), self._interval(row)]
                rows.append([f"**{text}**" if quantity == SUPPLY else text, *cells])
        yield from self._table([self.say("step"), self.say("difference"), self.say("interval")], rows)
        yield from (self.say("origin_note"), "")
        others = [row for row in self._rows(scenario, SUPPLY) if row["region_code"] in self._names]
        losing = sorted((row for row in others if row["high"] < 0), key=lambda row: row["difference"])
        if losing:
            told = "; ".join(
                f"{self._names[row['region_code']]} {self._number(row['difference'])} {self._interval(row)}"
                for row in losing[:LOSERS]
            )
            yield self.say("losers", told=told) + " " + self.say("losers_some", count=len(losing))
        else:
            yield self.say("losers_none")
        yield ""

    def _costs_told(self, scenarios: Iterable[str]) -> Iterator[str]:
        """Yield what levers cost and whom they reach."""
        rows = []
        for scenario in scenarios:
            found = {(row["lever"], row["quantity"]): row for row in self._costs(scenario)}
            levers = [lever for lever in dict.fromkeys(lever for lever, _ in found) if lever != ALL]
            for lever in levers:
                anyway = found.get((lever, "reached_anyway"))
                reached = found.get((lever, "reached_persons")) or found[lever, "reached_fte"]
                rows.append(
                    [
                        f"{self._title(scenario)}: {lever}",
                        f"{self._number(reached['value'], 0)} {self.say('unit ' + reached['unit'])}",
                        self._anyway(anyway, reached["value"]) if anyway else "",
                        self._money_of(found[lever, "cost"]),
                    ]
                )
            if len(levers) > 1:
                name = f"**{self._title(scenario)}: {self.say('all')}**"
                rows.append([name, "", "", self._money_of(found[ALL, "cost"])])
        if not rows:
            return
        yield from self._section("money")
        years = self._years_of_cost()
        yield from self._table(
            [self.say(name, years=years) for name in ("measure", "reached", "anyway", "euros")], rows
        )
        yield from (self.say("cost_note", baseline=self._title(self._found.baseline)), "")

    def _anyway(self, row: Row, reached: float) -> str:
        text = f"{self._number(row['value'], 0)} {self._interval(row, decimals=0)}".rstrip()
        text += f", {self._share(row['value'] / reached)}" if reached else ""
        return self.say("at_least", text=text) if row["note"] else text

    def _money_of(self, row: Row) -> str:
        value, low, high = (row[name] / MILLION for name in ("value", "low", "high"))
        return f"{self._number(value, 2)} {self._interval({'low': low, 'high': high}, decimals=2)}".rstrip()

    def _unequal(self, scenarios: Iterable[str]) -> Iterator[str]:
        """Yield how unequal the regions are at the start, at the end without, and at the end with each scenario."""
        rows = []
        for scenario in scenarios:
            for one in BETWEEN:
                found = self._found.read("comparison", scenario=scenario, indicator=one.name, region_code=NATION)
                row, start = _records(found)[-1], _records(found)[0]["mean_baseline"]
                digits = 1 if one.unit == "regions" else 4
                figures = [start, *(row[name] for name in ("mean_baseline", "mean_scenario"))]
                label = one.label_nl if self._lang == "nl" else one.label_en
                told = [self._number(value, digits) for value in figures]
                told += [self._number(row["difference"], digits, signed=True), self._interval(row, decimals=digits)]
                rows.append([self._title(scenario), label, *told])
        if not rows:
            return
        yield from self._section("unequal")
        ends = [self.say(phrase, year=self._last) for phrase in ("at_without", "at_with")]
        names = ("scenario", "indicator", "change", "interval")
        scenario, indicator, change, interval = (self.say(name) for name in names)
        yield from self._table([scenario, indicator, str(self._first), *ends, change, interval], rows, texts=2)
        yield from (self.say("unequal_note"), "")

    def _sure(self, scenarios: Iterable[str]) -> Iterator[str]:
        """Yield what the intervals carry, and how many pairs a precision takes."""
        yield from self._section("sure")
        if self._manifest["ensemble"]:
            with_levers = any(about["parameters"]["levers"] for about in self._manifest["scenarios"].values())
            drawn = ensemble.SOURCES if with_levers else ensemble.SOURCES_ALWAYS
            yield self.say("with_ensemble", sources=self._listed([self.say(f"source {name}") for name in drawn]))
        else:
            yield self.say("chance_alone")
        yield ""
        known = [one for one in scenarios if not np.isnan(self._summary[one]["gain_sd"])]
        if len(known) > DETAILED:
            known = [max(known, key=lambda one: self._half(self._summary[one]))]
            yield self.say("worst")
        for scenario in known:
            row = self._summary[scenario]
            if row["gain_sd"] == 0:
                yield self.say("no_variation", title=self._title(scenario))
                continue
            needed = [(half, paired.pairs_needed(row["gain_sd"], half)) for half in WANTED]
            told = [self.say("needed_one", half=self._number(half), pairs=self._count(pairs)) for half, pairs in needed]
            half = self._number(self._half(row), 2)
            words = {"title": self._title(scenario), "half": half, "pairs": int(row["pairs"])}
            ratio = self._number(row["variance_ratio"], 1)
            yield self.say("needed", told=self._listed(told), ratio=ratio, **words)
        for line in self.warnings():
            yield from ("", line)
        yield ""

    def warnings(self) -> Iterator[str]:
        """Yield what came of a wanted precision, and that runs failed."""
        if found := self._found.precision:
            words = {"asked": self._number(found.asked, 2), "half": self._number(found.half_width, 2)}
            phrase = "precise" if found.reached else "not_precise"
            yield self.say(phrase, pairs=found.pairs, needed=self._count(found.needed), **words)
        if failed := len(self._found.results.failed):
            yield self.say("failed", count=failed)

    def _half(self, row: Row) -> float:
        return float(paired.half_width(row["gain_sd"], row["pairs"]))

    def _count(self, pairs: int | None) -> str:
        if pairs is None:
            return self.say("needed_many", pairs=self._number(paired.MOST, 0))
        return self._number(pairs, 0)

    def _assumed(self, scenarios: Iterable[str]) -> Iterator[str]:
        """Yield the parameters of levers that are assumed, and how GPs respond, with their sources."""
        rows: list[tuple[str, ...]] = []
        for scenario in scenarios:
            given = self._manifest["scenarios"][scenario].get("sources", {})
            for lever in costs.levers(self._found.results, scenario):
                for name, field in type(lever).model_fields.items():
                    declared = _about(field, "source") if getattr(lever, name) == field.default else OWN
                    source = given.get(f"{lever.name}.{name}", declared)
                    response = _about(field, "role") == "uncertainty"
                    swept = {name, f"{lever.name}.{name}"} & set(self._found.keys)
                    if name in COMMON or swept or not (response or str(source).startswith(ASSUMED)):
                        continue
                    prior = _about(field, "prior") or ["", ""]
                    likely = " - ".join(self._value(end) for end in prior if end != "")
                    value = self._value(getattr(lever, name))
                    rows.append((f"`{lever.name}.{name}`", value, self._unit(field), likely, str(source)))
                for name, field in Cost.model_fields.items():
                    if unit := self._unit(field):
                        value = self._value(getattr(lever.cost, name))
                        rows.append((f"`{lever.name}.cost.{name}`", value, unit, "", lever.cost.source))
        yield from self._section("assumed")
        if rows:
            yield from (self.say("assumed_note"), "")
            headings = [self.say(name) for name in ("parameter", "value", "unit", "likely", "source")]
            yield from self._table(headings, dict.fromkeys(rows), texts=len(headings))
        yield from (self.say("model_note"), "")


def rounded(euros: float) -> float:
    """Return an amount to three digits: more are not known."""
    digits = len(str(int(abs(euros)))) if np.isfinite(euros) else 0
    return euros if np.isnan(euros) else round(euros, min(0, MONEY_DIGITS - digits))


def _records(frame: pd.DataFrame) -> list[Row]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _about(field: FieldInfo, what: str) -> Any:
    """Return what is said of a parameter: unit, source, role or prior; empty if nothing."""
    extra = field.json_schema_extra
    return extra.get(what, "") if isinstance(extra, dict) else ""
