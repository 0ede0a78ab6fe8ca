"""The chapters of a report on where its figures come from, from scenarios and data to how to repeat them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from experiments import data as folders
from experiments import describe, scenario_files, scenarios
from experiments.document import Block, Heading, Paragraph, Table
from experiments.errors import InputError
from experiments.report_told import BY_NAME, DETAILED, NATIONAL, PER_CENT, REGIONAL, Told
from experiments.report_words import listed
from regions.schema import ASSUMED


def in_full(told: Told) -> Iterator[Block]:
    """Yield each scenario and its levers in full."""
    yield Heading(1, told.say("scenarios"))
    for name in told.scenarios[:DETAILED]:
        named = told.named_scenario(name)
        title = told.scenario(name)
        yield Heading(2, title)
        if text := named.description.get(told.lang) or next(iter(named.description.values()), ""):
            yield Paragraph(text)
        if values := describe.differences(named, told.data, told.lang):
            yield _values(told, values, told.say("differs", title=title))
        else:
            yield Paragraph(told.say("rest as default" if named.scenario.levers else "as default"))
        for lever in named.scenario.levers:
            yield Heading(3, told.say("lever named", name=lever.name, about=describe.about_lever(lever, told.lang)))
            lines = describe.lever_lines(named, lever, told.names, told.lang)
            yield Paragraph(" ".join(f"{describe.say(what, told.lang)}: {line}." for what, line in lines))
            values = describe.lever_values(named, lever, told.lang)
            yield _values(told, values, told.say("lever caption", name=lever.name, title=title))
        if not named.scenario.levers:
            yield Paragraph(told.say("no levers"))
    if more := len(told.scenarios[DETAILED:]):
        yield Paragraph(told.say("several", count=more))


def _values(told: Told, values: Sequence[describe.Value], caption: str, *, usual: bool = True) -> Table:
    """Return values of a scenario or lever with what they mean and where they come from, and what is `usual`."""
    frame = _values_frame(told, values)
    return Table(frame if usual else frame.drop(columns=told.say("default")), caption)


def _values_frame(told: Told, values: Sequence[describe.Value]) -> pd.DataFrame:
    rows = [
        {
            told.say("parameter"): one.key,
            told.say("meaning"): one.about,
            told.say("value"): one.value,
            told.say("unit"): one.unit,
            told.say("default"): one.usual,
            told.say("quality"): describe.say(one.quality, told.lang),
            told.say("from"): describe.QUALITY_FIRST.sub("", one.source),
        }
        for one in values
    ]
    return pd.DataFrame(rows)


def assumptions(told: Told) -> Iterator[Block]:
    """Yield the parameters whose values are assumed."""
    yield Heading(1, told.say("assumptions"))
    yield Paragraph(told.say("assumptions told"))
    values = describe.parameters(told.named_scenario(told.scenarios[0]), told.lang)
    if assumed := [one for one in values if describe.quality(one.source) == ASSUMED]:
        yield _values(told, assumed, told.say("assumptions caption"), usual=False)


def data(told: Told) -> Iterator[Block]:
    """Yield the tables that the runs were made with, and how good they are."""
    about = told.manifest["data"]
    folder = Path(about["folder"]).name
    yield Heading(1, told.say("data"))
    yield Paragraph(told.say("shipped data") if about["shipped"] else told.say("own data", folder=folder))
    if about["own_stock"]:
        yield Paragraph(told.say("own stock"))
    if told.data is None:
        yield Paragraph(told.say("data gone", folder=folder))
    else:
        yield _contents(told, told.data.folder)
        yield _weights(told, told.data.folder)
    for table, quality in about["quality"].items():
        codes = [code for code in told.names if quality.get(code) == ASSUMED]
        if codes:
            title = describe.table_title(table, told.lang).lower()
            regions = told.named(codes) if len(codes) < len(told.names) else told.say("all levers")
            yield Paragraph(told.say("assumed in", table=title, regions=regions))


def _contents(told: Told, folder: Path) -> Table:
    """Return the tables of the data: year, quality and source of each."""

    def quality(counts: Mapping[str, int | None]) -> str:
        words = [(describe.say(name, told.lang), count) for name, count in counts.items()]
        return ", ".join(word if count is None else f"{told.number(count)} {word}" for word, count in words)

    rows = [
        {
            told.say("table"): table.file,
            told.say("about"): describe.table_title(table.name, told.lang),
            told.say("rows"): of.rows,
            told.say("years"): of.year,
            told.say("quality"): quality(of.quality),
            told.say("source"): of.source,
        }
        for table, of in folders.contents(folder)
    ]
    return Table(pd.DataFrame(rows), told.say("data caption"), told.say("data note"), decimals={told.say("rows"): 0})


def _weights(told: Told, folder: Path) -> Table:
    rows = [
        {
            told.say("about"): describe.table_title(table.name, told.lang),
            told.say("share assumed"): weight,
            told.say("weighed by"): told.say(of),
        }
        for weight, of, table in folders.assumed_weights(folder)
    ]
    share = told.say("share assumed")
    return Table(pd.DataFrame(rows), told.say("weights caption"), "", {share: PER_CENT}, {share: 0})


def counting(told: Told) -> Iterator[Block]:
    """Yield how GPs are counted and what terms mean."""
    yield Heading(1, told.say("counting"))
    yield Paragraph(f"{told.locums_note} {told.say('counting persons')}")
    yield Paragraph(told.say("hidden"))
    yield Paragraph(told.interval_note)
    rows = [
        {told.say("term"): told.label(name), told.say("meaning"): describe.meaning(BY_NAME[name], told.lang),
         told.say("unit"): told.unit(name)}
        for name in dict.fromkeys((*NATIONAL, *told.columns(REGIONAL)))
    ]  # fmt: skip
    yield Table(pd.DataFrame(rows), told.say("definitions"))


def again(told: Told) -> Iterator[Block]:
    """Yield what makes the same results again."""
    yield Heading(1, told.say("again"))
    yield Paragraph(told.say("again told"))
    command, own = _command(told)
    if own:
        yield Paragraph(told.say("own file", files=listed(own, told.lang)))
    software = ", ".join(f"{name} {version}" for name, version in told.manifest["software"].items())
    rows = {told.say("command"): command} | told.about
    rows |= {told.say("software"): software, told.say("started"): told.manifest["started"]}
    frame = pd.DataFrame({told.say("what"): list(rows), told.say("value"): list(rows.values())})
    yield Table(frame, told.say("made with"))


def _command(told: Told) -> tuple[str, list[str]]:
    """Return the command that makes the results again, and the scenario files of the user's own that it names."""
    manifest, swept = told.manifest, told.comparison.summary if told.comparison else pd.DataFrame()
    keys = told.comparison.keys if told.comparison else ()
    names = list(dict.fromkeys(name.split(f"-{keys[0]}-")[0] if keys else name for name in manifest["scenarios"]))
    settings = {name: _settings(told, name) for name in names}
    own = [name for name, found in settings.items() if found is None]
    words = ["gp-settlement", "compare" if len(manifest["scenarios"]) > 1 else "run"]
    words += [f"{name}.toml" if name in own else name for name in names]
    values = {key: sorted(swept[key].dropna().unique()) for key in keys}
    sampled = len(swept) < np.prod([len(those) for those in values.values()])
    for key, those in values.items():  # the ends of a sample's ranges are not kept
        words += ["--sweep", f"{key}={'LOW:HIGH' if sampled else ','.join(f'{value:g}' for value in those)}"]
    words += ["--sample", str(len(swept))] if keys and sampled else []
    for setting in dict.fromkeys(setting for found in settings.values() for setting in found or ()):
        words += ["--set", setting]
    words += ["--replications", str(manifest["replications"]), "--seed", str(manifest["seed"])]
    words += ["--until", str(told.last)]
    words += ["--ensemble"] if told.ensemble else []
    words += [] if manifest["data"]["shipped"] else ["--data", Path(manifest["data"]["folder"]).name]
    return shlex.join(words), [f"{name}.toml" for name in own]


def _settings(told: Told, name: str) -> list[str] | None:
    """Return the settings KEY=VALUE with which the library's scenario is that of the results; None if it is not."""
    about = told.manifest["scenarios"].get(name)
    if name not in scenario_files.library():
        return None
    if about is None:  # what a sweep varies
        return []
    try:
        shipped = _flat(scenarios.load(name, (), told.data).scenario.model_dump(mode="json"))
    except InputError:  # of other data
        return None
    ran = _flat(about["parameters"])
    if shipped.keys() != ran.keys():
        return None
    return [f"{key}={json.dumps(value)}" for key, value in ran.items() if value != shipped[key]]


def _flat(value: object, key: str = "") -> dict[str, object]:
    """Return the values of a scenario by the keys that settings have, but for its name and last year."""
    if isinstance(value, dict):
        parts = [(str(part), one) for part, one in value.items() if key or part not in ("name", "end_year")]
    elif isinstance(value, list) and key == "levers":
        parts = [(f"{lever['name']}", lever) for lever in value]
    else:
        return {key.removeprefix("levers."): value}
    return {name: one for part, inner in parts for name, one in _flat(inner, f"{key}.{part}" if key else part).items()}
