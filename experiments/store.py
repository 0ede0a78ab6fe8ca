"""The results folder: manifest, parts, and the tables made of them. No file in it is ever half written."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from importlib import metadata
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, NamedTuple

import filelock
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from abm.indicators import BETWEEN, EACH, INDICATORS
from abm.scenario import Scenario
from experiments import data as folders
from experiments import ensemble, scenario_faults
from experiments.design import Chunk, Design, Run
from experiments.errors import InputError, shown
from regions import DataError, Regions, load
from regions.geography import BOUNDARIES
from regions.tables import SHIPPED

FORMAT = 3
"""Version of the folder's layout."""
TABLES = ("regions", "national", "flows", "ages")
MAPPED = (BOUNDARIES.name, "regions.csv", "map_layout.csv", "training_sites.csv")
"""Files of the data folder that maps need; copied, as maps must not depend on a data folder that may move."""
MADE = (
    "parts/part-*.json",
    "parts/part-*.parquet",
    "maps/vacancy_rate_[0-9][0-9][0-9][0-9].png",
    "comparison.md",
    *(f"{table}.parquet" for table in (*TABLES, "comparison", "displacement", "costs")),
    *MAPPED,
    "manifest.json",
)
"""The files of a results folder, as patterns: what `--force` removes, the manifest last."""
IN_EVERY_FORMAT = {"format", "version", "scenarios", "seed", "replications", "runs"}
"""Keys by which the manifest of results is known, whatever its format."""
ROW_GROUP_RUNS = 100
"""Runs in a row group of the final tables; fixed, so that the same runs give the same file."""
PARQUET = b"PAR1"
"""What a Parquet file ends with."""
ABOUT = "gp_settlement"
"""Under what key of its metadata a table tells, as JSON, what it was made from."""
SOFTWARE = ("mesa", "numpy", "pandas", "pyarrow", "scipy")
KEYS = {
    "scenario": pa.string(),
    "replication": pa.int32(),
    "year": pa.int32(),
    "region_code": pa.string(),
    "region_name": pa.string(),
    "flow": pa.string(),
    "site": pa.string(),
    "sex": pa.string(),
    "age": pa.int32(),
}
"""The columns that are no quantity; every other column is a 64-bit float."""

ANEW = "give the same command again with another folder (--out)"
Manifest = dict[str, Any]
Status = dict[str, Any]
"""Of one run: number, scenario, replication, seed, status (done, failed, missing), seconds, or the error."""
Tables = Mapping[str, pd.DataFrame]


class _Form(BaseModel):
    """What of a manifest is relied on: a folder may come from somebody else, or have been edited."""

    model_config = ConfigDict(strict=True)

    class Row(BaseModel):
        """The status of a run."""

        number: int
        scenario: str
        replication: int
        seed: int
        status: Literal["done", "failed", "missing"]

    class Described(BaseModel):
        """A scenario."""

        title: dict[str, str]
        description: dict[str, str]
        sources: dict[str, str]
        choices: dict[str, object]
        parameters: dict[str, object]

    class Data(BaseModel):
        """The data folder."""

        folder: str
        fingerprint: str
        quality: dict[str, dict[str, str]]
        own_stock: dict[str, dict[str, float]]
        shipped: bool

    version: str
    scenarios: dict[str, Described]
    seed: int
    replications: int
    ensemble: str | None
    data: Data
    code: str
    software: dict[str, str]
    started: str
    finished: str | None
    runs: list[Row]


_ROWS = TypeAdapter(list[_Form.Row])


class Part(NamedTuple):
    """What comes of a chunk: a status row for each run, and a Parquet file for each table."""

    rows: Sequence[Status]
    files: Mapping[str, bytes]


