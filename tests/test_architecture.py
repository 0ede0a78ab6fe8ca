"""What may import what, what may open files, and what the repository may not hold."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]

FORBIDDEN = {
    "regions": {"abm", "experiments", "mesa"},
    "abm": {"experiments", "geopandas"},
}
FILE_MODULES = {"csv", "glob", "io", "os", "pathlib", "shutil", "sqlite3", "tempfile", "tomllib"}
FILE_CALLS = re.compile(
    r"open|memmap|loadtxt|savetxt|genfromtxt|fromfile|tofile|read_\w+|write_(text|bytes)|"
    r"to_(csv|excel|feather|hdf|parquet|pickle|stata)"
)

# Written so that no pattern matches its own line here.
INDEX_ADDRESS = re.compile(
    r"pypi[.]\w|python[h]osted|(--|\bpip[.]|_)(extra[-_])?index[-_]ur[l]|--find[-]links|trusted[-]host|"
    r"anaconda[.]org|\bmirrors?[.]\w+[.]|//\S+/simpl[e](/|\s|$)",
    re.IGNORECASE,
)

PYTHONS = ["3.11.7", "3.12.1", "3.13.0"]


def sources(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, f"no Python files in {package}/"
    return found


def is_type_checking(node: ast.If) -> bool:
    return ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def walk(node: ast.AST, run_time_only: bool) -> Iterator[ast.AST]:
    """Every node below `node`; with `run_time_only`, without the bodies of `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if run_time_only and isinstance(child, ast.If) and is_type_checking(child):
            for otherwise in child.orelse:
                yield otherwise
                yield from walk(otherwise, run_time_only)
        else:
            yield child
            yield from walk(child, run_time_only)


def imported_packages(path: Path, run_time_only: bool = False) -> set[str]:
    """The top-level names that a file imports from outside its own package."""
    found = set()
    for node in walk(ast.parse(path.read_text(encoding="utf-8")), run_time_only):
        match node:
            case ast.Import(names=names):
                found |= {name.name.partition(".")[0] for name in names}
            case ast.ImportFrom(module=str(module), level=0):
                found.add(module.partition(".")[0])
            case ast.Call(func=func, args=[ast.Constant(value=str(module)), *_]) if ast.unparse(func) in {
                "__import__",
                "import_module",
                "importlib.import_module",
            }:
                found.add(module.partition(".")[0])
    return found


def file_calls(path: Path) -> list[str]:
    found = []
    for node in walk(ast.parse(path.read_text(encoding="utf-8")), run_time_only=True):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name) | ast.Attribute(attr=name) if FILE_CALLS.fullmatch(name):
                    found.append(f"line {node.lineno}: {name}")
    return found


@pytest.mark.parametrize("package", FORBIDDEN)
def test_a_package_imports_nothing_that_is_built_on_it(package: str) -> None:
    offences = {
        str(path.relative_to(ROOT)): offence
        for path in sources(package)
        if (offence := imported_packages(path) & FORBIDDEN[package])
    }
    assert not offences


def test_only_the_default_of_the_model_loads_regions() -> None:
    loaders = set()
    for path in sources("abm"):
        for node in walk(ast.parse(path.read_text(encoding="utf-8")), run_time_only=True):
            match node:
                case ast.ImportFrom(module=str(module), names=names) if module.partition(".")[0] == "regions":
                    if {"load", "tables"} & {name.name for name in names} or module == "regions.tables":
                        loaders.add(path.name)
                case ast.Import(names=names) if any(n.name.partition(".")[0] == "regions" for n in names):
                    loaders.add(path.name)
    assert loaders == {"model.py"}


def test_abm_opens_no_files() -> None:
    offences = {}
    for path in sources("abm"):
        modules = imported_packages(path, run_time_only=True) & FILE_MODULES
        if offence := [*sorted(modules), *file_calls(path)]:
            offences[path.name] = offence
    assert not offences


@pytest.mark.parametrize(
    "code",
    [
        "import mesa.space",
        "def f():\n    from mesa import Agent",
        "if TYPE_CHECKING:\n    pass\nelse:\n    import mesa",
        "import importlib\nimportlib.import_module('mesa.space')",
    ],
)
def test_the_walk_finds_an_import(code: str, tmp_path: Path) -> None:
    path = tmp_path / "example.py"
    path.write_text(code, encoding="utf-8")
    assert "mesa" in imported_packages(path, run_time_only=True)


def test_an_import_for_types_is_no_run_time_import(tmp_path: Path) -> None:
    path = tmp_path / "example.py"
    path.write_text("if TYPE_CHECKING:\n    import regions\n", encoding="utf-8")
    assert imported_packages(path) == {"regions"}
    assert imported_packages(path, run_time_only=True) == set()


@pytest.mark.parametrize(
    "parts",
    ["https://py pi.org/x", "pip install --index -url x", "PIP_EXTRA_INDEX _URL=x", "http://local/sim ple/"],
)
def test_an_index_address_is_recognised(parts: str) -> None:
    assert INDEX_ADDRESS.search(parts.replace(" ", ""))


def test_the_repository_names_no_package_index() -> None:
    try:
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs git and a checkout")
    tracked = [ROOT / name for name in listing.stdout.decode().split("\0") if name]
    offences = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in tracked
        if path.is_file()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="ignore").splitlines(), start=1)
        if INDEX_ADDRESS.search(line)
    ]
    assert not offences


def pins(python: str) -> dict[str, Requirement]:
    """The lines of constraints.txt that hold for a Python version on this platform."""
    found: dict[str, Requirement] = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if not text:
            continue
        pin = Requirement(text)
        if pin.marker is None or pin.marker.evaluate({"python_full_version": python}):
            found[canonicalize_name(pin.name)] = pin
    return found


@pytest.mark.parametrize("python", PYTHONS)
def test_every_dependency_is_pinned_within_its_range(python: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    pinned = pins(python)
    offences = []
    for dependency in [Requirement(text) for group in groups for text in group]:
        name = canonicalize_name(dependency.name)
        if name == project["name"]:
            continue
        specifiers = pinned[name].specifier if name in pinned else ()
        exact = [specifier.version for specifier in specifiers if specifier.operator == "=="]
        if len(exact) != 1 or not dependency.specifier.contains(exact[0]):
            offences.append(f"{dependency}: {pinned.get(name, 'not in constraints.txt')}")
    assert not offences


NEEDED_OPTIONS = {
    "read_text": {"encoding"},
    "write_text": {"encoding", "newline"},
    "open": {"encoding", "newline"},
    "to_csv": {"lineterminator"},
}


def text_calls(path: Path) -> Iterator[ast.Call]:
    """The calls that open a file as text."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(attr="open", value=ast.Name("os"))):
                continue
            case ast.Call(func=ast.Attribute(attr="open"), args=[ast.Constant(value=str(mode))]) if "b" in mode:
                continue
            case ast.Call(func=ast.Attribute(attr=name)) if name in NEEDED_OPTIONS:
                yield node


@pytest.mark.parametrize("package", ["regions", "abm", "experiments"])
def test_every_machine_reads_and_writes_the_same_bytes(package: str) -> None:
    """Windows has another encoding and other line ends of its own."""
    offences = [
        f"{path.relative_to(ROOT)}:{call.lineno}: without {', '.join(sorted(absent))}"
        for path in sources(package)
        for call in text_calls(path)
        if (absent := NEEDED_OPTIONS[call.func.attr] - {option.arg for option in call.keywords})
    ]
    assert not offences
