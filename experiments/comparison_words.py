"""What a comparison says, in Dutch and in English (the order of `scenario_files.LANGUAGES`)."""

from __future__ import annotations

from experiments import costs, report_words
from experiments.differences import NEIGHBOURS, OTHER, REST, SUPPLY, TARGET, WHOLE

# Phrases in the order of LANGUAGES; those that a report says in the same words are its own.
SHARED = ("yes", "no", "list and", "no levers", "unit persons", "unit person-years")
TEXT: dict[str, tuple[str, str]] = {
    **{name: report_words.TEXT[name] for name in SHARED},
    "title": ("{scenarios}, vergeleken met {baseline}", "{scenarios}, compared with {baseline}"),
    "variants": ("{count} varianten van {keys}", "{count} variants of {keys}"),
    "and_more": ("{first} en {count} andere", "{first} and {count} more"),
    "question": ("Vraag", "Question"),
    "asked": (
        "Wat verandert er tot 1 januari {year} ten opzichte van *{baseline}*: voor wie, tegen welke prijs, en hoe "
        "zeker is dat? Elk scenario is {pairs} keer vergeleken met *{baseline}*, in paren van runs die hetzelfde "
        "toeval hebben (dezelfde seed): wat in een paar verschilt, komt door de maatregel.",
        "What changes until 1 January {year} from *{baseline}*: for whom, at what price, and how sure is that? Each "
        "scenario was compared with *{baseline}* {pairs} times, in pairs of runs with the same luck (the same seed): "
        "what differs in a pair comes from the measure.",
    ),
    # In short
    "short": ("In het kort", "In short"),
    "gain_more": (
        "In {regions} is er op 1 januari {year} gemiddeld {gain} fte meer huisartsen ({share}) dan in het "
        "basisscenario (95%-interval {low} tot {high}).",
        "In {regions} there are {gain} fte ({share}) more GPs at work on 1 January {year} than without, on average "
        "(95% interval {low} to {high}).",
    ),
    "gain_less": (
        "In {regions} is er op 1 januari {year} gemiddeld {gain} fte minder huisartsen ({share}) dan in het "
        "basisscenario (95%-interval van het verschil {low} tot {high}).",
        "In {regions} there are {gain} fte ({share}) fewer GPs at work on 1 January {year} than without, on average "
        "(95% interval of the difference {low} to {high}).",
    ),
    "gain_none": (
        "In {regions} is op 1 januari {year} geen verschil in het aantal fte huisartsen aangetoond (95%-interval {low} "
        "tot {high}).",
        "In {regions} no difference in fte of GPs is shown on 1 January {year} (95% interval {low} to {high}).",
    ),
    "gain_same": (
        "In {regions} is het aantal fte huisartsen op 1 januari {year} in alle paren gelijk.",
        "In {regions} the fte of GPs on 1 January {year} are the same in all pairs.",
    ),
    "gain_unknown": (
        "Voor een uitspraak over {regions} zijn minstens {fewest} paren nodig.",
        "To say something about {regions} takes at least {fewest} pairs.",
    ),
    "while_in_force": (
        "Op 1 januari {year}, als de maatregel is afgelopen, is het verschil in {regions} {gain} fte (95%-interval "
        "{low} tot {high}).",
        "On 1 January {year}, when the measure has ended, the difference in {regions} is {gain} fte (95% interval "
        "{low} to {high}).",
    ),
    "need": (
        "De vacaturegraad is daar dan {rate_with} (zonder: {rate_without}) en het tekort {with_} fte (zonder: "
        "{without} fte).",
        "The vacancy rate there is then {rate_with} (without: {rate_without}) and the shortage {with_} fte (without: "
        "{without} fte).",
    ),
    "elsewhere": (
        "In de buurregio's is het verschil {neighbours}, in de rest van het land {rest}, in Nederland als geheel "
        "{nation}.",
        "In the neighbouring regions the difference is {neighbours}, in the rest of the country {rest}, in the nation "
        "as a whole {nation}.",
    ),
    "not_shown": ("{text} (niet aangetoond)", "{text} (not distinguishable from zero)"),
    "within_chance": (
        "In {places} is het verschil niet van toeval te onderscheiden (het 95%-interval bevat nul).",
        "The difference cannot be told from chance (the 95% interval includes zero) in {places}.",
    ),
    "places_every": ("alle {all} regio's", "all {all} regions"),
    "places_every_other": ("alle {all} andere regio's", "all {all} other regions"),
    "places_some": ("{count} van de {all} regio's", "{count} of the {all} regions"),
    "places_some_other": ("{count} van de {all} andere regio's", "{count} of the {all} other regions"),
    "demand_less": (
        "Het tekort is daar {change} fte kleiner, doordat de vraag verandert, al dan niet naast het aanbod.",
        "The shortage there is {change} fte less: demand changes too, or alone.",
    ),
    "demand_more": (
        "Het tekort is daar {change} fte groter, doordat de vraag verandert, al dan niet naast het aanbod.",
        "The shortage there is {change} fte more: demand changes too, or alone.",
    ),
    "paid": (
        "Maatregel *{name}* betaalt aan {who}: {reached}{anyway}.", "Lever *{name}* pays {who}: {reached}{anyway}.",
    ),
    "reached_by": (
        "Maatregel *{name}* bereikt {who}: {reached}{anyway}.", "Lever *{name}* reaches {who}: {reached}{anyway}.",
    ),
    "saves": ("Maatregel *{name}* bespaart {reached}.", "Lever *{name}* saves {reached}."),
    "of_whom_anyway": (
        ", waarvan {anyway} ({share}) er ook zonder de maatregel zouden zijn geweest",
        ", of whom {anyway} ({share}) would have been there without it as well",
    ),
    "price": (
        "Kosten {years}: {cost} miljoen euro, dat is {per} euro per extra fte-jaar ({low} tot {high}).",
        "Cost {years}: {cost} million euro, which is {per} euro per extra fte-year ({low} to {high}).",
    ),
    "horizon": (
        "Die prijs hangt af van de periode: over {years} is het {per} euro.",
        "That price depends on the period: over {years} it is {per} euro.",
    ),
    "horizon_alone": (
        "Die prijs hangt af van de periode: over meer of minder jaren is hij anders.",
        "That price depends on the period: over more or fewer years the price differs.",
    ),
    "training_counted": (
        "Daarin zijn de kosten meegeteld van meer of minder huisartsen in opleiding dan in *{baseline}*: {trainees} "
        "opleidingsjaren, {cost} miljoen euro ({per} euro per opleidingsjaar, E077 gedeeld door E066).",
        "That includes training more or fewer GPs than in *{baseline}*: {trainees} years of training, {cost} million "
        "euro ({per} euro a year, E077 over E066).",
    ),
    "nil": ("Maatregel *{name}* kost 0 euro: {source}.", "Lever *{name}* costs 0 euro: {source}."),
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
    costs.SAME_COST: ("De kosten zijn die van het basisscenario.", "The cost is that of the baseline."),
    costs.CHEAPER: (
        "Kosten {years}: {cost} miljoen euro, minder dan zonder; een prijs per extra fte-jaar is er daarom niet.",
        "Cost {years}: {cost} million euro, less than without; so there is no price of an extra fte-year.",
    ),
    costs.FEW: ("Kosten {years}: {cost} miljoen euro.", "Cost {years}: {cost} million euro."),
    "not_trained": (
        "Kosten van opleiding zijn niet geteld: de gegevens van deze runs zijn er niet meer.",
        "The cost of training is not counted: the data of these runs are gone.",
    ),
    # The table of all scenarios
    "scenario": ("scenario", "scenario"),
    "aim": ("doelregio's", "target regions"),
    "gain": ("extra fte in doelregio's", "extra fte in target regions"),
    "less": ("minder tekort in doelregio's, fte", "less shortage in target regions, fte"),
    "interval": ("95%-interval", "95% interval"),
    "chance": ("kans op minder tekort", "chance of less shortage"),
    "neighbours": ("buurregio's, fte", "neighbours, fte"),
    "rest": ("overige regio's, fte", "rest, fte"),
    "nation": ("Nederland, fte", "nation, fte"),
    "cost": ("kosten, mln euro", "cost, million euro"),
    "per": ("euro per extra fte-jaar", "euro per extra fte-year"),
    "same": (" ({share} gelijk)", " ({share} same)"),
    "all_same": ("gelijk", "same"),
    "at_end": (
        "extra fte in doelregio's als de maatregel is afgelopen",
        "extra fte in target regions when the measure has ended",
    ),
    "gain short": ("extra fte", "extra fte"),
    "chance short": ("kans", "chance"),
    "at_end short": ("bij afloop, fte", "at its end, fte"),
    "cost short": ("mln\neuro", "mln\neuro"),
    "per short": ("euro/\nfte-jaar", "euro/\nfte-year"),
    f"{costs.NO_GAIN} cell": ("geen extra fte", "no extra fte"),
    f"{costs.NO_COST} cell": ("", ""),
    f"{costs.SAME_COST} cell": ("gelijk", "same"),
    f"{costs.CHEAPER} cell": ("bespaart", "saves"),
    f"{costs.FEW} cell": ("", ""),
    f"{costs.NO_GAIN} short": ("geen extra huisartsen", "no extra GPs"),
    f"{costs.NO_COST} short": ("geen kosten opgegeven", "no cost given"),
    f"{costs.SAME_COST} short": ("zelfde kosten", "same cost"),
    f"{costs.CHEAPER} short": ("kost minder dan zonder", "costs less than without"),
    f"{costs.FEW} short": ("", ""),
    "summary_note": (
        "Verschil met {baseline} op 1 januari {year}, gemiddeld over de paren; kosten en euro per extra fte-jaar over "
        "{years} samen, niet verdisconteerd. Doelregio's: de regio's van de maatregelen, of heel Nederland. Kans: "
        "aandeel van de paren waarin hun tekort kleiner is. Tekort is vraag min aanbod: een maatregel kan ook de vraag "
        "veranderen.",
        "Difference from {baseline} on 1 January {year}, mean over the pairs; cost and euro per extra fte-year over "
        "{years} together, undiscounted. Targets: the regions of the levers, or the nation. Chance: share of the pairs "
        "in which their shortage is less. Shortage is demand minus supply: a lever may change demand as well.",
    ),
    "few_pairs": (
        "Geen intervallen: daarvoor zijn minstens {fewest} paren nodig (`--replications`).",
        "No intervals: these take at least {fewest} pairs (`--replications`).",
    ),
    # The scenarios
    "words": ("De scenario's in woorden", "The scenarios in words"),
    "lever": (
        "- *{name}* ({kind}) in {regions}, {first} tot en met {last}{phase}: {sizes}. Bereikt: {who}.",
        "- *{name}* ({kind}) in {regions}, {first} to {last}{phase}: {sizes}. Reaches: {who}.",
    ),
    "phase": (", na {years} jaar op volle omvang", ", at full size after {years} years"),
    "whole": ("heel Nederland", "the whole country"),
    "many": ("{count} regio's", "{count} regions"),
    "set": ("Anders dan de standaard: {fields}.", "Other than the default: {fields}."),
    "set_otherwise": ("Anders dan in *{baseline}*: {fields}.", "Other than in *{baseline}*: {fields}."),
    # Who gains and who loses
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
        "Verschil in de doelregio's in de loop van de jaren, fte: {told}.",
        "Difference in the targets over the years, fte: {told}.",
    ),
    "needs": ("Tekort en vacaturegraad in de doelregio's", "Shortage and vacancy rate in the targets"),
    "shortage_without": ("tekort zonder, fte", "shortage without, fte"),
    "shortage_with": ("tekort met, fte", "shortage with, fte"),
    "rate_without": ("vacaturegraad zonder", "vacancy rate without"),
    "rate_with": ("vacaturegraad met", "vacancy rate with"),
    "points": ("verschil, procentpunt", "difference, percentage points"),
    "origin": ("Waar de huisartsen vandaan komen", "Where the GPs come from"),
    "origin_note": (
        "Het verschil in fte in de doelregio's, uitgesplitst naar wat er sinds het begin anders ging. Wie door de "
        "maatregel komt en later verhuist, telt in beide regels; en waar het tekort kleiner is, komen minder anderen.",
        "The difference in fte in the targets, by what went otherwise since the start. Who comes because of the "
        "measure and moves later counts in both rows; and where the shortage is less, fewer others come.",
    ),
    "graduates": ("pas opgeleide huisartsen die hier beginnen", "new graduates who start here"),
    "arrivals": ("uit het buitenland", "from abroad"),
    "moves": ("verhuizingen, in min uit", "moves, in minus out"),
    "leavers": ("minder vertrek uit het vak (min: meer)", "fewer who stop (minus: more)"),
    OTHER: ("uren, functies, waarnemen buiten de eigen regio", "hours, roles, locum work outside the own region"),
    SUPPLY: ("samen", "together"),
    "step": ("wat", "what"),
    "losers": ("Regio's die het meest verliezen: {told}.", "Regions that lose most: {told}."),
    "losers_none": ("Van geen regio is verlies aangetoond.", "No region is shown to lose."),
    "losers_some": (
        "Aantal regio's waarvan het 95%-interval onder nul ligt: {count} van {all}. Door toeval alleen zouden dat er "
        "ongeveer {chance} zijn: noem een regio met een klein verlies niet apart.",
        "Number of regions whose 95% interval is below zero: {count} of {all}. By chance alone there would be about "
        "{chance}: do not single out a region with a small loss.",
    ),
    # Cost
    "money": ("Kosten", "Cost"),
    "reached": ("bereikt", "reached"),
    "who": ("wie", "who"),
    "anyway": ("waren er ook zonder", "would be there anyway"),
    "euros": ("mln euro {years}", "million euro {years}"),
    "measure": ("maatregel", "lever"),
    "all": ("alle samen", "all together"),
    "training": ("meer opleiden", "more training"),
    "training less": ("minder opleiden", "less training"),
    "trainees": ("huisartsen in opleiding, verschil met {baseline}", "trainees, difference from {baseline}"),
    "unit trainees": ("huisartsen in opleiding", "trainees"),
    "unit training": ("opleidingsjaren", "years of training"),
    "unit fte-years": ("fte-jaren vraag", "fte-years of demand"),
    "at_least": ("minstens {text}", "at least {text}"),
    "cost_note": (
        "Bereikt: wie onder de maatregel valt, ook wie er zonder de maatregel was geweest; huisartsjaren als iemand "
        "elk jaar opnieuw telt. Waren er ook zonder: bereikt min het verschil met {baseline} in dezelfde regio's en "
        "jaren; het gaat om aantallen, niet om dezelfde mensen. Bedragen in euro van nu, niet verdisconteerd.",
        "Reached: who falls under the lever, those included who would have been there without; GP-years where somebody "
        "counts again every year. Would be there anyway: reached minus the difference from {baseline} in the same "
        "regions and years; numbers are meant, not the same people. Amounts in euro of today, undiscounted.",
    ),
    "yearly": ("Kosten per jaar: {title}", "Cost by year: {title}"),
    "year": ("jaar", "year"),
    "extra_cost": ("extra kosten, mln euro", "extra cost, million euro"),
    "gain_then": (
        "extra fte in doelregio's aan het eind van het jaar", "extra fte in target regions at the end of the year",
    ),
    "so_far": ("euro per extra fte-jaar tot en met dit jaar", "euro per extra fte-year up to this year"),
    "yearly_note": (
        "Het bedrag per extra fte-jaar is dat van alle kosten en alle extra fte-jaren tot en met het jaar; leeg waar "
        "geen extra fte-jaren zijn aangetoond. Welk jaar het laatste is, bepaalt dus mee wat een extra fte-jaar lijkt "
        "te kosten.",
        "The amount for an extra fte-year is that of all cost and all gain up to the year; empty where no gain is "
        "shown. So the last year that is counted is part of what an extra fte-year seems to cost.",
    ),
    # Inequality
    "unequal": ("Ongelijkheid tussen regio's", "Inequality between regions"),
    "indicator": ("maat", "measure"),
    "at_without": ("{year} zonder", "{year} without"),
    "at_with": ("{year} met", "{year} with"),
    "change": ("verschil", "difference"),
    "unequal_note": ("Lager is gelijker.", "Less is more equal."),
    # How sure
    "sure": ("Hoe zeker is dit", "How sure is this"),
    "chance_alone": (
        "De paren verschillen alleen door toeval. Hoe sterk huisartsen op een maatregel reageren en alle andere "
        "parameters liggen vast; met `--ensemble` varieert ook wat daarvan niet bekend is.",
        "Pairs differ by chance alone. How strongly GPs respond to a lever, and all other parameters, are fixed; "
        "with `--ensemble` what is not known of them varies as well.",
    ),
    "with_ensemble": (
        "In elk paar verschilt ook wat niet bekend is: {sources}. Het 95%-interval is dat van het gemiddelde daarover, "
        "met toeval, en wordt smaller met meer paren. Hoe verschillend het effect kan uitvallen, staat onder *90% van "
        "de paren*; dat wordt niet smaller.",
        "Each pair also draws what is not known: {sources}. The 95% interval is that of the mean over it, with chance, "
        "and narrows with more pairs. How differently the effect may turn out is under *90% of the pairs*; that does "
        "not narrow.",
    ),
    "held": (
        "In elk paar gelijk, omdat een scenario ze zelf instelt: {keys}. Hoe groot zij werkelijk zijn, zit dus niet in "
        "het interval.",
        "The same in every pair, as a scenario sets them itself: {keys}. How large they really are is thus not in the "
        "interval.",
    ),
    "source behaviour": ("parameters van gedrag", "parameters of behaviour"),
    "source base_year": ("het basisjaar", "the base year"),
    "source forecast": ("de bevolkingsprognose", "the population forecast"),
    "source response": ("de reactie op maatregelen", "the response to levers"),
    "source national": ("het landelijke model", "the national model"),
    "needed": (
        "- {title}: met {pairs} paren is het verschil bekend tot op ±{half} fte; nodig zijn {told}. Zonder hetzelfde "
        "toeval in beide runs zouden ongeveer {ratio} keer zo veel runs nodig zijn.",
        "- {title}: with {pairs} pairs the difference is known to ±{half} fte; {told}. Without the same luck in both "
        "runs it would take about {ratio} times as many runs.",
    ),
    "worst": (
        "Het minst nauwkeurig bekend is, van alle scenario's, het verschil van:",
        "Of all scenarios the difference is known least precisely of:",
    ),
    "needed_one": ("{pairs} paren voor ±{half} fte", "±{half} fte takes {pairs}"),
    "needed_many": ("meer dan {pairs}", "more than {pairs}"),
    "no_variation": (
        "- {title}: het verschil is in alle paren even groot; meer paren maken het niet nauwkeuriger.",
        "- {title}: the difference is the same in all pairs; more pairs do not make it more precise.",
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
        "Mislukte runs: {count}. Een paar waarvan een run is mislukt, telt niet mee; er zijn dan minder paren. Zie "
        "manifest.json.",
        "Failed runs: {count}. A pair of which a run failed is left out; there are fewer pairs then. See "
        "manifest.json.",
    ),
    # What is assumed
    "assumed": ("Wat is aangenomen", "What is assumed"),
    "assumed_note": (
        "Hoe huisartsen reageren, en omvang en bedragen die niet uit een bron komen. Bronnen staan er in het Engels, "
        "zoals in het model: *assumed* is aangenomen, *derived* afgeleid en *user* door de gebruiker gekozen. "
        "E-nummers zijn rijen van `regions/data/evidence.csv`.",
        "How GPs respond, and sizes and amounts that come from no source; *user* is the user's own choice. E numbers "
        "are rows of `regions/data/evidence.csv`.",
    ),
    "parameter": ("parameter", "parameter"),
    "value": ("waarde", "value"),
    "unit": ("eenheid", "unit"),
    "likely": ("waarschijnlijk", "likely"),
    "source": ("bron", "source"),
    "cost of training": ("kosten van opleiding", "cost of training"),
    "euro a trainee": ("euro per huisarts in opleiding per jaar", "euro per trainee a year"),
    "model_note": (
        "Het model en wat daarin is aangenomen: docs/model.md. Hoe goed het bij waarnemingen past: docs/validation.",
        "The model and what it assumes: docs/model.md. How well it fits what was observed: docs/validation.",
    ),
    "files": (
        "Alle indicatoren, jaren en regio's: comparison.parquet, displacement.parquet en costs.parquet. gp-settlement "
        "{version}, {pairs} paren, seed {seed}.",
        "All indicators, years and regions: comparison.parquet, displacement.parquet and costs.parquet. gp-settlement "
        "{version}, {pairs} pairs, seed {seed}.",
    ),
    "not_detailed": (
        "Van de {count} scenario's staat hier alleen de tabel; de rest staat in de Parquet-bestanden.",
        "Of {count} scenarios there is only the table here; the rest is in the Parquet files.",
    ),
}  # fmt: skip
KINDS: dict[str, tuple[str, str]] = {
    "settlement_bonus": ("jaarlijkse vestigingstoeslag", "yearly settlement bonus"),
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