@dataclass(frozen=True)
class Results:
    """A results folder in which nothing is left to run."""

    folder: Path
    manifest: Manifest

    @property
    def failed(self) -> list[Status]:
        """The runs that failed."""
        return [row for row in self.manifest["runs"] if row["status"] == "failed"]

    @property
    def last_year(self) -> int:
        """The last year in the tables."""
        return int(self.read("national", ["year"])["year"].max())

    def quantities(self, table: str) -> list[str]:
        """Return the names of the columns of a table that hold a quantity."""
        with _readable(self.folder / f"{table}.parquet") as file:
            names: list[str] = pq.read_schema(file).names
        return [name for name in names if name not in KEYS]

    def read(self, table: str, columns: Sequence[str] | None = None, **equal: str | int) -> pd.DataFrame:
        """Return a table, or the columns of it that are named, where the keys equal the values given."""
        with _readable(self.folder / f"{table}.parquet") as file:
            found = pq.read_table(
                file,
                columns=columns,
                filters=[(key, "==", value) for key, value in equal.items()] or None,
                partitioning=None,  # a folder may be called intake=900
            )
            frame: pd.DataFrame = found.to_pandas()
        return frame

    def about(self, table: str) -> Any:
        """Return what is written in a table of what it was made from; raises `ValueError` for what is no JSON."""
        with _readable(self.folder / f"{table}.parquet") as file:
            return json.loads((pq.read_schema(file).metadata or {}).get(ABOUT.encode(), b"{}"))

    def scenario(self, name: str) -> Scenario:
        """Return a scenario as it was run; raises `InputError` for one that this version does not know any more."""
        parameters = self.manifest["scenarios"][name]["parameters"]
        try:
            return Scenario.model_validate_json(json.dumps(parameters))
        except ValidationError as error:
            raise InputError(
                f"{self.folder}: the results are of another version of gp-settlement ({self.manifest['version']}): use "
                "that, or make them again in another folder (--out). What this one does not know of scenario "
                f"{name}: {scenario_faults.first_found(parameters, error)}"
            ) from None

    @cached_property
    def data(self) -> Regions | None:
        """The data that the runs were made with, if they are still there."""
        about = self.manifest["data"]
        try:
            found = load(None if about["shipped"] else about["folder"])
        except (DataError, OSError):
            return None
        return found if found.fingerprint == about["fingerprint"] else None

    def mapped(self, name: str) -> Path | None:
        """Return a file of `MAPPED` as it was when the runs were made; None where there was none."""
        file = self.folder / name
        return file if file.exists() else None


@contextmanager
def _readable(file: Path) -> Iterator[Path]:
    """Raise `InputError` for a Parquet file that is not there or not whole."""
    try:
        yield file
    except FileNotFoundError:
        raise InputError(f"{file} is missing: give the command that made the folder again") from None
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the disk: tells for itself
        raise InputError(f"{file} is damaged: delete it, and give the command that made the folder again") from None


