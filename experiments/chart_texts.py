"""The words of figures of results, in Dutch and English."""

from __future__ import annotations

from regions.maps import Language

TEXT: dict[str, tuple[str, str]] = {
    "chance": (
        "Band: waarin 95% van losse runs valt, door toeval alleen; runs: {count}",
        "Band: where 95% of single runs fall, by chance alone; runs: {count}",
    ),
    "ensemble": (
        "Band: 5% tot 95% van de runs van het ensemble; runs: {count}",
        "Band: 5% to 95% of the runs of the ensemble; runs: {count}",
    ),
    "few": (
        "Geen intervallen: daarvoor zijn minstens {fewest} runs nodig; runs: {count}",
        "No intervals: these take at least {fewest} runs; runs: {count}",
    ),
    "bar chance": (
        "Streep: waar 95% van losse runs valt, door toeval alleen; runs: {count}",
        "Bar: where 95% of single runs fall, by chance alone; runs: {count}",
    ),
    "bar ensemble": (
        "Streep: 5% tot 95% van de runs van het ensemble; runs: {count}",
        "Bar: 5% to 95% of the runs of the ensemble; runs: {count}",
    ),
    "mean": ("Gemiddelde; runs: {count}", "Mean; runs: {count}"),
    "scenarios": ("Scenario's: {titles}", "Scenarios: {titles}"),
    "date": ("1 januari {year}", "1 January {year}"),
    "dates": ("1 januari {first}-{last}", "1 January {first}-{last}"),
    "supply and demand": ("Aanbod van en vraag naar huisartsen, {place}", "Supply of and demand for GPs, {place}"),
    "in fte": ("Aanbod en vraag, fte", "Supply and demand, fte"),
    "supply": ("aanbod", "supply"),
    "demand": ("vraag", "demand"),
    "supply plan": ("○ aanbod, landelijk model", "○ supply, national model"),
    "shortage": ("tekort", "shortage"),
    "shortage plan": ("○ tekort, landelijk model", "○ shortage, national model"),
    "gap": ("Tekort (vraag min aanbod), fte", "Shortage (demand minus supply), fte"),
    "from to": ("van {before} naar {after}", "from {before} to {after}"),
    "interval": (" (interval {low} tot {high})", " (interval {low} to {high})"),
    "lines": ("Lijnfiguur: {title}, {first} tot {last}.", "Line figure: {title}, {first} to {last}."),
    "small lines": (
        "Een kleine lijnfiguur voor elk van {count} regio's: {label}, {first} tot {last}.",
        "A small line figure for each of {count} regions: {label}, {first} to {last}.",
    ),
    "band of": ("Band van: {title}", "Band of: {title}"),
    "plan of": ("Landelijk model: dat van {title}", "National model: that of {title}"),
    "plan drawn": ("Landelijk model: gemiddelde van de getrokken modellen", "National model: mean of the drawn models"),
    "supply alt": (
        "{title}: het aanbod gaat {supply}, de vraag {demand} en het tekort "
        "{shortage} fte{interval}.",
        "{title}: supply goes {supply}, demand {demand} and the shortage "
        "{shortage} fte{interval}.",
    ),
    "plan alt": (
        "Het landelijke model komt uit op een tekort van {value} fte.",
        "The national model ends with a shortage of {value} fte.",
    ),
    "trend": ("{label}, {place}", "{label}, {place}"),
    "trend alt": (
        "{title}: {told}{interval}.",
        "{title}: {told}{interval}.",
    ),
    "nation alt": ("Nederland: {told}.", "The Netherlands: {told}."),
    "panels": ("{label} per regio", "{label} by region"),
    "panels note": ("Dunne lijn: Nederland", "Thin line: the Netherlands"),
    "panels alt": (
        "{title}: in {last} het hoogst in {high}, het laagst in {low}.",
        "{title}: in {last} highest in {high}, lowest in {low}.",
    ),
    "roles": ("Functies van werkzame huisartsen, {place}", "Roles of GPs at work, {place}"),
    "of persons": ("Aandeel van de personen", "Share of persons"),
    "holder": ("praktijkhouders", "practice holders"),
    "salaried": ("in loondienst (hidha)", "salaried"),
    "fixed_locum": ("vaste waarnemers", "fixed locums"),
    "changing_locum": ("wisselende waarnemers", "changing locums"),
    "roles alt": (
        "Gestapelde vlakken, {place}, aandeel van de werkzame huisartsen, {first} en {last}: {told}.",
        "Stacked areas, {place}, share of the GPs at work, {first} and {last}: {told}.",
    ),
    "blocks": ("Aanbod naar herkomst, {place}", "Supply by origin, {place}"),
    "block stock": ("aan het werk in {first}", "at work in {first}"),
    "block training": ("in opleiding in {first}", "in training in {first}"),
    "block until_adjustment": ("instroom vóór bijsturing", "intake before adjustment"),
    "block after_adjustment": ("instroom na bijsturing", "intake after adjustment"),
    "block abroad": ("uit het buitenland", "from abroad"),
    "blocks note": (
        "Bijsturing: vanaf het eerste jaar waarin een andere instroom in de opleiding kan beginnen",
        "Adjustment: from the first year in which another intake of training can begin",
    ),
    "blocks count": (
        "Elk blok telt wie op 1 januari werkt: wie intussen stopte, telt niet mee",
        "Each block counts who is at work on 1 January: who stopped meanwhile does not count",
    ),
    "blocks plan note": ("Open stippen: landelijk model", "Open dots: national model"),
    "blocks few": (
        "Een blok met minder dan {count} huisartsen is bij het eerste geteld",
        "A block of fewer than {count} GPs is counted with the first",
    ),
    "blocks alt": (
        "Gestapelde vlakken, {place}, aanbod in fte op 1 januari {last} naar blok van het landelijke model: {told}.",
        "Stacked areas, {place}, supply in fte on 1 January {last} by block of the national model: {told}.",
    ),
    "blocks plan": ("Het landelijke model komt op {told}.", "The national model has {told}."),
    "supply fte": ("Aanbod, fte", "Supply, fte"),
    "pyramid": ("Leeftijdsopbouw van werkzame huisartsen, {place}", "Ages of GPs at work, {place}"),
    "pyramid note": (
        "Staaf: personen. Lijn: zoveel zouden het er zijn met de leeftijden van Nederland. {mean}. {locums}",
        "Bar: persons. Line: as many as there would be with the ages of the Netherlands. {mean}. {locums}",
    ),
    "pyramid note nation": ("Staaf: personen. {mean}", "Bar: persons. {mean}"),
    "few note": (
        "<{count}: één tot vier huisartsen, of een cijfer dat zo'n aantal verraadt; niet getoond",
        "<{count}: one to four GPs, or to be derived from that; not shown",
    ),
    "locums divided": (
        "Waarnemers in meer regio's tellen in elk voor een deel", "Locums in several regions count for a part in each",
    ),
    "locums each": (
        "Waarnemers in meer regio's tellen in elk volledig", "Locums in several regions count fully in each",
    ),
    "women": ("vrouwen", "women"),
    "men": ("mannen", "men"),
    "age under": ("jonger dan {end}", "under {end}"),
    "age over": ("{start} en ouder", "{start} and over"),
    "pyramid alt": (
        "Leeftijdspiramide van werkzame huisartsen, {place}. {told}.",
        "Age pyramid of the GPs at work, {place}. {told}.",
    ),
    "pyramid of": (
        "{year}: {persons} huisartsen, {women} vrouw; jonger dan 40 {young}, 55 en ouder {old}{nation}",
        "{year}: {persons} GPs, {women} women; under 40 {young}, 55 and over {old}{nation}",
    ),
    "pyramid nation": (" (Nederland: {young} en {old})", " (the Netherlands: {young} and {old})"),
    "ranking": ("{label}: regio's op volgorde", "{label}: regions in order"),
    "above": ("boven Nederland in minstens {robust} van de runs", "above the nation in at least {robust} of the runs"),
    "neither": ("niet robuust boven of onder Nederland", "not robustly above or below the nation"),
    "below": ("onder Nederland in minstens {robust} van de runs", "below the nation in at least {robust} of the runs"),
    "ranks": ("plaatsen", "ranks"),
    "ranks note": (
        "Plaatsen: 5% tot 95% van de runs. Een = : de volgorde met de volgende regio is niet robuust (minder dan "
        "{robust} van de runs)",
        "Ranks: 5% to 95% of the runs. A = : the order with the next region is not robust (less than {robust} of the "
        "runs)",
    ),
    "chance note": (
        "Alleen toeval: hoe zeker een volgorde is, blijkt pas uit een ensemble",
        "Chance alone: how sure an order is takes an ensemble",
    ),
    "order note": (
        "De volgorde zegt niets: daarvoor zijn minstens {fewest} runs nodig",
        "The order means nothing: that takes at least {fewest} runs",
    ),
    "the nation": ("Nederland: {value}", "The Netherlands: {value}"),
    "ranking alt": (
        "Stippenfiguur van {label} in {count} regio's op 1 januari {year}, hoogste boven. Hoogste: {high}. Laagste: "
        "{low}. {nation}.",
        "Dot figure of {label} in {count} regions on 1 January {year}, highest on top. Highest: {high}. Lowest: {low}. "
        "{nation}.",
    ),
    "robust alt": (
        "Robuust boven Nederland: {above}; robuust eronder: {below}; de andere niet robuust.",
        "Robustly above the nation: {above}; robustly below: {below}; the others not robustly.",
    ),
    "popularity": (
        "Aantrekkelijkheid en verwachte uitstroom van regio's", "Popularity and expected outflow of regions",
    ),
    "popularity note": (
        "Waar huisartsen beginnen die in {first}-{last} de opleiding afrondden, en welk deel van de huisartsen van "
        "{first} naar verwachting binnen vijf jaar stopt. Zoals bij Nivel (2020, E090-E092) is het aandeel niet "
        "gedeeld door de grootte van de regio: grote regio's staan hoger. Lijnen: een gelijk deel, en de middelste "
        "regio. {title}. {mean}",
        "Where GPs start who finished training in {first}-{last}, and which share of the GPs of {first} are expected "
        "to stop within five years. As with Nivel (2020, E090-E092) the share is not divided by the size of the "
        "region: large regions stand higher. Lines: an equal share, and the middle region. {title}. {mean}",
    ),
    "popular x": (
        "Stopt naar verwachting binnen vijf jaar, van de werkzame huisartsen",
        "Expected to stop within five years, of the GPs at work",
    ),
    "popular y": ("Aandeel van de pas opgeleide huisartsen dat hier begint", "Share of graduates who start here"),
    "favourable": ("gunstig: in trek, weinig stoppers", "favourable: popular, few stop"),
    "popular, many": ("in trek, veel stoppers", "popular, many stop"),
    "not popular, few": ("niet in trek, weinig stoppers", "not popular, few stop"),
    "unfavourable": ("ongunstig: niet in trek, veel stoppers", "unfavourable: not popular, many stop"),
    "popularity alt": (
        "Spreidingsfiguur van {count} regio's. Gunstig (meer dan een gelijk deel van de pas opgeleide huisartsen, "
        "minder uitstroom dan de middelste regio): {good}. Ongunstig: {bad}.",
        "Scatter figure of {count} regions. Favourable (more than an equal share of the graduates, less outflow than "
        "the middle region): {good}. Unfavourable: {bad}.",
    ),
    "none": ("geen", "none"),
    "waterfall": ("Wat het tekort drijft, {place}", "What drives the shortage, {place}"),
    "waterfall note": (
        "Tekort in fte op 1 januari, en wat het daartussen groter (naar rechts) of kleiner (naar links) maakt. Wie in "
        "die jaren kwam en weer stopte, telt bij beide. {title}. {mean}",
        "Shortage in fte on 1 January, and what makes it more (to the right) or less (to the left) in between. Who "
        "came and stopped in those years counts in both. {title}. {mean}",
    ),
    "shortage in": ("Tekort {year}", "Shortage {year}"),
    "inhabitants": ("Meer of minder inwoners", "More or fewer inhabitants"),
    "ageing": ("Vergrijzing: zorgvraag per inwoner, landelijk", "Ageing: need per inhabitant, nation"),
    "use": ("Zorgvraag per inwoner, vergeleken met Nederland", "Need per inhabitant, beside the nation"),
    "growth": (
        "Overige groei van de vraag (vraagscenario en maatregelen)", "Other growth of demand (scenario and levers)",
    ),
    "leavers": ("Huisartsen die stoppen", "GPs who stop"),
    "graduates": ("Pas opgeleide huisartsen die hier beginnen", "New graduates who start here"),
    "arrivals": ("Huisartsen uit het buitenland", "GPs from abroad"),
    "moves": ("Verhuizingen, in min uit", "Moves, in minus out"),
    "locums": ("Waarnemen over de regiogrens", "Locum work across the region's border"),
    "hours": ("Uren en functies", "Hours and roles"),
    "waterfall alt": (
        "Waterval, {place}: van een tekort van {before} fte in {first} naar {after} fte in {last}. {told}.",
        "Waterfall, {place}: from a shortage of {before} fte in {first} to {after} fte in {last}. {told}.",
    ),
    "all target": ("doelregio's", "targets"),
    "all neighbours": ("buurregio's", "neighbours"),
    "all rest": ("overige regio's", "other regions"),
    "all nation": ("Nederland", "the nation"),
    "gains": ("Wie wint en wie verliest huisartsen", "Who gains and who loses GPs"),
    "gain axis": ("Verschil in fte huisartsen", "Difference in fte of GPs"),
    "difference axis": ("Verschil met de basis", "Difference from the baseline"),
    "effects": ("{label}: wat scenario's veranderen, {place}", "{label}: what scenarios change, {place}"),
    "forest note": (
        "Verschil met {baseline}, paren met hetzelfde toeval: {pairs}. Dikke streep: 95%-interval van het gemiddelde; "
        "dunne: 90% van de paren. Open stip: het interval bevat nul",
        "Difference from {baseline}, pairs with the same luck: {pairs}. Thick bar: 95% interval of the mean; thin: "
        "90% of the pairs. Open dot: the interval includes zero",
    ),
    "forest few": (
        "Verschil met {baseline}, paren met hetzelfde toeval: {pairs}. Geen intervallen: daarvoor zijn minstens "
        "{fewest} paren nodig",
        "Difference from {baseline}, pairs with the same luck: {pairs}. No intervals: these take at least {fewest} "
        "pairs",
    ),
    "forest alt": (
        "Stippen met intervallen. {title}, 1 januari {year}, gemiddeld verschil met de basis en 95%-interval: {told}",
        "Dots with intervals. {title}, 1 January {year}, mean difference from the baseline and 95% interval: {told}",
    ),
    "forest few alt": (
        "Stippen zonder intervallen. {title}, 1 januari {year}, gemiddeld verschil met de basis: {told}",
        "Dots without intervals. {title}, 1 January {year}, mean difference from the baseline: {told}",
    ),
    "cost": ("Kosten en effect van scenario's", "Cost and effect of scenarios"),
    "cost note": (
        "Verschil met {baseline} over de hele looptijd; euro van nu, niet verdisconteerd. Strepen: 95%-interval van "
        "het gemiddelde; paren: {pairs}. Open stip: extra fte-jaren niet aangetoond. Stippellijnen: euro per extra "
        "fte-jaar",
        "Difference from {baseline} over the whole run; euro of today, undiscounted. Bars: 95% interval of the mean; "
        "pairs: {pairs}. Open dot: no extra fte-years shown. Dashed lines: euro for each extra fte-year",
    ),
    "cost few": (
        "Verschil met {baseline} over de hele looptijd; euro van nu, niet verdisconteerd; paren: {pairs}. Geen "
        "intervallen: daarvoor zijn minstens {fewest} paren nodig. Stippellijnen: euro per extra fte-jaar",
        "Difference from {baseline} over the whole run; euro of today, undiscounted; pairs: {pairs}. No intervals: "
        "these take at least {fewest} pairs. Dashed lines: euro for each extra fte-year",
    ),
    "cost x": ("Kosten, miljoen euro", "Cost, million euro"),
    "cost y": ("Extra fte-jaren in de doelregio's", "Extra fte-years in the targets"),
    "points": ("{text}, procentpunten", "{text}, percentage points"),
    "million": ("miljoen euro", "million euro"),
    "fte-years": ("fte-jaren", "fte-years"),
    "cost alt": (
        "Spreidingsfiguur van kosten en extra fte-jaren (95%-interval) over de hele looptijd: {told}.",
        "Scatter figure of cost and extra fte-years (95% interval) over the whole run: {told}.",
    ),
    "cost few alt": (
        "Spreidingsfiguur van kosten en extra fte-jaren over de hele looptijd, zonder intervallen: {told}.",
        "Scatter figure of cost and extra fte-years over the whole run, without intervals: {told}.",
    ),
}  # fmt: skip


def say(phrase: str, lang: Language, **words: object) -> str:
    """Return a phrase in a language with its words filled in."""
    return TEXT[phrase][0 if lang == "nl" else 1].format(**words)


def within(text: str) -> str:
    """Return a text as it stands within a sentence."""
    return text if text[1:2].isupper() else text[0].lower() + text[1:]
