"""Scenarios: from the library or from a file of one's own, with settings given on the command line."""

from __future__ import annotations

import copy
import functools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

import abm
import regions
from abm import national
from abm.fixed import national_table
from experiments import scenario_faults, scenario_files
from experiments.errors import InputError, nearest, shown
from experiments.scenario_faults import KINDS, TABLES, Fault, key_of, lever_fields, lever_name
from experiments.scenario_files import LIBRARY, Heading, Keys, ScenarioFile, read_number, split, taken

CHANGED = {
    "nl": "Het scenario '{title}', met waarden die voor deze run zijn gezet: {changed}.",
    "en": "The scenario '{title}', with values that were set for this run: {changed}.",
}
"""The description of a scenario of which values were set."""


@dataclass(frozen=True)
class NamedScenario:
    """A scenario with a title and a description for people, by language (nl, en).

    `sources` tells where values come from, by parameter or lever.field; `choices` what the file says of the regions of
    each lever, by the lever's name. `changed` is what was set on the command line, the last year apart.
    """

    scenario: abm.Scenario
    title: Mapping[str, str]
    description: Mapping[str, str]
    sources: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, object] = field(default_factory=dict)
    changed: str = ""

    @property
    def name(self) -> str:
        """The scenario's name, also that of its results folder."""
        return self.scenario.name

    @property
    def heading(self) -> str:
        """The scenario's name, and what was set."""
        return f"{self.name}; {self.changed}" if self.changed else self.name


def late_lines(scenario: abm.Scenario, data: regions.Regions) -> Iterator[str]:
    """Yield a sentence for people on each lever of which no GP comes before the run ends."""
    training = int(national.NationalParameters.from_table(national_table(scenario, data)).duration[0])
    for lever in scenario.levers:
        if lever.first_trainees is not None and (year := lever.first_trainees + training) >= scenario.end_year:
            yield (
                f"Too late for this run: the first GPs of {lever.name} come in {year}, "
                f"and the run ends on 1 January {scenario.end_year}."
            )


def load(name_or_path: str | Path, settings: Iterable[str] = (), data: regions.Regions | None = None) -> NamedScenario:
    """Read a scenario of the library, or a scenario file (a path that ends in .toml).

    Args:
        name_or_path: the scenario.
        settings: texts KEY=VALUE that replace the file's values: VALUE as in TOML, KEY a scenario field, national.ID,
            attractiveness.REGION, LEVER.FIELD by the lever's name, or the field alone where one lever has it.
        data: the regions that it is for; those that come along if None. Groups of regions become their codes.

    Raises:
        InputError: a line for each fault: file and line, key, what was found, what is allowed.
    """
    data = _shipped() if data is None else data
    chain, faults = scenario_files.chain(scenario_files.find(name_or_path))
    draft = _merged(chain)
    _stop([*faults, *_file_faults(chain, draft, data)])
    settings = list(settings)
    if settings:
        _stop([fault for setting in settings for fault in _set(draft, setting)])
        _stop(draft.told(scenario_faults.of_values(draft.values, data)))
    scenario = abm.Scenario.model_validate(scenario_faults.with_codes(draft.values, data)[0])
    _stop(draft.told(scenario_faults.contradictions(scenario, data)))
    heading = Heading.model_validate(split(chain[0].values)[0])
    title, description = (text.model_dump(exclude_defaults=True) for text in (heading.title, heading.description))
    changed = ", ".join(setting for setting in settings if not setting.startswith("end_year="))
    if changed:
        title, description = _texts_of_changed(title or dict.fromkeys(scenario_files.LANGUAGES, scenario.name), changed)
    choices = {name: lever["regions"] for name, lever in draft.levers().items() if "regions" in lever}
    return NamedScenario(scenario, title, description, draft.sources, choices, changed)


