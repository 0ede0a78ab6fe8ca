"""Indicators by region and for the nation: what they are called, their unit, and how they add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from regions.classes import Language

Kind = Literal["sum", "flow", "rate", "overlap"]

RECENT_YEARS = 5  # graduates of the last five years count as recent; outflow is expected over as many


@dataclass(frozen=True)
class Indicator:
    """One column of the results.

    A `sum` adds up over regions; so does a `flow`, but for the moves between them; a `rate` does not. An `overlap`
    adds up to more than the nation, where every GP counts once.
    """

    name: str
    unit: str
    kind: Kind
    label_en: str
    label_nl: str
    meaning: str

    def label(self, lang: Language) -> str:
        """Return what people read instead of the name, in Dutch or English."""
        return self.label_nl if lang == "nl" else self.label_en


def is_share(unit: str) -> bool:
    """Return whether values of a unit are parts of a whole, which people read as per cent."""
    return unit.startswith("share")


INDICATORS: tuple[Indicator, ...] = (
    Indicator("supply_fte", "fte", "sum", "GPs at work (fte)", "Werkzame huisartsen (fte)", "fte of all working GPs"),
    Indicator(
        "supply_persons",
        "persons",
        "sum",
        "GPs at work",
        "Werkzame huisartsen",
        "working GPs; locums in several regions count for a part in each",
    ),
    Indicator(
        "demand_fte",
        "fte",
        "sum",
        "Demand for GPs (fte)",
        "Vraag naar huisartsen (fte)",
        "national demand divided over regions by inhabitants and their GP use",
    ),
    Indicator(
        "shortage_fte",
        "fte",
        "sum",
        "Shortage (fte)",
        "Tekort (fte)",
        "demand minus supply; negative is a surplus",
    ),
    Indicator(
        "shortage_persons",
        "persons",
        "sum",
        "Shortage (persons)",
        "Tekort (personen)",
        "shortage in fte over the nation's mean fte per GP",
    ),
    Indicator(
        "vacancies_fte",
        "fte",
        "sum",
        "Vacancies (fte)",
        "Vacatures (fte)",
        "gap that shows as vacancies, never negative; sums to the published unmet demand in the base year",
    ),
    Indicator("vacancy_rate", "share of supply", "rate", "Vacancy rate", "Vacaturegraad", "vacancies over supply"),
    Indicator("coverage", "share of demand", "rate", "Coverage", "Dekkingsgraad", "supply over demand"),
    Indicator("inhabitants", "persons", "sum", "Inhabitants", "Inwoners", "forecast inhabitants on 1 January"),
    Indicator(
        "fte_per_10k",
        "fte per 10,000",
        "rate",
        "GPs (fte) per 10,000 inhabitants",
        "Huisartsen (fte) per 10.000 inwoners",
        "supply in fte over inhabitants",
    ),
    Indicator(
        "persons_per_10k",
        "persons per 10,000",
        "rate",
        "GPs per 10,000 inhabitants",
        "Huisartsen per 10.000 inwoners",
        "supply in persons over inhabitants",
    ),
    Indicator("share_holder", "share", "rate", "Practice holders", "Praktijkhouders", "share of working GPs"),
    Indicator(
        "share_salaried",
        "share",
        "rate",
        "Salaried GPs",
        "Huisartsen in loondienst (hidha)",
        "share of working GPs",
    ),
    Indicator("share_fixed_locum", "share", "rate", "Fixed locums", "Vaste waarnemers", "share of working GPs"),
    Indicator(
        "share_changing_locum",
        "share",
        "rate",
        "Changing locums",
        "Wisselende waarnemers",
        "share of working GPs",
    ),
    Indicator("share_women", "share", "rate", "Women", "Vrouwen", "share of working GPs"),
    Indicator(
        "share_55plus",
        "share",
        "rate",
        "GPs aged 55 and over",
        "Huisartsen van 55 jaar en ouder",
        "share of working GPs",
    ),
    Indicator(
        "share_60plus",
        "share",
        "rate",
        "GPs aged 60 and over",
        "Huisartsen van 60 jaar en ouder",
        "share of working GPs",
    ),
    Indicator(
        "outflow_5y",
        "share",
        "rate",
        "Outflow expected in five years",
        "Verwachte uitstroom in vijf jaar",
        "expected share of the working GPs who stop within five years",
    ),
    Indicator(
        "inflow_persons",
        "persons",
        "flow",
        "Inflow in the year",
        "Instroom in het jaar",
        "graduates, arrivals from abroad and GPs who moved in; moves cancel in the nation",
    ),
    Indicator(
        "alumni_ratio",
        "ratio",
        "rate",
        "Recent graduates against fte",
        "Recent opgeleiden ten opzichte van fte",
        "share of the nation's graduates of the last five years over share of its fte; those of the base year by age",
    ),
    Indicator(
        "practices",
        "practices",
        "sum",
        "Practices",
        "Huisartsenpraktijken",
        "practices that have not closed, those without a holder included",
    ),
    Indicator(
        "unfilled_places",
        "places",
        "sum",
        "Open places for holders",
        "Open plaatsen voor praktijkhouders",
        "places for practice holders without a holder on 1 January",
    ),
    Indicator(
        "mean_list",
        "patients per practice",
        "rate",
        "Mean list",
        "Gemiddelde praktijkgrootte (ingeschrevenen)",
        "patients on the lists over practices",
    ),
    Indicator(
        "share_patient_stop",
        "share of practices",
        "rate",
        "Practices with a patient stop",
        "Praktijken met een patiëntenstop",
        "mean chance of a patient stop over practices, by their workload",
    ),
    Indicator(
        "without_gp", "persons", "sum", "Inhabitants without a GP", "Inwoners zonder huisarts", "inhabitants on no list"
    ),
    Indicator(
        "share_stay_training_region",
        "share",
        "rate",
        "Graduates working in their training region",
        "Opgeleiden die in hun opleidingsregio werken",
        "of those trained in the region who started work in the year",
    ),
    Indicator(
        "share_stay_training_province",
        "share",
        "rate",
        "Graduates working in their training province",
        "Opgeleiden die in hun opleidingsprovincie werken",
        "of those trained in the region who started work in the year",
    ),
    Indicator(
        "inhabitants_per_fte",
        "persons per fte",
        "rate",
        "Inhabitants per fte",
        "Inwoners per fte",
        "inhabitants over supply in fte",
    ),
    Indicator(
        "position",
        "ratio",
        "rate",
        "Recent graduates against expected outflow",
        "Recent opgeleiden ten opzichte van verwachte uitstroom",
        "recent graduates against fte, over expected outflow against the nation; above 1 is favourable",
    ),
    Indicator(
        "closures",
        "practices",
        "sum",
        "Practices closed in the year",
        "Gesloten praktijken in het jaar",
        "practices that closed after years without a holder",
    ),
    Indicator(
        "share_succession_found",
        "share",
        "rate",
        "Successor found within the year",
        "Opvolger gevonden binnen het jaar",
        "of all places for holders open in the year, those standing open before included, the share that was filled",
    ),
    Indicator(
        "persons_holder",
        "persons",
        "sum",
        "Practice holders (persons)",
        "Praktijkhouders (personen)",
        "working GPs in this role",
    ),
    Indicator(
        "persons_salaried",
        "persons",
        "sum",
        "Salaried GPs (persons)",
        "Huisartsen in loondienst (hidha) (personen)",
        "working GPs in this role",
    ),
    Indicator(
        "persons_fixed_locum",
        "persons",
        "sum",
        "Fixed locums (persons)",
        "Vaste waarnemers (personen)",
        "working GPs in this role",
    ),
    Indicator(
        "persons_changing_locum",
        "persons",
        "sum",
        "Changing locums (persons)",
        "Wisselende waarnemers (personen)",
        "working GPs in this role",
    ),
    Indicator(
        "fte_holder", "fte", "sum", "Practice holders (fte)", "Praktijkhouders (fte)", "fte of working GPs in this role"
    ),
    Indicator(
        "fte_salaried",
        "fte",
        "sum",
        "Salaried GPs (fte)",
        "Huisartsen in loondienst (hidha) (fte)",
        "fte of working GPs in this role",
    ),
    Indicator(
        "fte_fixed_locum",
        "fte",
        "sum",
        "Fixed locums (fte)",
        "Vaste waarnemers (fte)",
        "fte of working GPs in this role",
    ),
    Indicator(
        "fte_changing_locum",
        "fte",
        "sum",
        "Changing locums (fte)",
        "Wisselende waarnemers (fte)",
        "fte of working GPs in this role",
    ),
    Indicator("persons_women", "persons", "sum", "Women (persons)", "Vrouwen (personen)", "working GPs who are women"),
    Indicator("fte_women", "fte", "sum", "Women (fte)", "Vrouwen (fte)", "fte of working GPs who are women"),
    Indicator(
        "persons_under_40",
        "persons",
        "sum",
        "GPs aged under 40 (persons)",
        "Huisartsen jonger dan 40 jaar (personen)",
        "working GPs of this age on 1 January",
    ),
    Indicator(
        "fte_under_40",
        "fte",
        "sum",
        "GPs aged under 40 (fte)",
        "Huisartsen jonger dan 40 jaar (fte)",
        "fte of working GPs of this age on 1 January",
    ),
    Indicator(
        "persons_40_54",
        "persons",
        "sum",
        "GPs aged 40 to 54 (persons)",
        "Huisartsen van 40 tot en met 54 jaar (personen)",
        "working GPs of this age on 1 January",
    ),
    Indicator(
        "fte_40_54",
        "fte",
        "sum",
        "GPs aged 40 to 54 (fte)",
        "Huisartsen van 40 tot en met 54 jaar (fte)",
        "fte of working GPs of this age on 1 January",
    ),
    Indicator(
        "persons_55_59",
        "persons",
        "sum",
        "GPs aged 55 to 59 (persons)",
        "Huisartsen van 55 tot en met 59 jaar (personen)",
        "working GPs of this age on 1 January",
    ),
    Indicator(
        "fte_55_59",
        "fte",
        "sum",
        "GPs aged 55 to 59 (fte)",
        "Huisartsen van 55 tot en met 59 jaar (fte)",
        "fte of working GPs of this age on 1 January",
    ),
    Indicator(
        "persons_60plus",
        "persons",
        "sum",
        "GPs aged 60 and over (persons)",
        "Huisartsen van 60 jaar en ouder (personen)",
        "working GPs of this age on 1 January",
    ),
    Indicator(
        "fte_60plus",
        "fte",
        "sum",
        "GPs aged 60 and over (fte)",
        "Huisartsen van 60 jaar en ouder (fte)",
        "fte of working GPs of this age on 1 January",
    ),
)
EACH = "_each"
"""End of the name of a number of GPs in which locums count in every region they work in, as RIVM counts."""
_IN_EACH = (
    "supply_persons", "persons_fixed_locum", "persons_changing_locum", "persons_women", "persons_under_40",
    "persons_40_54", "persons_55_59", "persons_60plus",
)  # fmt: skip
BLOCKS = {  # of national.BLOCKS, in their order
    "stock": ("GPs at work in the base year", "Huisartsen die in het basisjaar werkten"),
    "training": ("GPs in training in the base year", "Huisartsen in opleiding in het basisjaar"),
    "until_adjustment": (
        "GPs from the intake before the adjustment year", "Huisartsen uit de instroom vóór het bijsturingsjaar",
    ),
    "after_adjustment": (
        "GPs from the intake from the adjustment year on", "Huisartsen uit de instroom vanaf het bijsturingsjaar",
    ),
    "abroad": ("GPs from abroad since the base year", "Huisartsen sinds het basisjaar uit het buitenland"),
}  # fmt: skip
# What figures need beside the indicators above: demographic demand, supply by block, and the other way to count locums.
INDICATORS = (
    *INDICATORS,
    Indicator(
        "demand_demography_fte",
        "fte",
        "sum",
        "Demographic demand (fte)",
        "Demografische vraag (fte)",
        "demand that follows from the number of inhabitants, their ages and the unmet demand of the base year",
    ),
    *(
        Indicator(f"{unit}_block_{block}", unit, "sum", f"{en} ({unit})", f"{nl} ({dutch})", meaning)
        for unit, dutch, meaning in (
            ("persons", "personen", "working GPs of this supply block of the national model"),
            ("fte", "fte", "fte of working GPs of this supply block of the national model"),
        )
        for block, (en, nl) in BLOCKS.items()
    ),
    *(
        Indicator(
            f"{one.name}{EACH}",
            one.unit,
            "overlap",
            f"{one.label_en}, locums in every region",
            f"{one.label_nl}, waarnemers in elke regio",
            "working GPs; locums in several regions count in each, in the nation once",
        )
        for one in INDICATORS
        if one.name in _IN_EACH
    ),
)
# Between regions, for the nation only.
BETWEEN: tuple[Indicator, ...] = (
    Indicator(
        "regions_high_vacancy",
        "regions",
        "rate",
        "Regions with a high vacancy rate",
        "Regio's met een hoge vacaturegraad",
        "regions whose vacancy rate is above the threshold of the scenario",
    ),
    Indicator(
        "gini_coverage",
        "index",
        "rate",
        "Inequality of coverage (Gini)",
        "Ongelijkheid van de dekkingsgraad (Gini)",
        "Gini coefficient of coverage over regions, weighted by demand",
    ),
    Indicator(
        "range_coverage",
        "share of demand",
        "rate",
        "Range of coverage",
        "Spreiding van de dekkingsgraad",
        "highest minus lowest coverage of a region",
    ),
)
NAMES = tuple(indicator.name for indicator in INDICATORS)
BETWEEN_NAMES = tuple(indicator.name for indicator in BETWEEN)
AGE_CLASSES = {"under_40": 0, "40_54": 40, "55_59": 55, "60plus": 60}  # from which age on
AGES = (0, *range(30, 75, 5))
"""From which age on each group of an age pyramid is; the first and the last are open."""
