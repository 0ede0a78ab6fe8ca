"""The worked example in docs/ runs as it stands."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from experiments.cli import app

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_worked_example_runs(tmp_path, monkeypatch, capsys):
    shutil.copy(EXAMPLES / "bonus-zeeland.toml", tmp_path)
    monkeypatch.chdir(tmp_path)
    blocks = BLOCK.findall((EXAMPLES / "compare.md").read_text(encoding="utf-8"))
    assert [kind for kind, _ in blocks] == ["console", "console", "console", "python"]
    for kind, text in blocks:
        if kind == "console":
            name, *words = shlex.split(text)
            assert name == "gp-settlement"
            found = CliRunner().invoke(app, words)
            assert found.exit_code == 0, found.output
            assert "compared with Baseline: unchanged policy" in " ".join(found.output.split())
        else:
            exec(compile(text, "compare.md", "exec"), {})
    told = capsys.readouterr().out
    assert "bonus-zeeland" in told
    assert "Zeeland" in told
    assert "supply_fte" in told
    page = (tmp_path / "results" / "baseline-vs-bonus-zeeland" / "comparison.md").read_text(encoding="utf-8")
    assert "Vestigingstoeslag in Zeeland, vergeleken met" in page  # the last to write it was Python, in Dutch