def _texts_of_changed(title: Mapping[str, str], changed: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return title and description of a scenario of which values were set: those of its file may no longer hold."""
    titles = {language: f"{text}; {changed}" for language, text in title.items()}
    return titles, {language: CHANGED[language].format(title=text, changed=changed) for language, text in title.items()}


@functools.cache
def _shipped() -> regions.Regions:
    return regions.load()


def _stop(faults: Sequence[str]) -> None:
    """Raise `InputError` with a line for each fault, if there are any."""
    if faults:
        raise InputError("\n".join(faults))


# From files to one scenario ------------------------------------------------------------------------------------------


def _file_faults(chain: Sequence[ScenarioFile], draft: _Draft, data: regions.Regions) -> Iterator[str]:
    """Yield what is wrong with a file and with those that it inherits from."""
    for file in chain:
        yield from _heading_faults(file)
    yield from draft.told(scenario_faults.of_values(draft.values, data))
    if chain[0].path.resolve().parent != LIBRARY.resolve() and (reason := taken(str(draft.values["name"]))):
        yield from draft.told([(("name",), f"found {shown(draft.values['name'])}, {reason}; give another name")])
    yield from _source_faults(chain, draft)


def _heading_faults(file: ScenarioFile) -> list[str]:
    own, _ = split(file.values)
    own.pop("inherits", None)  # told where the base is looked for
    try:
        Heading.model_validate(own)
    except ValidationError as error:
        return [
            f"{file.place(path)}: {key_of(own, path)}: {text}" for path, text in scenario_faults.explain(own, error)
        ]
    return []


@dataclass
class _Draft:
    """The values of a scenario and of those it inherits from, with the file that each value comes from."""

    label: str
    values: dict[str, Any] = field(default_factory=dict)
    origin: dict[Keys, tuple[ScenarioFile, Keys] | None] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def told(self, faults: Iterable[Fault]) -> list[str]:
        """Return a line for each fault."""
        lines = [(self.place(path), key_of(self.values, path), text) for path, text in faults]
        return [": ".join(part for part in line if part) for line in lines]

    def place(self, path: Keys) -> str:
        """Return file and line of a value, or that it was set."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.origin:
                found = self.origin[path[:length]]
                return f"{self.label}, settings" if found is None else found[0].place(found[1] + path[length:])
        return self.label

    def levers(self) -> dict[str, dict[str, Any]]:
        """Return the levers that have a name, by it."""
        found = self.values.get("levers")
        items = found if isinstance(found, list) else []
        return {name: lever for lever in items if (name := lever_name(lever)) is not None}

    def say(self, path: Keys, value: object, origin: tuple[ScenarioFile, Keys] | None) -> None:
        """Put a value in its place; where it comes from replaces what was known of the old one.

        Raises `InputError` where there is no such place.
        """
        at: Any = self.values
        for part in path[:-1]:
            at = at.setdefault(part, {}) if isinstance(at, dict) else at[part]
            if not isinstance(at, dict | list):
                raise InputError(f"{part} is {shown(at)}, which has no parts")
        if isinstance(at, list) and not isinstance(path[-1], int):
            raise InputError(f"{path[-2]} is {shown(at)}, which has no parts with a name")
        if isinstance(at, list) and path[-1] == len(at):
            at.append(value)
        else:
            at[path[-1]] = value
        self.origin = {known: file for known, file in self.origin.items() if known[: len(path)] != path}
        self.origin[path] = origin
        key = key_of(self.values, path).removeprefix("levers.")
        self.sources = {k: v for k, v in self.sources.items() if k != key and not k.startswith(f"{key}.")}


def _merged(chain: Sequence[ScenarioFile]) -> _Draft:
    """Return a scenario with what it inherits: its own values replace those, a lever that of the same name."""
    draft = _Draft(chain[0].label)
    for file in reversed(chain):
        own, rest = split(file.values)
        rest.pop("name", None)
        for key, value in rest.items():
            there = draft.values.get(key)
            if key == "levers" and isinstance(value, list):
                _add_levers(draft, file, value)
            elif key in TABLES and isinstance(value, dict) and isinstance(there, dict):
                for name, figure in value.items():
                    draft.say((key, name), figure, (file, (key, name)))
            else:
                draft.say((key,), copy.deepcopy(value), (file, (key,)))
        if isinstance(sources := own.get("sources"), dict):
            draft.sources |= sources
    first = chain[0]
    name = first.values.get("name", first.path.stem)
    draft.say(("name",), name, (first, ("name",)))
    return draft


def _add_levers(draft: _Draft, file: ScenarioFile, items: list[Any]) -> None:
    """Put the levers of a file into the places of those of the same name, or after the others."""
    there = draft.values.get("levers")
    if not isinstance(there, list):
        draft.say(("levers",), [], (file, ("levers",)))
        there = draft.values["levers"]
    places: dict[str | None, int] = {lever_name(lever): i for i, lever in enumerate(there)}
    places.pop(None, None)
    for number, lever in enumerate(items):
        at = places.pop(lever_name(lever), len(there))
        draft.say(("levers", at), copy.deepcopy(lever), (file, ("levers", number)))


def _source_faults(chain: Iterable[ScenarioFile], draft: _Draft) -> list[str]:
    """Return what is wrong with the keys of sources: they name a parameter, or a lever and its field."""
    by_name = {name: KINDS.get(str(lever.get("kind"))) for name, lever in draft.levers().items()}
    known = [key for key in abm.Scenario.model_fields if key not in ("name", "levers")]
    known += [f"{name}.{key}" for name, model in by_name.items() if model for key in lever_fields(model)]
    faults = []
    for file in chain:
        sources = file.values.get("sources")
        for key in sources if isinstance(sources, dict) else ():
            if key not in known and key.partition(".")[0] not in TABLES:
                place = file.place(("sources", key))
                faults.append(f"{place}: {key_of({}, ('sources', key))}: no such parameter{nearest(key, known)}")
    return faults


# Settings ------------------------------------------------------------------------------------------------------------


def _set(draft: _Draft, setting: str) -> list[str]:
    """Put a setting KEY=VALUE among the values; return what is wrong with it."""
    key, equals, text = (piece.strip() for piece in setting.partition("="))
    if not (key and equals and text):
        return [f"--set {setting}: found no KEY=VALUE, allowed: for instance intake=900"]
    try:
        parsed = tomllib.loads(f"value = {text}", parse_float=read_number)
    except (ValueError, RecursionError):
        # A bare word is a text: shells eat the quotes that TOML wants.
        parsed = {"value": text} if re.fullmatch(r"[A-Za-z][\w-]*", text) else {}
    if parsed.keys() != {"value"}:
        return [f"--set {setting}: {text!r} is no TOML value; some are 900, 0.5, reference, {{2030=900}}"]
    try:
        draft.say(_target(draft, key), parsed["value"], None)
    except InputError as error:
        return [f"{draft.label}, settings: {key}: {error}"]
    return []


def _target(draft: _Draft, key: str) -> Keys:
    """Return which value the key of a setting means."""
    head, *rest = key.split(".")
    if head in TABLES and rest:
        return head, key.removeprefix(f"{head}.")
    if key in abm.Scenario.model_fields:
        return (key,)
    kinds = {name: lever.get("kind") for name, lever in draft.levers().items()}
    models = {name: KINDS[str(kind)] for name, kind in kinds.items() if str(kind) in KINDS}
    if head in models and rest:
        owners, keys = [head], rest
    else:
        owners, keys = [name for name, model in models.items() if head in model.model_fields], [head, *rest]
    if len(owners) > 1:
        raise InputError(f"several levers have it; say {' or '.join(f'{owner}.{key}' for owner in owners)}")
    if not owners:
        fields = [f"{name}.{one}" for name, model in models.items() for one in lever_fields(model)]
        known = [*abm.Scenario.model_fields, *fields]
        raise InputError(f"no such parameter{nearest(key, known)}")
    number = [lever_name(lever) for lever in draft.values["levers"]].index(owners[0])
    return "levers", number, *keys
