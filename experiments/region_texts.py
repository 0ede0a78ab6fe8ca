"""The words of a region's page, in Dutch and English."""

from __future__ import annotations

from regions.maps import Language

TEXT: dict[str, tuple[str, str]] = {
    "title": ("Huisartsen in {place}, {first}–{last}", "GPs in {place}, {first}–{last}"),
    "about": (
        "Deze pagina laat zien wat het model verwacht in {place}, naast de buurregio's en Nederland. "
        "Scenario: {title}. De cijfers zijn gemiddelden; runs: {count}.",
        "This page shows what the model expects in {place}, beside the neighbouring regions and the Netherlands. "
        "Scenario: {title}. Figures are means; runs: {count}.",
    ),
    "about chance": (
        "De runs verschillen door toeval alleen. Een interval zegt waar 95% van losse runs valt. Hoe onzeker gedrag, "
        "bevolkingsgroei en landelijk beleid zijn, zit er niet in; daarvoor is een ensemble nodig.",
        "Runs differ by chance alone. An interval says where 95% of single runs fall. How uncertain behaviour, "
        "population growth and national policy are is not in it; that takes an ensemble.",
    ),
    "about ensemble": (
        "De runs verschillen door toeval en door wat niet bekend is: gedrag, het beginjaar, de bevolkingsprognose en "
        "het landelijke model. Een interval loopt van 5% tot 95% van de runs. Wat in minstens {robust} van de runs zo "
        "is, heet hier zeker.",
        "Runs differ by chance and by what is not known: behaviour, the base year, the population forecast and the "
        "national model. An interval runs from 5% to 95% of the runs. What is so in at least {robust} of the runs is "
        "called sure here.",
    ),
    "about few": (
        "Intervallen ontbreken: daarvoor zijn minstens {fewest} runs nodig.",
        "There are no intervals: these take at least {fewest} runs.",
    ),
    "ahead": (
        "Tekst en tabellen kijken vooruit tot {year}: hoe later, hoe minder van bevolking en gedrag bekend is. "
        "De eerste tabel, de figuren door de jaren heen en de maatregelen gaan door tot {last}.",
        "Text and tables look ahead to {year}: the later, the less is known of inhabitants and behaviour. The first "
        "table, the figures over the years and the measures go on to {last}.",
    ),
    "assumed": (
        "Van de huisartsen die hier in {year} werken is een deel van de kenmerken aangenomen: leeftijd en functie "
        "volgen het landelijke profiel.",
        "Of the GPs who work here in {year} some features are assumed: age and role follow the national profile.",
    ),
    "capacity": ("Capaciteit", "Capacity"),
    "capacity now": (
        "Op 1 januari {year} werken hier {persons} huisartsen, samen {fte} fte. Dat is {density} fte per 10.000 "
        "inwoners; in Nederland {nation}.",
        "On 1 January {year}, {persons} GPs work here, {fte} fte together. That is {density} fte per 10,000 "
        "inhabitants; in the Netherlands {nation}.",
    ),
    "profile": (
        "Van hen is {old} 55 jaar of ouder (Nederland: {old_nation}), {women} vrouw ({women_nation}) en {holder} "
        "praktijkhouder ({holder_nation}).",
        "Of them {old} are aged 55 and over (the Netherlands: {old_nation}), {women} are women ({women_nation}) and "
        "{holder} are practice holders ({holder_nation}).",
    ),
    "supply later": (
        "In {year} is het aanbod gemiddeld {value} fte{interval}. {direction}",
        "In {year} supply is {value} fte on average{interval}. {direction}",
    ),
    "up": ("Dat is zeker meer dan in {first}{because}.", "That is surely more than in {first}{because}."),
    "down": ("Dat is zeker minder dan in {first}{because}.", "That is surely less than in {first}{because}."),
    "unsure": (
        "Of het meer of minder is dan in {first} is niet zeker: meer in {share} van de runs.",
        "Whether it is more or less than in {first} is not sure: more in {share} of the runs.",
    ),
    "more chance": (
        "In {share} van de runs, die alleen door toeval verschillen, is dat meer dan in {first}.",
        "In {share} of the runs, which differ by chance alone, that is more than in {first}.",
    ),
    "less chance": (
        "In {share} van de runs, die alleen door toeval verschillen, is dat minder dan in {first}.",
        "In {share} of the runs, which differ by chance alone, that is less than in {first}.",
    ),
    "because": (" ({share} van de runs)", " ({share} of the runs)"),
    "interval": (" (interval {low} tot {high})", " (interval {low} to {high})"),
    "demand later": (
        "De vraag groeit van {before} naar {after} fte.", "Demand goes from {before} to {after} fte.",
    ),
    "training": ("Opleiding en instroom", "Training and inflow"),
    "graduates": (
        "Van {first} tot {year} beginnen hier gemiddeld {count} pas opgeleide huisartsen per jaar: {share} van het "
        "landelijke aantal, terwijl hier {fte} van alle fte werkt.",
        "From {first} to {year}, {count} graduates a year start here on average: {share} of the national number, while "
        "{fte} of all fte work here.",
    ),
    "sites": ("De meesten van hen zijn opgeleid bij: {told}.", "Most of them trained at: {told}."),
    "stay": (
        "Van wie in deze regio werd opgeleid, begint {share} ook hier{interval}; in Nederland blijft {nation} in de "
        "eigen opleidingsregio.",
        "Of those trained in this region {share} start here too{interval}; in the Netherlands {nation} stay in the "
        "region of their training.",
    ),
    "no sites": ("In deze regio is geen opleidingsplaats.", "There is no training site in this region."),
    "net moves": (
        "Per jaar komen er {move_in} huisartsen uit andere regio's en gaan er {move_out} daarheen; {stop} stoppen.",
        "A year, {move_in} GPs come from other regions and {move_out} go there; {stop} stop.",
    ),
    "flows": ("In en uit, personen per jaar, {first}–{year}", "In and out, persons a year, {first}–{year}"),
    "flow": ("Stroom", "Flow"),
    "per year": ("Per jaar", "A year"),
    "low": ("Laag", "Low"),
    "high": ("Hoog", "High"),
    "of stock": ("Van de huisartsen in {first}", "Of the GPs in {first}"),
    "of stock nation": ("Idem, Nederland", "Same, the Netherlands"),
    "graduation": ("Pas opgeleide huisartsen die hier beginnen", "New graduates who start here"),
    "arrival": ("Uit het buitenland", "From abroad"),
    "move_in": ("Uit andere regio's", "From other regions"),
    "move_out": ("Naar andere regio's", "To other regions"),
    "retirement": ("Met pensioen", "Retired"),
    "exit": ("Eerder gestopt", "Stopped earlier"),
    "vacancies": ("Vacatures en verwacht tekort", "Vacancies and expected shortage"),
    "vacancy": (
        "De vacaturegraad is in {first} {before} (Nederland: {before_nation}) en in {year} gemiddeld "
        "{after}{interval}; in Nederland {after_nation}.",
        "The vacancy rate is {before} in {first} (the Netherlands: {before_nation}) and {after} in {year} on "
        "average{interval}; in the Netherlands {after_nation}.",
    ),
    "order few": (
        "Over de volgorde van regio's is niets te zeggen: daarvoor zijn minstens {fewest} runs nodig. Een figuur met "
        "de regio's op volgorde ontbreekt daarom.",
        "Nothing can be said of the order of regions: that takes at least {fewest} runs. So there is no figure of the "
        "regions in order.",
    ),
    "order chance": (
        "Of de regio bij de {worst} regio's met de hoogste of de laagste vacaturegraad hoort, is uit deze runs niet op "
        "te maken: wat niet bekend is over gedrag, basisjaar en prognoses, ligt erin vast.",
        "Whether the region is among the {worst} with the highest or the lowest vacancy rate these runs do not tell: "
        "what is not known of behaviour, base year and forecasts is fixed in them.",
    ),
    "among highest": (
        "In minstens {robust} van de runs hoort de regio in {year} bij de {worst} regio's met de hoogste "
        "vacaturegraad.",
        "In at least {robust} of the runs the region is among the {worst} with the highest vacancy rate in {year}.",
    ),
    "among lowest": (
        "In minstens {robust} van de runs hoort de regio in {year} bij de {worst} regio's met de laagste "
        "vacaturegraad.",
        "In at least {robust} of the runs the region is among the {worst} with the lowest vacancy rate in {year}.",
    ),
    "among neither": (
        "Of de regio in {year} bij de {worst} regio's met de hoogste of de laagste vacaturegraad hoort, staat niet "
        "vast: geen van beide geldt in minstens {robust} van de runs.",
        "Whether the region is among the {worst} with the highest or the lowest vacancy rate in {year} is not robust: "
        "neither holds in at least {robust} of the runs.",
    ),
    "above": (
        "Dat de vacaturegraad hier hoger is dan landelijk, is zeker.",
        "That the vacancy rate is higher here than in the nation is sure.",
    ),
    "below": (
        "Dat de vacaturegraad hier lager is dan landelijk, is zeker.",
        "That the vacancy rate is lower here than in the nation is sure.",
    ),
    "neither": (
        "Of de vacaturegraad hier hoger of lager is dan landelijk, is niet zeker.",
        "Whether the vacancy rate is higher or lower here than in the nation is not sure.",
    ),
    "shortage": (
        "Het tekort (vraag min aanbod) gaat van {before} fte in {first} naar {after} fte in {year}{interval}.",
        "The shortage (demand minus supply) goes from {before} fte in {first} to {after} fte in {year}{interval}.",
    ),
    "drivers": (
        "Het tekort verandert met {change} fte. Groter wordt het vooral door: {more}; kleiner vooral door: {less}.",
        "The change of the shortage by {change} fte falls into parts. What adds most: {more}; what takes most off: "
        "{less}.",
    ),
    "drivers table": (
        "Wat het tekort drijft, fte, {first}–{year}", "What drives the shortage, fte, {first}–{year}",
    ),
    "drivers note": (
        "De delen tellen op tot de verandering. Vergrijzing: wat inwoners landelijk gemiddeld meer vragen doordat zij "
        "ouder worden. Overige groei: wat het vraagscenario en maatregelen daar bovenop doen. Uren en functies: wat "
        "overblijft.",
        "The parts add up to the change. Ageing: what inhabitants of the nation ask for more on average as they grow "
        "older. Other growth: what the demand scenario and levers add to that. Hours and roles: what remains.",
    ),
    "part": ("Onderdeel", "Part"),
    "change": ("Verandering", "Change"),
    "in all": ("Samen", "In all"),
    "workload": ("Werkdruk en patiëntenstops", "Workload and patient stops"),
    "lists": (
        "Per fte huisarts zijn er hier in {first} {before} inwoners (Nederland: {before_nation}) en in {year} "
        "gemiddeld {after}{interval}; in Nederland {after_nation}.",
        "A fte of GP has {before} inhabitants here in {first} (the Netherlands: {before_nation}) and {after} in {year} "
        "on average{interval}; in the Netherlands {after_nation}.",
    ),
    "stops": (
        "Van de praktijken neemt in {first} {before} geen nieuwe patiënten aan, in {year} {after}{interval}; "
        "in Nederland {after_nation}. Zonder huisarts: {without} inwoners in {year}.",
        "Of the practices {before} take no new patients in {first}, {after} in {year}{interval}; in the "
        "Netherlands {after_nation}. Without a GP: {without} inhabitants in {year}.",
    ),
    "succession": (
        "In {year} staan er {places} plaatsen voor praktijkhouders open; van de plaatsen die in het jaar ervoor "
        "openstonden, werd {found} vervuld (Nederland: {nation}).",
        "In {year}, {places} places for practice holders stand open; of those open in the year before, {found} were "
        "filled (the Netherlands: {nation}).",
    ),
    "beside": (
        "{what}: {place}, buurregio's en Nederland, 1 januari {year}",
        "{what}: {place}, neighbours and the nation, 1 January {year}",
    ),
    "beside note": (
        "Buurregio's hebben een gemeenschappelijke grens, ook over water, de langste eerst.",
        "Neighbours have a common border, water included, the longest first.",
    ),
    "no neighbours": ("Er zijn geen buurregio's.", "There are no neighbouring regions."),
    "means": ("Gemiddelden over de runs.", "Means over the runs."),
    "locums divided": (
        "Waarnemers die in meer regio's werken, tellen in elk voor een deel, zoals Nivel telt.",
        "Locums who work in several regions count for a part in each, as Nivel counts.",
    ),
    "locums each": (
        "Bij aantallen huisartsen tellen waarnemers die in meer regio's werken in elk volledig, zoals RIVM telt; fte "
        "en aandelen zijn over hun regio's verdeeld.",
        "In numbers of GPs, locums who work in several regions count fully in each, as RIVM counts; fte and shares are "
        "divided over their regions.",
    ),
    "at home": (
        "Wie begint, verhuist of stopt, telt alleen in de eigen regio, ook wie in meer regio's waarneemt.",
        "Those who start, move or stop count in their home region alone, locums in several regions too.",
    ),
    "hidden": (
        "<5: één tot vier huisartsen, of een cijfer dat zo'n aantal verraadt; niet getoond.",
        "<5: one to four GPs, or to be derived from that; not shown.",
    ),
    "too few": (
        "In {place} werken minder dan vijf huisartsen: daarvan wordt niets getoond.",
        "Fewer than five GPs work in {place}: nothing is shown of them.",
    ),
    "year": ("Jaar", "Year"),
    "over time": ("Kerncijfers van {place}, 1 januari", "Main figures of {place}, 1 January"),
    "region": ("Regio", "Region"),
    "measures": ("Wat maatregelen doen", "What measures do"),
    "no measures": (
        "In deze resultaten zijn geen scenario's met maatregelen vergeleken; `gp-settlement compare` doet dat.",
        "No scenarios with measures were compared in these results; `gp-settlement compare` does so.",
    ),
    "measures intro": (
        "Elk scenario is vergeleken met {baseline}, run voor run, met hetzelfde toeval. De intervallen zijn die van "
        "het gemiddelde verschil (95%).",
        "Each scenario was laid beside {baseline}, run by run with the same luck. Intervals are of the mean difference "
        "(95%).",
    ),
    "role target": (
        "{title} richt zich op deze regio.", "{title} is aimed at this region.",
    ),
    "role neighbours": (
        "{title} richt zich op een buurregio.", "{title} is aimed at a neighbouring region.",
    ),
    "role rest": ("{title} richt zich op andere regio's.", "{title} is aimed at other regions."),
    "role nation": ("{title} geldt voor heel Nederland.", "{title} holds for the whole country."),
    "effect more": (
        "Op 1 januari {year} is er hier daardoor {value} fte meer huisartsen ({low} tot {high}).",
        "On 1 January {year} it makes {value} fte more GPs work here ({low} to {high}).",
    ),
    "effect less": (
        "Op 1 januari {year} is er hier daardoor {value} fte minder huisartsen ({low} tot {high}).",
        "On 1 January {year} it makes {value} fte fewer GPs work here ({low} to {high}).",
    ),
    "effect none": (
        "Op 1 januari {year} is hier geen verschil in het aantal fte huisartsen aangetoond ({low} tot {high}).",
        "On 1 January {year} no difference in fte of GPs is shown here ({low} to {high}).",
    ),
    "effect unknown": (
        "Voor een uitspraak zijn minstens {fewest} paren van runs nodig.",
        "To say something takes at least {fewest} pairs of runs.",
    ),
    "effect table": ("Verschil met {baseline}, 1 januari", "Difference from {baseline}, 1 January"),
    "effect note": (
        "Kans: aandeel van de paren waarin het tekort kleiner is dan in de basis.",
        "Chance: share of the pairs in which the shortage is less than without.",
    ),
    "scenario": ("Scenario", "Scenario"),
    "supply": ("Aanbod, fte", "Supply, fte"),
    "shortage change": ("Tekort, fte", "Shortage, fte"),
    "chance": ("Kans op minder tekort", "Chance of less shortage"),
    "made": ("Herkomst", "Origin"),
    "how": (
        "Gemaakt met gp-settlement {version} uit {folder}, seed {seed}. Wat gemodelleerd en wat aangenomen is, staat "
        "in de documentatie van het model.",
        "Made with gp-settlement {version} from {folder}, seed {seed}. What is modelled and what is assumed is in the "
        "documentation of the model.",
    ),
}  # fmt: skip


def say(phrase: str, lang: Language, **words: object) -> str:
    """Return a phrase in a language with its words filled in."""
    return TEXT[phrase][0 if lang == "nl" else 1].format(**words)