def open_results(folder: Path) -> Results:
    """Return the results in a folder; raise `InputError` if there are none or not all."""
    manifest = read_manifest(folder)
    if manifest is None:
        inside = ", ".join(sorted(str(file.parent) for file in folder.glob("*/manifest.json")))
        raise InputError(
            f"{folder} is not a results folder: "
            + ("it has no manifest.json" if folder.is_dir() else "there is no such folder")
            + (f"; there are {inside}" if inside else "")
        )
    if manifest["finished"] is None:
        raise InputError(f"{folder} is not finished: give the same command again and it goes on")
    if all(row["status"] != "done" for row in manifest["runs"]):
        raise InputError(f"{folder} has no tables: every run failed, see its manifest.json")
    results = Results(folder, manifest)
    if results.about(TABLES[0]) != _made_from(manifest):
        raise InputError(f"{folder}: manifest.json is not that of the tables beside it: one was changed; {ANEW}")
    return results


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make the folder if need be and keep other processes from running into it.

    Raises `InputError` if it is in use, holds something else or cannot be made.
    """
    try:
        content = [path.name for path in folder.iterdir()] if folder.exists() else []
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot hold results: {error.strerror}; choose another with --out") from None
    if "manifest.json" not in content and any(not name.startswith(".") for name in content):
        raise InputError(f"{folder} holds other files and no results; choose another folder with --out")
    with alone(folder):
        yield


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder that is there. Raises `InputError` if one is in it."""
    lock = filelock.FileLock(folder / ".lock", timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise InputError(f"{folder} is in use by another run; wait, or choose another with --out") from None
    except (OSError, NotImplementedError) as error:  # no leave to write, or a file system that knows no locks
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{folder} cannot hold results: {reason}; choose another with --out") from None
    try:
        yield
    finally:
        lock.release()


def prepare(folder: Path, design: Design, data: Regions, *, force: bool) -> Design:
    """Make the folder ready for a design; return what it will hold: as many replications as it has, if more.

    Raises `InputError` if the folder holds results of something else and `force` does not replace them.
    """
    if force and _is_ours(folder):
        _clear(folder)
    old = read_manifest(folder)
    if old and (different := _differences(old, _manifest(design, data))):
        raise InputError(
            f"{folder} holds results of another run; different: {'; '.join(different)}. "
            "Choose another folder with --out, or replace them with --force"
        )
    for stray in folder.rglob(".new-*"):  # of a process that was killed
        stray.unlink()
    there = max((row["replication"] + 1 for row in statuses(folder).values()), default=0)
    design = replace(design, replications=max(design.replications, there))
    if not old or old["replications"] != design.replications:
        _write_manifest(folder, _manifest(design, data))
    (folder / "parts").mkdir(exist_ok=True)
    for name in MAPPED:
        if (data.folder / name).exists():
            with replacing(folder / name) as path:
                shutil.copyfile(data.folder / name, path)
    return design


def make_part(tables: Sequence[tuple[Run, Tables]], rows: Sequence[Status]) -> Part:
    """Return the tables of a chunk's runs as they will be on disk; of a chunk that failed there are none."""
    files = {}
    for name in TABLES if tables else ():
        file = pa.BufferOutputStream()
        pq.write_table(_arrow([run for run, _ in tables], [frames[name] for _, frames in tables]), file)
        files[name] = file.getvalue().to_pybytes()
    return Part(rows, files)


def write_part(folder: Path, chunk: Chunk, part: Part) -> None:
    """Write the tables of a chunk's runs, and last the status rows that make the part count."""
    parts, first = folder / "parts", chunk[0].number
    for name, file in part.files.items():
        with replacing(parts / f"part-{first:05d}-{name}.parquet") as path:
            path.write_bytes(file)
    with replacing(parts / f"part-{first:05d}.json") as path:
        path.write_text(json.dumps(part.rows, indent=1), encoding="utf-8", newline="\n")


def statuses(folder: Path) -> dict[int, Status]:
    """Return the status rows of all whole parts, by number of the run."""
    return {row["number"]: row for _, rows in _whole_parts(folder) for row in rows}


def record(folder: Path, design: Design, lost: Container[Run] = ()) -> None:
    """Write the status of each run into the manifest; those `lost` took their worker down with them."""
    there = statuses(folder)
    died = {"status": "failed", "error": "WorkerDied", "message": "the process died", "traceback": ""}
    runs = [
        there.get(run.number) or run._asdict() | (died if run in lost else {"status": "missing"})
        for run in design.runs()
    ]
    _write_manifest(folder, (read_manifest(folder) or {}) | {"runs": runs, "finished": None})


def combine(folder: Path) -> Results:
    """Make the final tables of the parts, in the order of the runs, and note that all is finished."""
    manifest = read_manifest(folder) or {}
    about = json.dumps(_made_from(manifest))
    parts = [first for first, rows in _whole_parts(folder) if _has_tables(rows)]
    for name in TABLES if parts else ():
        with replacing(folder / f"{name}.parquet") as path:
            _stream([folder / "parts" / f"part-{first:05d}-{name}.parquet" for first in parts], path, about)
    manifest |= {"finished": _now()}
    _write_manifest(folder, manifest)
    return Results(folder, manifest)


def _made_from(manifest: Manifest) -> dict[str, Any]:
    """Return what of a manifest is written into the tables."""
    about = {key: manifest[key] for key in ("version", "scenarios", "seed", "code")}
    return {**about, "data": manifest["data"]["fingerprint"]}


def finished(folder: Path) -> Results | None:
    """Return the results if nothing is left to do in the folder."""
    manifest = read_manifest(folder)
    if not manifest or not manifest["finished"]:
        return None
    tables = TABLES if _has_tables(manifest["runs"]) else ()
    return Results(folder, manifest) if all(_is_whole(folder / f"{name}.parquet") for name in tables) else None


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a results folder, or None if there is none."""
    file = folder / "manifest.json"
    if not file.exists():
        return None
    try:
        manifest: Manifest = json.loads(file.read_text(encoding="utf-8"))
        found = manifest["format"]
        if not manifest.keys() >= IN_EVERY_FORMAT:
            raise KeyError
        if found == FORMAT:
            _Form.model_validate(manifest)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(f"{file} is damaged: not the manifest of a results folder; {ANEW}") from None
    if found != FORMAT:
        raise InputError(
            f"{file}: found format {shown(found)}, allowed: {FORMAT}. The folder is of another version of "
            "gp-settlement; make the results again in another folder (--out), or replace them with --force"
        )
    return manifest


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a new file to write, which takes the place of `path` only when it has been written in full."""
    new = path.with_name(f".new-{os.getpid()}-{path.name}")
    try:
        yield new
        with new.open("rb+") as file:
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def code_fingerprint() -> str:
    """Return the SHA-256 of the Python files of the three packages, whatever their line ends."""
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for package in ("abm", "regions", "experiments"):
        for file in sorted((root / package).rglob("*.py")):
            digest.update(file.relative_to(root).as_posix().encode())
            digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def software() -> dict[str, str]:
    """Return the versions of Python and of the packages that numbers depend on."""
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in SOFTWARE}


