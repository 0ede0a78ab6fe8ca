"""The words of maps of results, in Dutch and English."""

from __future__ import annotations

from experiments import spread
from regions.maps import Language

DATE = {"nl": "1 januari {year}", "en": "1 January {year}"}
DATES = {"nl": "1 januari", "en": "1 January"}
MEAN = {"nl": "Gemiddelde; runs: {count}", "en": "Mean; runs: {count}"}
MEAN_OF_ENSEMBLE = {"nl": "Gemiddelde; runs van het ensemble: {count}", "en": "Mean; runs of the ensemble: {count}"}
PAIRED = {
    "nl": "Gemiddeld verschil tussen runs met hetzelfde toeval; runs: {count}",
    "en": "Mean difference between runs with the same luck; runs: {count}",
}
PAIRED_OF_ENSEMBLE = {
    "nl": "Gemiddeld verschil tussen runs met hetzelfde toeval; runs van het ensemble: {count}",
    "en": "Mean difference between runs with the same luck; runs of the ensemble: {count}",
}
RUNS = {
    "nl": "1 januari {year}. {title}. Runs van het ensemble: {count}",
    "en": "1 January {year}. {title}. Runs of the ensemble: {count}",
}
ROBUST = f"{spread.ROBUST:.0%}"
NOT_ROBUST = {
    "nl": f"niet robuust boven of onder het landelijke cijfer: in minder dan {ROBUST} van de runs aan dezelfde kant",
    "en": f"not robustly above or below the national figure: on the same side in less than {ROBUST} of the runs",
}
NO_SIGN = {
    "nl": f"niet robuust een tekort of een overschot: in minder dan {ROBUST} van de runs aan dezelfde kant van nul",
    "en": f"not robustly a shortage or a surplus: on the same side of zero in less than {ROBUST} of the runs",
}
NO_ORDER = {
    "nl": "Wat robuust boven of onder het landelijke cijfer ligt, is pas vanaf {fewest} runs te zeggen",
    "en": "What is robustly above or below the national figure can be told from {fewest} runs on",
}
NO_SIGN_KNOWN = {
    "nl": "Waar robuust een tekort of een overschot is, is pas vanaf {fewest} runs te zeggen",
    "en": "Where there is robustly a shortage or a surplus can be told from {fewest} runs on",
}
NO_DIFFERENCE = {
    "nl": "niet van toeval te onderscheiden: het {level:.0%}-interval van het verschil bevat nul",
    "en": "cannot be told from chance: the {level:.0%} interval of the difference includes zero",
}
BY_CHANCE = {
    "nl": "Door toeval alleen bleven ongeveer {chance} van de {count} regio's zonder arcering",
    "en": "By chance alone about {chance} of the {count} regions would be left without hatching",
}
NO_INTERVAL = {
    "nl": "Of een verschil toeval is, is pas vanaf {fewest} runs te zeggen",
    "en": "Whether a difference is chance can be told from {fewest} runs on",
}
COMPARED = {"nl": "{label}: verschil met ‘{title}’", "en": "{label}: difference from ‘{title}’"}
DIFFERENCE = {"nl": "Verschil", "en": "Difference"}
GRADUATES = {
    "nl": {
        "title": "Waar huisartsen na hun opleiding beginnen, per instituut",
        "subtitle": "Opleiding afgerond in {first}-{last}. {title}. {mean}. "
        "Stip: regio van het instituut; ring: regio van een dependance",
        "legend": "Aandeel van de pas opgeleide huisartsen van het instituut",
    },
    "en": {
        "title": "Where GPs start after their training, by institute",
        "subtitle": "Training finished in {first}-{last}. {title}. {mean}. "
        "Dot: region of the institute; ring: region of an annex",
        "legend": "Share of the institute's graduates",
    },
}
NATION_2025 = {"nl": "{bound}: Nederland op 1 januari 2025", "en": "{bound}: the nation on 1 January 2025"}
"""Of a bound between classes."""
SCHEMES = {
    "nl": {"quantiles": "klassen: kwantielen", "fisher": "klassen: Fisher"},
    "en": {"quantiles": "classes: quantiles", "fisher": "classes: Fisher"},
}
SPREAD = {
    "nl": {
        spread.TOTAL: "{label}: totale spreiding",
        "behaviour": "{label}: spreiding door gedrag",
        "base_year": "{label}: spreiding door het basisjaar",
        "forecast": "{label}: spreiding door de bevolkingsprognose",
        "national": "{label}: spreiding door het landelijke model",
        "response": "{label}: spreiding door de werking van maatregelen",
        spread.CHANCE: "{label}: spreiding door toeval en samenspel",
    },
    "en": {
        spread.TOTAL: "{label}: total spread",
        "behaviour": "{label}: spread by behaviour",
        "base_year": "{label}: spread by the base year",
        "forecast": "{label}: spread by the population forecast",
        "national": "{label}: spread by the national model",
        "response": "{label}: spread by the response to measures",
        spread.CHANCE: "{label}: spread by chance and interplay",
    },
}
SQUARES = {
    "nl": "Bronnen tellen als kwadraten op tot het totaal",
    "en": "Sources add up to the total as squares",
}
ROUGH = {
    "nl": ". Met zo weinig runs zijn de delen ruw: standaardfout ongeveer een tiende van het totaal",
    "en": ". With so few runs the parts are rough: standard error about a tenth of the total",
}
DEVIATION = {"nl": "Standaardafwijking", "en": "Standard deviation"}
POINTS = {"nl": "procentpunten", "en": "percentage points"}
ORDERED = {"nl": "{label}: volgorde ten opzichte van {region}", "en": "{label}: order against {region}"}
AGAINST = {"nl": "Vergeleken met {region}", "en": "Compared with {region}"}
ORDER = {
    "nl": {
        1: f"hoger in minstens {ROBUST} van de runs",
        0: f"volgorde niet robuust: in minder dan {ROBUST} van de runs aan dezelfde kant",
        -1: f"lager in minstens {ROBUST} van de runs",
    },
    "en": {
        1: f"higher in at least {ROBUST} of the runs",
        0: f"order not robust: on the same side in less than {ROBUST} of the runs",
        -1: f"lower in at least {ROBUST} of the runs",
    },
}
UNITS_NL = {
    "persons": "personen",
    "ratio": "verhouding",
    "share": "aandeel",
    "share of supply": "aandeel van het aanbod",
    "share of demand": "aandeel van de vraag",
    "fte per 10,000": "fte per 10.000",
    "persons per 10,000": "personen per 10.000",
    "persons per fte": "personen per fte",
    "practices": "praktijken",
    "share of practices": "aandeel van de praktijken",
    "places": "plaatsen",
    "patients per practice": "ingeschrevenen per praktijk",
}
"""Units that have other words in Dutch."""


def unit_told(unit: str, lang: Language) -> str:
    """Return a unit in the words of a language."""
    return UNITS_NL.get(unit, unit) if lang == "nl" else unit
