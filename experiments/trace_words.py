"""The career of one simulated GP told in Dutch or English: what was traced, in plain words."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping

from experiments.scenario_files import LANGUAGES
from experiments.scenarios import NamedScenario
from experiments.trace import Event, Kind, Post, PracticeSeen, Reasons, Replication, spelled
from regions import Region, Regions, Site
from regions.tables import SHIPPED

TERMS_TOLD = 3
"""How many terms are told for the chosen region, and how many against it."""
SMALLEST = 0.05
"""Points under which a difference would be printed as nothing."""

# Dutch and English side by side, in the order of `LANGUAGES`.
TEXT: Mapping[str, tuple[str, str]] = {
    # The page.
    "title": (
        "{title} (scenario {name}), seed {seed}, {first} tot en met {last}",
        "{title} (scenario {name}), seed {seed}, {first} to {last}",
    ),
    "own_data": ("Eigen gegevens: {folder}", "Own data: {folder}"),
    "one": (
        "Dit is één gesimuleerde huisarts, geen bestaande persoon. Veel in zo'n loopbaan is toeval: één loopbaan zegt "
        "niets over een regio of een maatregel.",
        "This is one simulated GP, not a real person. Much in such a career is chance: one career says nothing about a "
        "region or a policy.",
    ),
    "some": (
        "Dit zijn gesimuleerde huisartsen, geen bestaande personen. Veel in zo'n loopbaan is toeval: enkele loopbanen "
        "zeggen niets over een regio of een maatregel.",
        "These are simulated GPs, not real persons. Much in such a career is chance: a few careers say nothing about a "
        "region or a policy.",
    ),
    "reading": (
        "Bij een jaar staat wat er in de twaalf maanden vóór 1 januari van dat jaar gebeurde. Een huisarts kiest de "
        "regio met de meeste punten; één punt meer maakt de kans op een regio, tegenover die op een andere, ongeveer "
        "{odds} keer zo groot. Tussen haakjes staat hoeveel punten iets scheelt.",
        "What stands at a year happened in the twelve months before 1 January of that year. A GP chooses the region "
        "with the most points; one point more makes the chance of a region, against that of another, about {odds} "
        "times as large. In brackets: how many points something makes.",
    ),
    "gp": ("Huisarts {key} (ook: {spelled})", "GP {key} (also: {spelled})"),
    # What happened, by kind.
    "born": (
        "{sex}, geboren in {birth}. {origin} {partner} {wish}",
        "{sex}, born in {birth}. {origin} {partner} {wish}",
    ),
    "in_stock": (
        "Op 1 januari {year}: {post}. Opleiding: {site}; huisarts sinds ongeveer {registered}.",
        "On 1 January {year}: {post}. Training: {site}; a GP since about {registered}.",
    ),
    "starts_training": ("Begint met de huisartsopleiding: {site}.", "Starts GP training: {site}."),
    "stops_training": (
        "Stopt zonder diploma met de huisartsopleiding en wordt geen huisarts.",
        "Leaves GP training without a diploma and never becomes a GP.",
    ),
    "graduates_not_at_work": (
        "Rondt de huisartsopleiding af, {age} jaar oud, maar gaat niet als huisarts aan het werk.",
        "Finishes GP training, aged {age}, but never works as a GP.",
    ),
    "arrives_not_at_work": (
        "Komt uit het buitenland, {age} jaar oud, maar gaat hier niet als huisarts aan het werk.",
        "Comes from abroad, aged {age}, but never works as a GP here.",
    ),
    "graduates": (
        "Rondt de huisartsopleiding af, {age} jaar oud, en begint als {role}.",
        "Finishes GP training, aged {age}, and starts as {role}.",
    ),
    "arrives": (
        "Komt uit het buitenland, {age} jaar oud, en begint als {role}.",
        "Comes from abroad, aged {age}, and starts as {role}.",
    ),
    "was_placed": (
        "Werkte tijdens de opleiding een tijd in de regio {region}.",
        "Worked in {region} for a time during training.",
    ),
    "is_obliged": (
        "Is tot {until} verplicht te werken in: {regions}.",
        "Must work, until {until}, in: {regions}.",
    ),
    "chooses": ("Kiest de regio {region}. {why}", "Chooses {region}. {why}"),
    "stays": (
        "Overweegt een andere regio, maar blijft in de regio {region}. {why}",
        "Thinks about another region, but stays in {region}. {why}",
    ),
    "moves": ("Verruilt de regio {left} voor de regio {region}. {why}", "Leaves {left} for {region}. {why}"),
    "works_in_several": (
        "Neemt waar in meer dan één regio: {regions}.",
        "Works as a locum in more than one region: {regions}.",
    ),
    "joins": ("Gaat werken in {practice}.", "Joins {practice}."),
    "practice_closes": (
        "Werkt in een praktijk die sluit omdat er al jaren geen praktijkhouder is: {practice}.",
        "Works in a practice that closes, having had no holder for years: {practice}.",
    ),
    "takes_over": (
        "Zoekt een eigen praktijk en vindt er een: wordt praktijkhouder in {practice}.",
        "Looks for a practice and finds one: becomes a holder in {practice}.",
    ),
    "moves_for_practice": (
        "Zoekt een eigen praktijk en vindt er een in een andere regio: wordt praktijkhouder in {practice} en verruilt "
        "de regio {left} voor de regio {region}. {why}",
        "Looks for a practice and finds one in another region: becomes a holder in {practice} and leaves {left} for "
        "{region}. {why}",
    ),
    "finds_no_practice": (
        "Zoekt een eigen praktijk in de regio {region}{better}, maar vindt er geen.",
        "Looks for a practice in {region}{better}, but finds none.",
    ),
    "gives_up": (
        "Stopt als praktijkhouder, maar blijft als vaste waarnemer werken in {practice}.",
        "Gives up being a holder, but stays on as a fixed locum in {practice}.",
    ),
    "gives_up_to_move": (
        "Geeft de eigen praktijk op om in een andere regio te gaan werken: {practice}.",
        "Gives up the practice to work in another region: {practice}.",
    ),
    "settles": (
        "Stapt over van wisselende naar vaste waarneming.",
        "Settles as a fixed locum, after working as a changing one.",
    ),
    "retires": ("Gaat op {age}-jarige leeftijd met pensioen; was {post}.", "Retires at the age of {age}; was {post}."),
    "leaves": (
        "Stopt op {age}-jarige leeftijd als huisarts, vóór het pensioen; was {post}.",
        "Leaves the profession at the age of {age}, before retirement; was {post}.",
    ),
    "in_training_at_end": ("Op 1 januari {year}: nog in opleiding.", "On 1 January {year}: still in training."),
    "at_work_at_end": ("Op 1 januari {year}: {age} jaar oud, {post}.", "On 1 January {year}: aged {age}, {post}."),
    # Parts of the above.
    "from": ("Opgegroeid in de regio {region}.", "Grew up in {region}."),
    "from_abroad": ("Opgegroeid en opgeleid in het buitenland.", "Grew up and trained abroad."),
    "partner": ("De partner is gebonden aan de regio {region}.", "The partner is tied to {region}."),
    "no_partner": ("Geen partner die aan een regio gebonden is.", "No partner who is tied to a region."),
    "no_practice": ("Wil geen eigen praktijk.", "Wants no practice."),
    "company": (
        "Zou alleen een praktijk overnemen waar al een collega werkt.",
        "Would take over a practice only where a colleague works already.",
    ),
    "any_practice": (
        "Zou een praktijk overnemen, met of zonder collega's.",
        "Would take over a practice, with or without colleagues.",
    ),
    "better_one": (" en in één andere regio met meer punten", " and in one other region with more points"),
    "better": (" en in {count} andere regio's met meer punten", " and in {count} other regions with more points"),
    "site": ("{name}, regio {region}", "{name}, {region}"),
    "practice": (
        "praktijk {number} in {municipality} ({form}, ongeveer {patients} patiënten)",
        "practice {number} in {municipality} ({form}, about {patients} patients)",
    ),
    "post": ("{role} in de regio {regions}", "{role} in {regions}"),
    "posts": ("{role} in de regio's {regions}", "{role} in {regions}"),
    "no_other": ("Een andere keuze was er niet.", "There was no other choice."),
    "next": ("Daarna: {regions}.", "Next: {regions}."),
    "best": ("Bovenaan: {regions}.", "At the top: {regions}."),
    "only": ("Er is geen andere regio.", "There is no other region."),
    "less": ("{region} met {points} punt minder", "{region} with {points} points less"),
    "level": ("{region} met vrijwel evenveel punten", "{region} with nearly as many points"),
    "wins": ("Wint het van {other} vooral door {gains}.", "Beats {other} mainly through {gains}."),
    "wins_despite": (
        "Wint het van {other} vooral door {gains}, ondanks {losses}.",
        "Beats {other} mainly through {gains}, despite {losses}.",
    ),
    "same": ("Scheelt vrijwel niets met {other}.", "Hardly differs from {other}."),
    "and": ("en", "and"),
    # Words.
    "women": ("Vrouw", "Woman"),
    "men": ("Man", "Man"),
    "holder": ("praktijkhouder", "a practice holder"),
    "salaried": ("huisarts in loondienst", "a salaried GP"),
    "fixed_locum": ("vaste waarnemer", "a fixed locum"),
    "changing_locum": ("wisselende waarnemer", "a changing locum"),
    "nobody": ("zonder vaste huisarts", "no established GP"),
    "solo": ("solopraktijk", "solo practice"),
    "duo": ("duopraktijk", "duo practice"),
    "group": ("groepspraktijk", "group practice"),
    "term_size": ("omvang en aantrekkelijkheid van de regio", "size and attractiveness of the region"),
    "term_training": ("nabijheid van de opleidingsplaats", "nearness to the training site"),
    "term_origin": ("nabijheid van de regio van herkomst", "nearness to the region of origin"),
    "term_partner": ("nabijheid van de partner", "nearness to the partner"),
    "term_jobs": ("banen in de omgeving", "jobs within reach"),
    "term_shortage": ("tekort aan huisartsen", "shortage of GPs"),
    "term_present": ("gehechtheid aan de huidige regio", "attachment to the present region"),
    "term_taste": ("persoonlijke voorkeur", "personal taste"),
    "term_circumstances": ("omstandigheden van dat jaar", "circumstances of that year"),
    "term_measures": ("maatregelen", "measures"),
    "term_obligation": ("een verplichting die de andere regio uitsluit", "an obligation that rules the other out"),
}
YEAR_WIDTH = 6
WIDEST = 100


class Teller:
    """Puts events in words of a language, nl or en."""

    def __init__(self, regions: Regions, lang: str) -> None:
        """`regions` are those of the run."""
        self._members, self._lang = regions.members, lang

    def sentence(self, event: Event) -> str:
        """Return what happened, in one or a few sentences."""
        words = {name: self._word(value) for name, value in event.data.items()}
        if event.kind == Kind.BORN:
            for name, there, none in (("origin", "from", "from_abroad"), ("partner", "partner", "no_partner")):
                words[name] = self.say(there if event.data[name] else none, region=words[name])
        if event.kind == Kind.FINDS_NO_PRACTICE:
            count = event.data["better"]
            words["better"] = self.say("better_one" if count == 1 else "better", count=count) if count else ""
        return self.say(event.kind, **words)

    def say(self, phrase: str, **words: object) -> str:
        """Return a phrase with words in it."""
        return TEXT[phrase][LANGUAGES.index(self._lang)].format(**words)

    def number(self, value: float, form: str = ",.1f") -> str:
        """Return a number with the decimal sign of the language."""
        text = format(value, form)
        return text.translate(str.maketrans(".,", ",.")) if self._lang == "nl" else text

    def _word(self, value: object) -> str:
        match value:
            case Region():
                return value.name_nl if self._lang == "nl" else value.name_en
            case Site():
                return self.say("site", name=value.name, region=self._word(self._members[value.region]))
            case PracticeSeen():
                patients = self.number(round(value.patients, -1), ",.0f")
                form = self.say(value.form)
                return self.say(
                    "practice", number=value.number, municipality=value.municipality, form=form, patients=patients
                )
            case Post():
                phrase = "post" if len(value.regions) == 1 else "posts"
                words = self.say(phrase, role=self.say(value.role), regions=self._word(value.regions))
                return words if value.practice is None else f"{words}, {self._word(value.practice)}"
            case Reasons():
                return self._why(value)
            case tuple():
                return self._listed([self._word(each) for each in value])
            case str():
                return self.say(value)
        return str(value)

    def _listed(self, words: list[str]) -> str:
        *first, last = words
        return f"{', '.join(first)} {self.say('and')} {last}" if first else last

    def _why(self, why: Reasons) -> str:
        """Return which regions were the best and what put the chosen one before the other."""
        if why.other is None:
            return self.say("only")
        (top, most), *rest = why.best
        behind = []
        for region, points in rest:
            phrase = "less" if most - points >= SMALLEST else "level"
            behind.append(self.say(phrase, region=self._word(region), points=self.number(most - points)))
        if not behind:
            order = self.say("no_other")
        elif top == why.chosen:
            order = self.say("next", regions=self._listed(behind))
        else:
            order = self.say("best", regions=self._listed([self._word(top), *behind]))
        large = sorted(
            ((name, p) for name, p in why.ahead.items() if abs(p) >= SMALLEST), key=lambda term: -abs(term[1])
        )
        gains = [self._term(*term) for term in large if term[1] > 0][:TERMS_TOLD]
        losses = [self._term(*term) for term in large if term[1] < 0][:TERMS_TOLD]
        phrase = "same" if not gains else "wins_despite" if losses else "wins"
        words = {name: self._listed(told) for name, told in (("gains", gains), ("losses", losses)) if told}
        return f"{order} {self.say(phrase, other=self._word(why.other), **words)}"

    def _term(self, name: str, points: float) -> str:
        told = self.say(f"term_{name}")
        return f"{told} ({self.number(points, '+,.1f')})" if math.isfinite(points) else told


def page(replication: Replication, named: NamedScenario, keys: Iterable[int], lang: str, width: int = WIDEST) -> str:
    """Return the stories of some GPs as text, in lines of at most `width`."""
    model, keys = replication.model, list(keys)
    teller = Teller(model.regions, lang)
    years = {"first": model.regions.base_year, "last": model.year}
    intro = [teller.say("title", title=named.title.get(lang, named.name), name=named.name, seed=model.seed, **years)]
    if model.regions.folder != SHIPPED:
        intro.append(teller.say("own_data", folder=model.regions.folder))
    intro.append(teller.say("one" if len(keys) == 1 else "some"))
    intro.append(teller.say("reading", odds=teller.number(math.e)))
    lines = [line for text in intro for line in _wrapped(text, width)]
    for key in keys:
        lines += ["", teller.say("gp", key=key, spelled=spelled(key))]
        told = None
        for event in replication.story(key):
            year = None if event.kind == Kind.BORN else event.year
            lines += _wrapped(teller.sentence(event), width, "" if year in (None, told) else str(year))
            told = year
    return "\n".join(lines)


def _wrapped(text: str, width: int, year: str | None = None) -> list[str]:
    """Return the lines of a text, beside a year if one is given."""
    first, rest = ("", "") if year is None else (year.ljust(YEAR_WIDTH), " " * YEAR_WIDTH)
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