def _manifest(design: Design, data: Regions) -> Manifest:
    """Return the manifest of a design of which nothing has been run yet."""
    return {
        "format": FORMAT,
        "version": metadata.version("gp-settlement"),
        "scenarios": {
            named.name: {
                "title": dict(named.title),
                "description": dict(named.description),
                "sources": dict(named.sources),
                "choices": dict(named.choices),
                "parameters": named.scenario.model_dump(mode="json"),
                "held": ensemble.held(named.scenario) if design.ensemble else {},
            }
            for named in design.scenarios
        },
        "seed": design.seed,
        "replications": design.replications,
        "ensemble": ensemble.fingerprint() if design.ensemble else None,
        "data": {
            "folder": str(data.folder.absolute()),
            "fingerprint": data.fingerprint,
            "quality": folders.region_quality(data.folder),
            "own_stock": folders.stock_changes(data),
            "shipped": data.folder == SHIPPED,
        },
        "code": code_fingerprint(),
        "software": software(),
        "started": _now(),
        "finished": None,
        "runs": [run._asdict() | {"status": "missing"} for run in design.runs()],
    }


def _differences(old: Manifest, new: Manifest) -> list[str]:
    """Return what makes the numbers of two manifests different, apart from the number of replications."""
    different = []
    if old["scenarios"].keys() != new["scenarios"].keys():
        different.append(f"scenarios ({', '.join(old['scenarios'])}; now {', '.join(new['scenarios'])})")
    for name in (name for name in new["scenarios"] if name in old["scenarios"]):
        before, now = (manifest["scenarios"][name]["parameters"] for manifest in (old, new))
        different += [
            f"{key} ({before.get(key)}; now {now.get(key)})" for key in before | now if before.get(key) != now.get(key)
        ]
        set_before, set_now = (manifest["scenarios"][name].get("held", {}).keys() for manifest in (old, new))
        different += [f"{key} (drawn in one, set in the other)" for key in sorted(set_before ^ set_now)]
    different = list(dict.fromkeys(different))  # what is the same in several scenarios is said once
    if old["seed"] != new["seed"]:
        different.append(f"seed ({old['seed']}; now {new['seed']})")
    if old["ensemble"] != new["ensemble"]:
        words = ["with" if manifest["ensemble"] else "without" for manifest in (old, new)]
        different.append(f"ensemble ({words[0]}; now {words[1]}{' another' if words[0] == words[1] else ''})")
    if old["data"]["fingerprint"] != new["data"]["fingerprint"]:
        different.append(f"data ({old['data']['folder']}; now {new['data']['folder']})")
    if old["code"] != new["code"]:
        before, now = old["version"], new["version"]
        versions = f"both version {now}" if before == now else f"version {before}; now {now}"
        different.append(f"code of the simulator ({versions})")
    return different


