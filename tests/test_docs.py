"""The pages in docs/ and the README do what they say."""

from __future__ import annotations

import doctest
import pkgutil
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from experiments.cli import app
from tests.test_architecture import FORBIDDEN

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TUTORIALS = sorted((DOCS / "tutorials").glob("*.md"))
BLOCK = re.compile(r'^```(console|python|toml)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


def gp_settlement(line: str) -> str:
    name, *words = shlex.split(line, comments=True)
    assert Path(name).name == "gp-settlement", line
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 0, f"{line}\n{found.output}"
    return " ".join(found.output.split())


def test_the_worked_example_of_the_national_model_gives_the_numbers_that_it_tells():
    found = doctest.testfile(str(DOCS / "national.md"), module_relative=False)
    assert found.attempted > 10
    assert found.failed == 0


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")], ids=str)
def test_links_lead_to_files(page):
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert not [link for link in links if not (page.parent / link).exists()]


@pytest.mark.slow
@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_a_tutorial_runs_as_it_stands(page, tmp_path, monkeypatch):
    (tmp_path / "docs").symlink_to(DOCS)
    monkeypatch.chdir(tmp_path)
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    assert any(kind == "console" for kind, *_ in blocks)
    names: dict[str, object] = {}
    for kind, file, text in blocks:
        if kind == "toml":
            Path(file).write_text(text, encoding="utf-8")
        elif kind == "python":
            exec(compile(text, page.name, "exec"), names)
        else:
            for line in text.splitlines():
                if "--cluster" not in line or find_spec("distributed"):
                    gp_settlement(line)


@pytest.mark.slow
def test_the_tour_of_the_readme_runs_and_gives_the_table_that_it_shows(tmp_path, monkeypatch):
    (tmp_path / "docs").symlink_to(DOCS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    ((_, _, tour),) = BLOCK.findall(text)
    first, *others = tour.splitlines()
    assert first == "make run"
    printed = gp_settlement("gp-settlement run")
    rows = re.findall(r"^\| (\d+(?: \*)?) \| (.+?) \| (\S+) \| (.+?) \| (\d+) \|$", text, re.MULTILINE)
    assert len(rows) == 7
    for row in rows:
        assert " ".join(row) in printed
    means = pd.read_parquet("results/baseline/regions.parquet").query("year == 2043").groupby("region_code")
    stored = pd.read_csv(DOCS / "examples" / "baseline-2043.csv", index_col="region_code").drop(columns="region_name")
    found = means[list(stored)].mean()
    pd.testing.assert_frame_equal(found, stored, rtol=1e-8, check_index_type=False)
    for line in others:
        gp_settlement(line)
    assert (tmp_path / "report.html").exists()


@pytest.mark.skipif(find_spec("zensical") is None, reason="needs the extra docs")
def test_the_site_is_built_without_a_warning_and_asks_nothing_of_the_network(tmp_path):
    for name in ("docs", "mkdocs.yml"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    found = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean"], cwd=tmp_path, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stdout + found.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 15
    loaded = re.compile(r"<(?:script|img|iframe|link)\b[^>]*?\b(?:src|href)=\"?(https?://[^\"\s>]+)")
    assert {url for page in pages for url in loaded.findall(page.read_text(encoding="utf-8"))} == set()


NAME = re.compile(r"`((?:(?:abm|regions|experiments)\.)?[a-z_]+(?:\.[A-Za-z_]+)+)`")
PATH = re.compile(r"`((?:abm|regions|experiments|tests|docs)/[\w/.-]+)`")
PACKAGES = ("abm", "regions", "experiments")


def there(name: str) -> bool:
    """Return whether a name such as `abm.careers.leave`, or `careers.leave`, is in one of the packages."""
    package, *_ = name.split(".")
    for full in [name] if package in PACKAGES else [f"{package_}.{name}" for package_ in PACKAGES]:
        try:
            pkgutil.resolve_name(full)
        except (ImportError, AttributeError):
            continue
        return True
    return False


@pytest.mark.parametrize("page", ["odd", "national", "architecture", "recipes"])
def test_what_a_page_names_in_the_code_is_there(page):
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    files = (".md", ".toml", ".csv", ".json", ".parquet", ".py")
    names = [name for name in NAME.findall(text) if not name.endswith(files) and not name.startswith(("split.", "at."))]
    tried = {"regions.house_price", "regions/sources/house_prices.csv", "experiments/library/NAME.toml"}  # in recipes
    assert not [name for name in names if name not in tried and not there(name)]
    paths = [path for path in PATH.findall(text) if path not in tried]
    assert names or paths
    assert not [path for path in paths if not (ROOT / path).exists()]


def test_the_architecture_page_tells_what_is_forbidden():
    rows = (DOCS / "architecture.md").read_text(encoding="utf-8").splitlines()
    for package, forbidden in FORBIDDEN.items():
        (row,) = [row for row in rows if row.startswith(f"| `{package}` |")]
        assert set(re.findall(r"\w+", row.split("|")[4])) == forbidden
