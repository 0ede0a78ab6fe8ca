"""What a report says, in Dutch and in English (the order of `scenario_files.LANGUAGES`)."""

from __future__ import annotations

from experiments.scenario_files import LANGUAGES

TEXT: dict[str, tuple[str, str]] = {
    "title": ("Waar huisartsen zich vestigen – {scenario}", "Where GPs settle – {scenario}"),
    "made": (
        "Gemaakt uit opgeslagen uitkomsten van gp-settlement {version}: {runs} per scenario, seed {seed}, klaar op "
        "{finished}. Alle cijfers zijn van 1 januari. {base} Na {first} zijn het uitkomsten van een model.",
        "Made from stored results of gp-settlement {version}: {runs} per scenario, seed {seed}, finished on "
        "{finished}. All figures are of 1 January. {base} After {first} they are results of a model.",
    ),
    "base year": (
        "De landelijke cijfers van het basisjaar {first} zijn gepubliceerd; die per regio zijn grotendeels afgeleid of "
        "aangenomen, ook het aantal huisartsen.",
        "The national figures of the base year {first} are published; those by region are mostly derived or assumed, "
        "the number of GPs included.",
    ),
    "own base year": (
        "De cijfers van het basisjaar {first} komen uit de opgegeven gegevensmap.",
        "The figures of the base year {first} come from the data folder that was given.",
    ),
    "one run": ("1 run", "1 run"),
    "runs": ("{count} runs", "{count} runs"),
    # Summary
    "summary": ("Samenvatting", "Summary"),
    "nation": ("Nederland", "The Netherlands"),
    "short": (
        "In het scenario '{title}' werken er op 1 januari {year} in Nederland gemiddeld {supply} fte huisartsen, bij "
        "een vraag van {demand} fte. Dat is een tekort van {shortage} fte{between}.",
        "In the scenario '{title}' there are {supply} fte of GPs at work in the Netherlands on 1 January {year}, on "
        "average, against a demand of {demand} fte. That is a shortage of {shortage} fte{between}.",
    ),
    "surplus": (
        "In het scenario '{title}' werken er op 1 januari {year} in Nederland gemiddeld {supply} fte huisartsen, bij "
        "een vraag van {demand} fte. Dat is een overschot van {shortage} fte{between}.",
        "In the scenario '{title}' there are {supply} fte of GPs at work in the Netherlands on 1 January {year}, on "
        "average, against a demand of {demand} fte. That is a surplus of {shortage} fte{between}.",
    ),
    "either": (
        "In het scenario '{title}' werken er op 1 januari {year} in Nederland gemiddeld {supply} fte huisartsen, bij "
        "een vraag van {demand} fte. Of dat een tekort of een overschot is, is niet te zeggen{between}.",
        "In the scenario '{title}' there are {supply} fte of GPs at work in the Netherlands on 1 January {year}, on "
        "average, against a demand of {demand} fte. Whether that is a shortage or a surplus cannot be told{between}.",
    ),
    "few runs short": (
        "In het scenario '{title}' werken er op 1 januari {year} in Nederland {supply} fte huisartsen, bij een vraag "
        "van {demand} fte. Dat is de uitkomst van {runs}: te weinig om te zeggen hoe anders het had kunnen uitvallen.",
        "In the scenario '{title}' there are {supply} fte of GPs at work in the Netherlands on 1 January {year}, "
        "against a demand of {demand} fte. That is the outcome of {runs}: too few to say how differently it might have "
        "turned out.",
    ),
    "between": (
        "; {share} van de runs ligt tussen {low} en {high} fte",
        "; {share} of runs lie between {low} and {high} fte",
    ),
    "between surplus": (
        "; {share} van de runs ligt tussen een overschot van {low} en een tekort van {high} fte",
        "; {share} of runs lie between a surplus of {low} and a shortage of {high} fte",
    ),
    "rate up": (
        "De vacaturegraad stijgt van {before} in {first} naar {after} in {year} ({share} van de runs: {low} tot "
        "{high}).",
        "The vacancy rate rises from {before} in {first} to {after} in {year} ({share} of runs: {low} to {high}).",
    ),
    "rate down": (
        "De vacaturegraad daalt van {before} in {first} naar {after} in {year} ({share} van de runs: {low} tot "
        "{high}).",
        "The vacancy rate falls from {before} in {first} to {after} in {year} ({share} of runs: {low} to {high}).",
    ),
    "rate same": (
        "De vacaturegraad is {before} in {first} en gemiddeld {after} in {year} ({share} van de runs: {low} tot "
        "{high}); of hij stijgt of daalt, is niet robuust.",
        "The vacancy rate is {before} in {first} and {after} in {year} on average ({share} of runs: {low} to {high}); "
        "whether it rises or falls is not robust.",
    ),
    "plan": (
        "Het landelijke capaciteitsmodel komt met dezelfde uitgangspunten op {plan} fte aanbod.",
        "The national capacity model has a supply of {plan} fte on the same assumptions.",
    ),
    "drawn plans": (
        "De landelijke capaciteitsmodellen die de runs trokken, komen gemiddeld op {plan} fte aanbod.",
        "The national capacity models that the runs drew have a supply of {plan} fte on average.",
    ),
    "published": (
        "Het Capaciteitsplan 2025 noemt {supply} fte aanbod en {demand} fte vraag (E005, E011).",
        "The capacity plan of 2025 has a supply of {supply} fte and a demand of {demand} fte (E005, E011).",
    ),
    "above": (
        "De vacaturegraad ligt robuust, in minstens {robust} van de runs, boven het landelijke cijfer in {regions}.",
        "The vacancy rate is robustly above the national figure, so in at least {robust} of the runs, in {regions}.",
    ),
    "below": (
        "Robuust eronder ligt de vacaturegraad in {regions}.", "The vacancy rate is robustly below it in {regions}.",
    ),
    "above chance": (
        "In minstens {robust} van de runs, die alleen door toeval verschillen, is de vacaturegraad hoger dan het "
        "landelijke cijfer in {regions}.",
        "In at least {robust} of the runs, which differ by chance alone, the vacancy rate is above the national figure "
        "in {regions}.",
    ),
    "below chance": ("Lager is hij in {regions}.", "It is below in {regions}."),
    "none above": (
        "In geen enkele regio is de vacaturegraad in minstens {robust} van de runs hoger dan het landelijke cijfer.",
        "In no region is the vacancy rate above the national figure in at least {robust} of the runs.",
    ),
    "none below": (
        "In geen enkele regio is hij in minstens {robust} van de runs lager.",
        "In no region is it below in at least {robust} of the runs.",
    ),
    "undecided": (
        "Van de andere {count} regio's is niet te zeggen of zij erboven of eronder liggen.",
        "Of the other {count} regions it cannot be told whether they are above or below.",
    ),
    "worst": (
        "Bij de {worst} regio's met de hoogste vacaturegraad horen in minstens {robust} van de runs {regions}.",
        "Among the {worst} regions with the highest vacancy rate are, in at least {robust} of the runs, {regions}.",
    ),
    "worst one": (
        "Bij de {worst} regio's met de hoogste vacaturegraad hoort in minstens {robust} van de runs {regions}.",
        "Among the {worst} regions with the highest vacancy rate is, in at least {robust} of the runs, {regions}.",
    ),
    "worst all": (
        "De {worst} regio's met de hoogste vacaturegraad zijn in minstens {robust} van de runs {regions}.",
        "The {worst} regions with the highest vacancy rate are, in at least {robust} of the runs, {regions}.",
    ),
    "worst fixed": (
        "Welke {worst} regio's de hoogste vacaturegraad hebben, is uit deze runs niet op te maken: wat niet bekend is "
        "over gedrag, basisjaar en prognoses, ligt erin vast.",
        "Which {worst} regions have the highest vacancy rate these runs do not tell: what is not known of behaviour, "
        "base year and forecasts is fixed in them.",
    ),
    "worst rest": ("Welke andere daarbij horen, staat niet vast.", "Which others are among them is not certain."),
    "worst none": (
        "Welke {worst} regio's de hoogste vacaturegraad hebben, staat niet vast: geen enkele hoort daar in minstens "
        "{robust} van de runs bij.",
        "Which {worst} regions have the highest vacancy rate is not robust: none is among them in at least {robust} of "
        "the runs.",
    ),
    "too few": (
        "Over de volgorde van regio's zegt dit rapport niets: daarvoor zijn minstens {fewest} runs nodig.",
        "This report says nothing of the order of regions: that takes at least {fewest} runs.",
    ),
    "no order": (
        "Een figuur met de regio's op volgorde ontbreekt: daarvoor zijn minstens {fewest} runs nodig.",
        "There is no figure of the regions in order: that takes at least {fewest} runs.",
    ),
    "chance alone": (
        "De runs verschillen alleen door toeval. Wat niet bekend is over gedrag, basisjaar en prognoses, is niet "
        "meegenomen; de werkelijke onzekerheid is groter (de optie --ensemble neemt het mee).",
        "The runs differ by chance alone. What is not known of behaviour, base year and forecasts is left out; the "
        "real uncertainty is larger (the option --ensemble takes it in).",
    ),
    "with ensemble": (
        "De runs verschillen door toeval en door wat niet bekend is over gedrag, basisjaar, bevolkingsprognose en het "
        "landelijke model. Wat het model als geheel mist, zit er niet in.",
        "The runs differ by chance and by what is not known of behaviour, base year, population forecast and the "
        "national model. What the model as a whole misses is not in it.",
    ),
    "assumed regions": (
        "Van {count} regio's zijn de huisartsen van het basisjaar aangenomen: zij hebben de landelijke opbouw naar "
        "leeftijd en functie.",
        "Of {count} regions the GPs of the base year are assumed: they have the national profile of ages and roles.",
    ),
    "failed": ("Van de {runs} runs zijn er {failed} mislukt; die tellen niet mee.",
               "Of the {runs} runs {failed} failed; they are left out."),
    "list and": ("{head} en {last}", "{head} and {last}"),
    # The nation
    "nation told": (
        "Het model volgt huisartsen één voor één. De uitkomsten staan naast die van het landelijke capaciteitsmodel, "
        "met de uitgangspunten van het scenario, en waar dat kan naast het gepubliceerde Capaciteitsplan.",
        "The model counts GPs one by one. Beside it are the national capacity model, on the scenario's assumptions, "
        "and where possible the published capacity plan.",
    ),
    "nation caption": ("Nederland, 1 januari, scenario '{title}'", "The Netherlands, 1 January, scenario '{title}'"),
    "year": ("Jaar", "Year"),
    "origin": ("Bron", "Source"),
    "simulated": ("dit model", "this model"),
    "of plan": ("landelijk model", "national model"),
    "of drawn plans": ("gemiddelde van de getrokken landelijke modellen", "mean of the drawn national models"),
    "of publication": ("Capaciteitsplan 2025", "capacity plan 2025"),
    "nation note": (
        "Dit model: gemiddelde van de runs. Capaciteitsplan 2025: Kernrapport, E005 en E011; alleen waar het scenario "
        "dezelfde instroom en vraag heeft.",
        "This model: mean of the runs. Capacity plan 2025: Kernrapport, E005 and E011; only where the scenario has the "
        "same intake and demand.",
    ),
    # Regions
    "regions": ("De regio's", "The regions"),
    "map caption": ("{label}, 1 januari {year}, scenario '{title}'", "{label}, 1 January {year}, scenario '{title}'"),
    "maps caption": ("{label}, 1 januari {year}, per scenario", "{label}, 1 January {year}, by scenario"),
    "maps alt": (
        "Kaarten van Nederland in {count} regio's: {label}, gemiddelde van de runs. Klassen, van laag naar hoog. "
        "{told}",
        "Maps of the Netherlands in {count} regions: {label}, mean of the runs. Classes, from low to high. {told}",
    ),
    "difference caption": (
        "{label}, 1 januari {year}: verschil met '{baseline}'",
        "{label}, 1 January {year}: difference from '{baseline}'",
    ),
    "difference alt": (
        "Kaarten van het verschil in {label} met '{baseline}'. {told}",
        "Maps of the difference in {label} from '{baseline}'. {told}",
    ),
    "map lower": ("Lager in {regions}.", "Lower in {regions}."),
    "map higher": ("Hoger in {regions}.", "Higher in {regions}."),
    "map same": ("Geen verschil aangetoond in {regions}.", "No difference is shown in {regions}."),
    "map none": ("Geen gegevens", "No data"),
    "regions caption": (
        "Regio's op 1 januari {year}, scenario '{title}'", "Regions on 1 January {year}, scenario '{title}'",
    ),
    "region": ("Regio", "Region"),
    "low": ("{label}, laag", "{label}, low"),
    "high": ("{label}, hoog", "{label}, high"),
    "against": ("Vergeleken met Nederland", "Against the nation"),
    "higher": ("hoger", "higher"),
    "lower": ("lager", "lower"),
    "not robust": ("onzeker", "unsure"),
    "in worst": ("Bij de hoogste {worst}", "Among highest {worst}"),
    "sorted": (
        "Gesorteerd op de gemiddelde vacaturegraad; de volgorde van opeenvolgende regio's is vaak niet robuust.",
        "Sorted by the mean vacancy rate; the order of regions next to each other is often not robust.",
    ),
    "alphabet": ("In vaste volgorde; de volgorde zegt niets.", "In fixed order; the order means nothing."),
    "against note": (
        "Vergeleken met Nederland: vacaturegraad in minstens {robust} van de runs hoger of lager dan het landelijke "
        "cijfer; onzeker is geen van beide. Bij de hoogste {worst}: aandeel van de runs.",
        "Against the nation: vacancy rate above or below the national figure in at least {robust} of the runs; "
        "unsure is neither. Among highest {worst}: share of the runs.",
    ),
    "interval ensemble": (
        "Laag en hoog: {low} en {high} van de runs ligt lager.",
        "Low and high: {low} and {high} of runs are lower.",
    ),
    "interval chance": (
        "Laag en hoog: daartussen ligt 95% van losse runs, die alleen door toeval verschillen.",
        "Low and high: where 95% of single runs fall by chance alone.",
    ),
    "interval few": (
        "Geen intervallen: daarvoor zijn minstens {fewest} runs per scenario nodig.",
        "No intervals: these take at least {fewest} runs per scenario.",
    ),
    "few pairs": (
        "Geen intervallen: daarvoor zijn minstens {fewest} paren van runs nodig.",
        "No intervals: these take at least {fewest} pairs of runs.",
    ),
    "assumed mark": (
        "* Huisartsen van het basisjaar aangenomen: de regio heeft de landelijke opbouw naar leeftijd en functie.",
        "* GPs of the base year assumed: the region has the national profile of ages and roles.",
    ),
    "locums": (
        "Waarnemers die in meer regio's werken, tellen in elk voor een deel, zoals Nivel telt; elke huisarts telt in "
        "totaal één keer.",
        "Locums who work in several regions count for a part in each, as Nivel counts; every GP counts once in all.",
    ),
    "locums each": (
        "Bij aantallen huisartsen tellen waarnemers die in meer regio's werken in elk volledig, zoals RIVM telt; "
        "landelijk telt elke huisarts één keer. Fte en aandelen zijn over hun regio's verdeeld.",
        "In numbers of GPs, locums who work in several regions count fully in each, as RIVM counts; in the nation "
        "every GP counts once. Fte and shares are divided over their regions.",
    ),
    "locums both": (
        "Waarnemers die in meer regio's werken, tellen in elk voor een deel, zoals Nivel telt; in kolommen met "
        "'waarnemers in elke regio' in elk volledig, zoals RIVM telt.",
        "Locums who work in several regions count for a part in each, as Nivel counts; in columns with 'locums in "
        "every region' fully in each, as RIVM counts.",
    ),
    "hidden": (
        "<5: één tot vier huisartsen, of een cijfer dat zo'n aantal verraadt; niet getoond.",
        "<5: one to four GPs, or to be derived from that; not shown.",
    ),
    # Comparison
    "comparison": ("Vergelijking met '{baseline}'", "Comparison with '{baseline}'"),
    "no comparison": (
        "De map bevat meer scenario's, maar geen tabellen waarin die met elkaar worden vergeleken; gp-settlement "
        "compare maakt die.",
        "The folder holds several scenarios but no tables that compare them; gp-settlement compare makes these.",
    ),
    "effects": ("Effect van elk scenario op 1 januari {year}", "Effect of each scenario on 1 January {year}"),
    "scenario": ("Scenario", "Scenario"),
    "aim": ("Doelregio's", "Target regions"),
    "gain": ("Extra fte in doelregio's", "Extra fte in target regions"),
    "less": ("Kans op minder tekort", "Chance of less shortage"),
    "neighbours": ("Buurregio's (fte)", "Neighbours (fte)"),
    "rest": ("Overige regio's (fte)", "Other regions (fte)"),
    "whole": ("Nederland (fte)", "Nation (fte)"),
    "cost": ("Kosten (mln euro)", "Cost (million euro)"),
    "per": ("Euro per extra fte-jaar", "Euro per extra fte-year"),
    "effects note": (
        "Verschil met '{baseline}', gemiddeld over de paren van runs met hetzelfde toeval; laag en hoog: 95%-interval "
        "van dat gemiddelde. Een verschil waarvan het interval nul bevat, is niet aangetoond. Kosten over de hele "
        "looptijd, niet verdisconteerd, in euro van nu.",
        "Difference from '{baseline}', mean over the pairs of runs with the same luck; low and high: 95% interval of "
        "that mean. A difference whose interval contains zero is not shown to be there. Cost over the whole run, "
        "undiscounted, in euro of today.",
    ),
    "where": (
        "Wie wint en wie verliest op 1 januari {year}: '{title}'",
        "Who gains and who loses on 1 January {year}: '{title}'",
    ),
    "group": ("Groep", "Group"),
    "group target": ("doelregio", "target"),
    "group neighbours": ("buurregio", "neighbour"),
    "group rest": ("overig", "other"),
    "group nation": ("Nederland", "nation"),
    "together": ("samen", "together"),
    "without": ("Zonder (fte)", "Without (fte)"),
    "with": ("Met (fte)", "With (fte)"),
    "difference": ("Verschil (fte)", "Difference (fte)"),
    "shown": ("Aangetoond", "Shown"),
    "yes": ("ja", "yes"),
    "no": ("nee", "no"),
    "where note": (
        "Aanbod in fte. Laag en hoog: 95%-interval van het gemiddelde verschil; aangetoond: het bevat nul niet. "
        "Buurregio's hebben een gemeenschappelijke grens met een doelregio, ook over water.",
        "Supply in fte. Low and high: 95% interval of the mean difference; shown: it does not contain zero. Neighbours "
        "have a common border with a target, water included.",
    ),
    "costs": ("Bereik en kosten van de maatregelen, hele looptijd", "Reach and cost of the levers, whole run"),
    "lever": ("Maatregel", "Lever"),
    "reached": ("Bereikt", "Reached"),
    "counted": ("Geteld in", "Counted in"),
    "anyway": ("Waren er ook zonder", "Would be there anyway"),
    "unit persons": ("huisartsen", "GPs"),
    "unit person-years": ("huisartsjaren", "GP-years"),
    "all levers": ("alle samen", "all together"),
    "training": ("meer of minder opleiden", "training more or fewer"),
    "costs note": (
        "Bereikt: wie onder de maatregel valt, ook wie er zonder de maatregel was geweest. Kosten niet "
        "verdisconteerd, in euro van nu; laag en hoog: 95%-interval van het gemiddelde.",
        "Reached: who falls under the lever, those included who would have been there without. Cost undiscounted, in "
        "euro of today; low and high: 95% interval of the mean.",
    ),
    # Scenarios
    "scenarios": ("Scenario's en maatregelen", "Scenarios and levers"),
    "differs": ("Wat in '{title}' van de standaard verschilt", "What in '{title}' differs from the default"),
    "as default": ("Alle waarden staan op de standaard.", "All values are at their default."),
    "rest as default": (
        "Op de maatregelen na staan alle waarden op de standaard.",
        "But for the levers all values are at their default.",
    ),
    "no levers": ("Geen maatregelen.", "No levers."),
    "lever named": ("Maatregel {name}: {about}", "Lever {name}: {about}"),
    "lever caption": ("Waarden van maatregel '{name}' in '{title}'", "Values of lever '{name}' in '{title}'"),
    "parameter": ("Parameter", "Parameter"),
    "meaning": ("Betekenis", "Meaning"),
    "value": ("Waarde", "Value"),
    "default": ("Standaard", "Default"),
    "unit": ("Eenheid", "Unit"),
    "quality": ("Kwaliteit", "Quality"),
    "from": ("Herkomst", "Origin"),
    "several": ("Verder {count} scenario's, in manifest.json.", "And {count} more scenarios, in manifest.json."),
    # Assumptions
    "assumptions": ("Wat is aangenomen", "What is assumed"),
    "assumptions told": (
        "De tabel geeft elke parameter van het model waarvan de waarde niet uit een publicatie volgt. E-nummers zijn "
        "rijen van regions/data/evidence.csv; de herkomst staat er in het Engels, zoals in het model. Waar de "
        "uitkomsten kloppen met gepubliceerde cijfers en waar niet, staat in docs/validation.",
        "Every parameter of the model whose value does not follow from a publication. E numbers are rows of "
        "regions/data/evidence.csv. What the model gets right and wrong is in docs/validation.",
    ),
    "assumptions caption": ("Aangenomen parameters", "Assumed parameters"),
    # Data
    "data": ("Gegevens en hun kwaliteit", "Data and their quality"),
    "data caption": ("Tabellen van de gegevens", "Tables of the data"),
    "data note": (
        "Jaren en bronnen staan er in het Engels, zoals in de tabellen zelf.",
        "Years and sources are as the tables have them.",
    ),
    "table": ("Tabel", "Table"),
    "about": ("Inhoud", "Content"),
    "rows": ("Rijen", "Rows"),
    "years": ("Jaar", "Year"),
    "source": ("Bron", "Source"),
    "weights caption": (
        "Wat is aangenomen, naar gewicht in de uitkomsten",
        "What is assumed, by its weight in the results",
    ),
    "share assumed": ("Aangenomen", "Assumed"),
    "weighed by": ("Gewogen naar", "Weighed by"),
    "inhabitants": ("inwoners", "inhabitants"),
    "trainees or candidates": ("huisartsen in opleiding of kandidaten", "trainees or candidates"),
    "supply in fte": ("aanbod in fte", "supply in fte"),
    "the table": ("de tabel", "the table"),
    "shipped data": (
        "De runs gebruikten de gegevens die bij het model horen.",
        "The runs used the data that come along with the model.",
    ),
    "own data": (
        "De runs gebruikten eigen gegevens van de gebruiker: {folder}.", "The runs used the user's own data: {folder}.",
    ),
    "data gone": (
        "De gegevensmap {folder} is er niet meer of is veranderd; over de tabellen zelf is hier daarom niets te "
        "zeggen.",
        "The data folder {folder} is gone or has changed; of the tables themselves nothing can be said here.",
    ),
    "assumed in": ("Aangenomen in {table}: {regions}.", "Assumed in {table}: {regions}."),
    "own stock": (
        "De stand van het basisjaar is niet die van het plan; het landelijke model is er opnieuw mee gedraaid.",
        "The stock of the base year is not the plan's; the national model was run again on it.",
    ),
    # Counting
    "counting": ("Hoe is er geteld", "How it was counted"),
    "counting persons": (
        "Aantallen huisartsen zijn personen die werken; fte rekent hun uren mee.",
        "Numbers of GPs are persons at work; fte take their hours into account.",
    ),
    "definitions": ("Begrippen", "Terms"),
    "term": ("Begrip", "Term"),
    # Repeating
    "again": ("Hoe dit te herhalen is", "How to repeat this"),
    "again told": (
        "Dezelfde opdracht met dezelfde versie en gegevens geeft dezelfde cijfers.",
        "The same command with the same version and data gives the same figures.",
    ),
    "own file": (
        "Van de gebruiker zelf: {files}. Wat daarin staat, is hierboven en in manifest.json te vinden.",
        "The user's own: {files}. What is in it is above and in manifest.json.",
    ),
    "made with": ("Waarmee de uitkomsten zijn gemaakt", "What the results were made with"),
    "what": ("Wat", "What"),
    "command": ("Opdracht", "Command"),
    "version": ("Versie", "Version"),
    "seed": ("Seed", "Seed"),
    "replications": ("Runs per scenario", "Runs per scenario"),
    "ensemble": ("Ensemble", "Ensemble"),
    "no ensemble": ("nee: alleen toeval", "no: chance alone"),
    "data fingerprint": ("Vingerafdruk gegevens (SHA-256)", "Fingerprint of the data (SHA-256)"),
    "code fingerprint": ("Vingerafdruk code (SHA-256)", "Fingerprint of the code (SHA-256)"),
    "software": ("Software", "Software"),
    "started": ("Begonnen", "Started"),
    "finished": ("Klaar", "Finished"),
    "folder": ("Map met uitkomsten", "Results folder"),
    # Data tables
    "all regions": ("Alle regio's, jaren en indicatoren", "All regions, years and indicators"),
    "all nation": ("Nederland, alle jaren en indicatoren", "The Netherlands, all years and indicators"),
    "all ages": ("Huisartsen naar leeftijd en geslacht", "GPs by age and sex"),
    "sex": ("Geslacht", "Sex"),
    "all differences": ("Verschillen per regio, alle jaren", "Differences by region, all years"),
    "all costs": ("Bereik en kosten per jaar", "Reach and cost by year"),
    "code": ("Code", "Code"),
    "means": ("Gemiddelde van de runs.", "Mean of the runs."),
    "plan column": ("{label}, landelijk model", "{label}, national model"),
    "indicator": ("Indicator", "Indicator"),
    "quantity": ("Grootheid", "Quantity"),
    "without any": ("Zonder", "Without"),
    "with any": ("Met", "With"),
    "difference any": ("Verschil", "Difference"),
    "reached_persons": ("bereikt", "reached"),
    "reached_fte": ("bereikt", "reached"),
    "per year value": ("Waarde", "Value"),
    "calendar year": ("Kalenderjaar", "Calendar year"),
    "cost quantity": ("kosten", "cost"),
}  # fmt: skip


def say(phrase: str, lang: str, **words: object) -> str:
    """Return a phrase in a language, with its words filled in."""
    return TEXT[phrase][LANGUAGES.index(lang)].format(**words)


def listed(words: list[str], lang: str) -> str:
    """Return words as a list in a sentence."""
    return say("list and", lang, head=", ".join(words[:-1]), last=words[-1]) if len(words) > 1 else "".join(words)