def _is_ours(folder: Path) -> bool:
    """Return whether a folder has the manifest of results, of this or another format."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(manifest, dict) and manifest.keys() >= IN_EVERY_FORMAT


def _clear(folder: Path) -> None:
    """Remove results, the manifest last: until then it is what it was, an experiment to go on with.

    What the user has put in the folder stays.
    """
    for pattern in MADE:
        for file in folder.glob(pattern):
            file.unlink()
    for name in ("parts", "maps"):
        with suppress(OSError):  # not there, or not empty
            (folder / name).rmdir()


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    with replacing(folder / "manifest.json") as path:
        path.write_text(json.dumps(manifest, indent=1, ensure_ascii=False), encoding="utf-8", newline="\n")


def _whole_parts(folder: Path) -> list[tuple[int, list[Status]]]:
    """Return the number of the first run and the status rows of each part of which all files are there."""
    parts = folder / "parts"
    whole = []
    for file in parts.glob("part-*.json"):
        try:
            rows: list[Status] = json.loads(file.read_text(encoding="utf-8"))
            _ROWS.validate_python(rows)
            first = int(file.stem.removeprefix("part-"))
        except (ValueError, RecursionError):
            continue  # damaged from outside: a part that is not there
        tables = [parts / f"{file.stem}-{name}.parquet" for name in TABLES] if _has_tables(rows) else []
        if all(map(_is_whole, tables)):
            whole.append((first, rows))
    return sorted(whole, key=lambda part: part[0])


def _has_tables(rows: Sequence[Status]) -> bool:
    return any(row["status"] == "done" for row in rows)


def _is_whole(table: Path) -> bool:
    """Return whether a Parquet file is there up to its last byte: a crash of the machine may have cost its end."""
    try:
        with table.open("rb") as file:
            file.seek(-len(PARQUET), os.SEEK_END)
            return file.read() == PARQUET
    except OSError:
        return False


def _stream(files: Sequence[Path], target: Path, about: str) -> None:
    """Join part files in order, with one row group in memory; `about` goes into the file's metadata."""
    first = pq.read_schema(files[0])
    with pq.ParquetWriter(target, first.with_metadata({ABOUT: about}), compression="zstd") as writer:
        for _, group in groupby(files, key=lambda file: int(file.stem.split("-")[1]) // ROW_GROUP_RUNS):
            tables = [pq.ParquetFile(file).read() for file in group]
            writer.write_table(pa.concat_tables(tables).combine_chunks())


def _arrow(runs: Sequence[Run], frames: Sequence[pd.DataFrame]) -> pa.Table:
    """Return the table of some runs with their scenario and replication, and with unit and labels on each column."""
    frame = pd.concat(frames, ignore_index=True)  # all at once: each column costs more than its values
    names = ["scenario", "replication", *frame.columns]
    rows = [len(one) for one in frames]
    for key in ("scenario", "replication"):
        frame[key] = np.repeat([getattr(run, key) for run in runs], rows)
    schema = pa.schema([pa.field(name, KEYS.get(name, pa.float64()), metadata=_about(name)) for name in names])
    return pa.Table.from_pandas(frame, schema=schema, preserve_index=False).replace_schema_metadata()


def _about(column: str) -> dict[str, str] | None:
    """Return the metadata of a column; a `_plan` column has those of its indicator."""
    if column in ("persons", "fte", f"persons{EACH}"):
        return {"unit": column.removesuffix(EACH)}
    plan = column.endswith("_plan")
    for indicator in (*INDICATORS, *BETWEEN):
        if indicator.name == column.removesuffix("_plan"):
            return {
                "unit": indicator.unit,
                "label_nl": indicator.label_nl + (", landelijk model" if plan else ""),
                "label_en": indicator.label_en + (", national model" if plan else ""),
            }
    return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
