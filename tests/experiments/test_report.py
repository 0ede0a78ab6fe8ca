"""Reports: what they say and do not say, in two languages and five kinds of files, each opened again."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import docx
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pypdf
import pytest
from typer.testing import CliRunner, Result

from abm.indicators import BETWEEN, INDICATORS
from experiments import (
    cells,
    cli,
    comparison,
    describe,
    disclosure,
    report,
    report_csv,
    report_excel,
    report_html,
    report_origins,
    report_pdf,
    report_regions,
    report_summary,
    report_tables,
    report_word,
    scenarios,
    store,
)
from experiments.document import Block, Document, Heading, Paragraph, Picture, Table
from experiments.errors import InputError
from experiments.report import Report
from experiments.report_told import Told
from experiments.report_words import say
from experiments.store import Results
from regions import maps, schema

LAST = 2027
TITLE = "<script>alert(1)</script> #import {{7*7}} $x$ @cite"
FORMULA = '=HYPERLINK("https://example.org";"x")'
FILE = f"""
[title]
nl = '{TITLE}'
en = '{TITLE}'
[description]
nl = '<img src=x onerror=alert(2)> #eval("1") {{{{7*7}}}}'
en = '<img src=x onerror=alert(2)> #eval("1") {{{{7*7}}}}'
[sources]
"toeslag.euro_per_year" = '{FORMULA}'
[[levers]]
kind = "settlement_bonus"
name = "toeslag"
regions = ["Zeeland", "Drenthe"]
euro_per_year = 50_000
cost = {{per_year = 250_000, source = "assumed"}}
"""
LANGUAGES = ("nl", "en")
FILES = ("x.html", "x.docx", "x.pdf", "x.xlsx", "x")


def gp_settlement(*words: object) -> Result:
    return CliRunner().invoke(cli.app, [str(word) for word in words])


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Results:
    folder = tmp_path_factory.mktemp("made")
    (folder / "vijandig.toml").write_text(FILE, encoding="utf-8")
    scenarios = ["baseline", folder / "vijandig.toml"]
    found = comparison.compare(scenarios, replications=5, until=LAST, out=folder / "results", workers=1)
    return found.results


@pytest.fixture(scope="module")
def made(results) -> dict[str, Report]:
    return {lang: report.make(results, lang) for lang in LANGUAGES}


@pytest.fixture
def changed(results, tmp_path) -> Callable[..., Results]:
    """Give results of the baseline alone, with more runs: copies of the first, changed by a function of the run."""

    def change(
        runs: int,
        alter: Callable[[pd.DataFrame, int], object],
        *,
        ensemble: str | None = None,
        folder_name: str = "changed",
    ) -> Results:
        folder = tmp_path / folder_name
        folder.mkdir()
        shutil.copy(results.folder / "boundaries.geojson", folder)
        for name in store.TABLES:
            frame = results.read(name, scenario="baseline", replication=0)
            copies = []
            for run in range(runs):
                copy = frame.assign(replication=run)
                alter(copy, run)
                copies.append(copy)
            pd.concat(copies).to_parquet(folder / f"{name}.parquet", index=False)
        manifest = json.loads((results.folder / "manifest.json").read_text(encoding="utf-8"))
        manifest["scenarios"] = {"baseline": manifest["scenarios"]["baseline"]}
        manifest["ensemble"] = ensemble
        first = manifest["runs"][0]
        manifest["runs"] = [{**first, "number": run, "replication": run} for run in range(runs)]
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return Results(folder, manifest)

    return change


def words(blocks: Iterable[Block]) -> str:
    return "\n".join(block.text for block in blocks if isinstance(block, Heading | Paragraph))


def summary(results: Results, lang: maps.Language = "en") -> str:
    return words(report_summary.chapter(Told(results, lang)))


def region_table(results: Results, lang: maps.Language = "en") -> Table:
    return report_regions.region_table(Told(results, lang), "baseline")


def tables(document: Document) -> list[Table]:
    return [block for block in document.blocks if isinstance(block, Table)]


# What it says --------------------------------------------------------------------------------------------------------


def test_every_indicator_and_table_is_told_in_dutch():
    dutch = describe._dutch()
    assert set(dutch["indicators"]) == {one.name for one in (*INDICATORS, *BETWEEN)}
    assert set(dutch["tables"]) == {table.name for table in schema.TABLES}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_report_has_all_parts_in_order(made, lang):
    found = [block.text for block in made[lang].document.blocks if isinstance(block, Heading) and block.level == 1]
    parts = ("summary", "nation", "regions", "comparison", "scenarios", "assumptions", "data", "counting", "again")
    baseline = {"nl": "Basis: ongewijzigd beleid", "en": "Baseline: unchanged policy"}[lang]
    assert found == [say(part, lang, baseline=baseline) for part in parts]
    assert made[lang].document.lang == lang


def test_the_nation_stands_beside_the_national_model(made, results):
    table = next(table for table in tables(made["nl"].document) if "Bron" in table.frame)
    row = table.frame[(table.frame["Jaar"] == LAST) & (table.frame["Bron"] == "landelijk model")].iloc[0]
    national = results.read("national", scenario="baseline", year=LAST)
    assert row["Werkzame huisartsen (fte)"] == pytest.approx(national["supply_fte_plan"].mean())
    assert row["Vraag naar huisartsen (fte)"] == pytest.approx(national["demand_fte_plan"].mean())


def test_the_regions_are_the_means_of_the_runs(made, results):
    table = next(table for table in tables(made["en"].document) if "Region" in table.frame)
    regions = results.read("regions", scenario="baseline", year=LAST).groupby("region_name").mean(numeric_only=True)
    got = table.frame.set_index(table.frame["Region"].str.removesuffix("\N{NO-BREAK SPACE}*"))
    assert len(got) == 28
    assert got["Vacancy rate"].astype(float).to_dict() == pytest.approx(regions["vacancy_rate"].to_dict())


@pytest.mark.parametrize(("locums", "column", "told"), [
    ("divided", "supply_persons", "zoals Nivel telt"), ("each", "supply_persons_each", "zoals RIVM telt"),
])  # fmt: skip
def test_locums_are_counted_as_asked_and_every_table_says_how(results, locums, column, told):
    of = Told(results, "nl", locums)
    table = report_regions.region_table(of, "baseline")
    label = next(one.label_nl for one in INDICATORS if one.name == column)
    expected = results.read("regions", scenario="baseline", year=LAST).groupby("region_code")[column].mean()
    assert sorted(table.frame[label]) == pytest.approx(sorted(expected))
    assert told in table.note
    assert told in words(report_origins.counting(of))


def test_with_few_runs_nothing_is_said_of_order(made):
    text = words(made["en"].document.blocks)
    assert "says nothing of the order of regions" in text
    assert "There is no figure of the regions in order" in text
    assert not any("in order" in block.caption for block in made["en"].document.blocks if isinstance(block, Picture))
    assert "robustly above" not in text
    table = next(table for table in tables(made["en"].document) if "Region" in table.frame)
    assert "Against the nation" not in table.frame
    assert "In fixed order" in table.note


def test_few_runs_have_no_interval(changed):
    found = changed(4, lambda *_: None)
    assert "That is the outcome of 4 runs: too few" in summary(found)
    table = region_table(found)
    assert "Vacancy rate, low" not in table.frame
    assert "No intervals: these take at least 5 runs" in table.note


def regions_apart(frame: pd.DataFrame, run: int) -> None:
    """Zeeland is above the nation in every run, Drenthe in eight of ten."""
    if "vacancy_rate" in frame:
        frame["vacancy_rate"] = 0.10 + 0.001 * run
    if "region_name" in frame and "vacancy_rate" in frame:
        frame.loc[frame["region_name"] == "Zeeland", "vacancy_rate"] = 0.30 + 0.001 * run
        frame.loc[frame["region_name"] == "Drenthe", "vacancy_rate"] = 0.20 if run % 5 else 0.05
        frame.loc[frame["region_name"] == "Rijnmond", "vacancy_rate"] = 0.01


def test_only_what_holds_in_nine_of_ten_runs_is_claimed(changed):
    found = changed(10, regions_apart)
    text = summary(found)
    assert "above the national figure in Zeeland." in text
    assert "It is below in Rijnmond." in text
    assert "Of the other 26 regions it cannot be told" in text
    assert "Which 5 regions have the highest vacancy rate these runs do not tell" in text
    of_ensemble = summary(changed(10, regions_apart, ensemble="shipped", folder_name="of-ensemble"))
    assert "is, in at least 90% of the runs, Zeeland. Which others are among them is not certain." in of_ensemble
    assert text.index("differ by chance alone. What is not known") < text.index("above the national figure in Zeeland")
    table = region_table(found)
    against = table.frame.set_index(table.frame["Region"].str.removesuffix("\N{NO-BREAK SPACE}*"))["Against the nation"]
    assert against["Zeeland"] == "higher"
    assert against["Drenthe"] == "unsure"
    assert against["Rijnmond"] == "lower"
    assert table.frame["Region"].iloc[0].startswith("Zeeland")


def test_of_an_ensemble_the_interval_is_that_of_the_runs(changed):
    found = changed(10, regions_apart, ensemble="of another version")
    assert "robustly above" in summary(found)
    assert "The national capacity models that the runs drew have a supply of" in summary(found)
    nation = next(table.frame for table in report.make(found, "en").tables if "Source" in table.frame)
    assert set(nation["Source"]) >= {"this model", "mean of the drawn national models"}
    row = region_table(found).frame.iloc[0]
    assert (row["Vacancy rate, low"], row["Vacancy rate, high"]) == pytest.approx((0.30045, 0.30855))


@pytest.mark.parametrize(
    ("shortage", "phrase"),
    [
        ([500.0] * 10, "That is a shortage of 500 fte"),
        ([-500.0] * 10, "That is a surplus of 500 fte"),
        ([500.0, -500.0] * 5, "Whether that is a shortage or a surplus cannot be told"),
    ],
)
def test_a_direction_is_told_where_the_runs_agree(changed, shortage, phrase):
    def alter(frame: pd.DataFrame, run: int) -> None:
        if "shortage_fte" in frame and "region_code" not in frame:
            frame["shortage_fte"] = shortage[run]

    assert phrase in summary(changed(10, alter))


def test_a_side_needs_enough_runs_that_agree():
    assert report_summary._side(pd.Series([1.0, 1.1, 1.2, 1.0, 1.0])) == 1
    assert report_summary._side(pd.Series([1.0, 3.0, 1.0, 5.0, 1.0])) == 0
    assert report_summary._side(pd.Series([1.0, 1.1, 1.2, 1.0])) == 0
    assert report_summary._side(pd.Series([1.0] * 10)) == 1
    assert report_summary._side(pd.Series([-1.0] * 9 + [1.0])) == -1
    assert report_summary._side(pd.Series([-1.0] * 8 + [1.0] * 2)) == 0


def test_a_gain_is_told_as_the_comparison_has_it(made, results):
    found = comparison.Comparison(results, "baseline").summary.iloc[0]
    table = next(table for table in tables(made["en"].document) if "Extra fte in target regions" in table.frame)
    assert table.frame["Extra fte in target regions"].iloc[0] == pytest.approx(found["gain"])
    assert table.frame["Target regions"].iloc[0] == "Drenthe and Zeeland"
    assert f"{TITLE}. In Drenthe and Zeeland" in words(made["en"].document.blocks)


def test_scenarios_and_levers_are_told_in_full(made):
    text = words(made["nl"].document.blocks)
    assert "Maatregel toeslag: " in text
    assert "Regio's: Drenthe, Zeeland." in text or "Regio's: Zeeland, Drenthe" in text
    table = next(table for table in tables(made["nl"].document) if "toeslag" in table.caption)
    row = table.frame.set_index("Parameter").loc["euro_per_year"]
    assert (row["Waarde"], row["Standaard"], row["Herkomst"]) == ("50.000", "20.000", FORMULA)


def test_how_locums_are_counted_is_told_with_every_count_of_gps(made):
    for table in made["nl"].tables:
        if any("huisartsen" in str(name).lower() and "Verschil" not in str(name) for name in table.frame.columns):
            assert "Waarnemers die in meer regio's werken" in table.note, table.caption


def test_a_report_tells_how_to_repeat_it(made, results):
    table = made["en"].document.blocks[-1]
    assert isinstance(table, Table)
    told = table.frame.set_index("What")["Value"]
    assert told["Command"] == ("gp-settlement compare baseline vijandig.toml --replications 5 --seed 1 --until 2027")
    assert told["Fingerprint of the data (SHA-256)"] == results.manifest["data"]["fingerprint"]
    assert told["Fingerprint of the code (SHA-256)"] == results.manifest["code"]
    assert "vijandig.toml" in words(made["en"].document.blocks)


def test_data_that_are_gone_are_told(results):
    manifest = json.loads(json.dumps(results.manifest))
    manifest["data"] |= {"fingerprint": "another", "shipped": True}
    told = Told(Results(results.folder, manifest), "en")
    assert "is gone or has changed" in words(report_origins.data(told))
    assert "vijandig.toml" in words(report_origins.again(told))


def test_a_report_starts_no_run(results, monkeypatch):
    from abm import model

    monkeypatch.setattr(model.SettlementModel, "step", lambda *_, **__: pytest.fail("a run was started"))
    report.make(results, "nl")


def test_figures_have_captions_and_texts_for_who_does_not_see_them(made):
    for lang in LANGUAGES:
        pictures = [block for block in made[lang].document.blocks if isinstance(block, Picture)]
        assert len(pictures) >= 5
        assert all(len(picture.alt) > 60 and picture.caption for picture in pictures)
    alt = next(block.alt for block in made["nl"].document.blocks if isinstance(block, Picture) and "Kaart" in block.alt)
    assert alt.count("Zeeland") == 2  # each region is told once in each of the two years, in its class


# Few GPs -------------------------------------------------------------------------------------------------------------


def counts(**columns: list[float]) -> pd.DataFrame:
    base = {"supply_persons": [100.0, 100.0, 100.0], "inhabitants": [5.0, 5.0, 5.0]}
    return pd.DataFrame(base | columns, index=pd.Index(["A", "B", "C"], name="region_code"))


def test_fewer_than_five_gps_are_hidden_and_what_they_follow_from():
    frame = counts(
        persons_holder=[90.0, 60.0, 60.0],
        persons_salaried=[4.9, 10.0, 20.0],
        persons_fixed_locum=[5.1, 20.0, 12.0],
        persons_changing_locum=[0.0, 10.0, 8.0],
        fte_salaried=[3.0, 7.0, 14.0],
        share_salaried=[0.049, 0.1, 0.2],
        share_holder=[0.9, 0.6, 0.6],
    )
    mask = disclosure.hidden(frame)
    assert mask.loc["A", ["persons_salaried", "fte_salaried", "share_salaried"]].all()
    assert mask.loc["A", "persons_fixed_locum"]  # else the first follows from the total
    assert mask.loc["B", "persons_salaried"]  # else that of A follows from the nation's
    assert not mask.loc["A", "persons_changing_locum"]  # nobody
    assert not mask["inhabitants"].any()
    assert not mask["persons_holder"].any()
    shown = disclosure.shown(frame, mask)
    assert shown.loc["A", "persons_salaried"] == disclosure.HIDDEN
    assert shown.loc["C", "persons_salaried"] == 20.0


def test_few_men_hide_the_women():
    frame = counts(persons_women=[97.0, 50.0, 60.0], fte_women=[70.0, 30.0, 40.0], share_women=[0.97, 0.5, 0.6])
    mask = disclosure.hidden(frame)
    assert mask.loc["A", ["persons_women", "fte_women", "share_women"]].all()
    assert mask["persons_women"].sum() == 2


def test_a_region_with_few_gps_shows_nothing_of_them():
    frame = counts(supply_fte=[3.0, 80.0, 80.0], vacancy_rate=[0.1, 0.1, 0.1]).assign(
        supply_persons=[3.0, 100.0, 100.0]
    )
    mask = disclosure.hidden(frame)
    assert mask.loc["A", ["supply_persons", "supply_fte", "vacancy_rate"]].all()
    assert not mask.loc[["B", "C"]].to_numpy().any()


def test_few_gps_are_hidden_in_every_table(changed):
    def alter(frame: pd.DataFrame, _: int) -> None:
        if "region_name" in frame:
            where = frame["region_name"] == "Zeeland"
            for name in ("persons_salaried", "supply_persons"):
                if name in frame:
                    frame.loc[where, name] = 3.0

    found = changed(5, alter)
    table = region_table(found, "nl")
    row = table.frame[table.frame["Regio"].str.startswith("Zeeland")].iloc[0]
    assert row["Werkzame huisartsen"] == row["Werkzame huisartsen (fte)"] == row["Vacaturegraad"] == "<5"
    assert np.isnan(row["Vacaturegraad, laag"])
    assert "één tot vier huisartsen" in table.note
    long = report_tables._all_regions(Told(found, "nl"))
    cell = long.frame.loc[long.frame["Regio"] == "Zeeland", "Huisartsen in loondienst (hidha) (personen)"]
    assert set(cell) == {"<5"}


# Cells ---------------------------------------------------------------------------------------------------------------


def test_cells_are_printed_in_the_language():
    frame = pd.DataFrame(
        {"Naam": ["a\nb"], "Jaar": [2043], "fte": [1234.56], "Aandeel": [0.1234], "Leeg": [np.nan], "Min": [-1.5]}
    )
    table = Table(frame, "", "", {"Aandeel": "%"}, {"fte": 1, "Min": 1})
    assert cells.printed(table, "nl").rows == (("a b", "2043", "1.234,6", "12,3%", "", "−1,5"),)
    assert cells.printed(table, "en").rows == (("a b", "2043", "1,234.6", "12.3%", "", "−1.5"),)
    assert cells.printed(table, "nl").headings[3] == "Aandeel (%)"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "|x"])
def test_what_a_spreadsheet_takes_for_a_formula(text):
    assert cells.is_formula(text)


def test_plain_words_are_no_formula():
    assert not any(map(cells.is_formula, ("a=b", "5-6", "", "E005")))


# Files ---------------------------------------------------------------------------------------------------------------


BOTH = ("nl", pytest.param("en", marks=pytest.mark.slow))
WRITERS = (report_html, report_word, report_pdf, report_excel, report_csv)


@pytest.fixture(scope="module")
def files(made, tmp_path_factory) -> Callable[[str, str], Path]:
    """Give a file of a kind in a language, written once."""
    folder = tmp_path_factory.mktemp("files")

    def file(lang: str, name: str) -> Path:
        path: Path = folder / f"{lang}-{name}"
        if not path.exists():
            WRITERS[FILES.index(name)].write(made[lang], path)
        return path

    return file


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_the_command_writes_a_file_of_each_kind(results, tmp_path, name):
    told = gp_settlement("report", results.folder, "-o", tmp_path / "new" / name)
    assert told.exit_code == 0, told.output
    assert (tmp_path / "new" / name).exists()
    assert not list(tmp_path.rglob(".new-*"))


@pytest.mark.parametrize("lang", BOTH)
def test_html_is_one_file_that_fetches_nothing(files, lang):
    page = files(lang, "x.html").read_text(encoding="utf-8")
    assert f'<html lang="{lang}">' in page
    assert not re.findall(r'(?:src|href)="(?!#)[^"]*"', re.sub(r'xmlns(:\w+)?="[^"]*"', "", page))
    assert "url(http" not in page
    assert "@import" not in page
    assert page.count("<table") == len(re.findall(r"<caption ", page)) > 5
    assert page.count('<th scope="col"') > 30
    assert page.count('<th scope="row"') > 60
    assert page.count('<svg role="img" aria-label="') == page.count("<figure>") >= 5
    ids = re.findall(r' id="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]*)"', page)) <= set(ids)


@pytest.mark.parametrize("lang", BOTH)
def test_html_escapes_what_users_write(files, lang):
    page = files(lang, "x.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{7*7}}" in page


@pytest.mark.parametrize("lang", BOTH)
def test_word_has_headings_captions_tables_and_texts(files, made, lang):
    document = docx.Document(str(files(lang, "x.docx")))
    styles = [paragraph.style.name for paragraph in document.paragraphs]
    blocks = made[lang].document.blocks
    for level in (1, 2, 3):
        expected = [block.text for block in blocks if isinstance(block, Heading) and block.level == level]
        found = [p.text for p in document.paragraphs if p.style.name == f"Heading {level}"]
        assert found == expected
    assert len(document.tables) == len(tables(made[lang].document))
    assert styles.count("Caption") == sum(isinstance(block, Table | Picture) for block in blocks)
    assert document.paragraphs[0].text == made[lang].document.title
    assert document.core_properties.language == {"nl": "nl-NL", "en": "en-GB"}[lang]
    xml = zipfile.ZipFile(files(lang, "x.docx")).read("word/document.xml").decode()
    assert xml.count("SEQ ") == styles.count("Caption")
    assert len(re.findall(r'<wp:docPr [^>]*descr="[^"]{60,}"', xml)) == len(document.inline_shapes)
    assert xml.count("<w:tblHeader/>") == len(document.tables)
    assert xml.count("<w:tblCaption ") == len(document.tables)
    for found, table in zip(document.tables, tables(made[lang].document), strict=True):
        printed = cells.printed(table, lang)
        assert tuple(cell.text for cell in found.rows[0].cells) == printed.headings
        assert tuple(cell.text for cell in found.rows[-1].cells) == printed.rows[-1]


def test_word_does_not_run_what_users_write(files):
    text = "\n".join(paragraph.text for paragraph in docx.Document(str(files("nl", "x.docx"))).paragraphs)
    assert "{{7*7}}" in text
    assert "49" not in text.split("#import")[1][:10]


def template(path: Path, *texts: str) -> Path:
    document = docx.Document()
    for text in texts:
        document.add_paragraph(text)
    document.save(str(path))
    return path


@pytest.fixture
def short(made) -> Report:
    """Give a report without figures."""
    document = made["nl"].document
    blocks = tuple(block for block in document.blocks if not isinstance(block, Picture))
    return replace(made["nl"], document=Document(document.title, document.lang, blocks))


def test_word_in_a_template_of_ones_own(short, tmp_path):
    own = template(tmp_path / "huisstijl.docx", "Onze organisatie", "{{ scenario }}", "{{ content }}", "Slot")
    report_word.write(short, tmp_path / "x.docx", own)
    document = docx.Document(str(tmp_path / "x.docx"))
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts[:2] == ["Onze organisatie", "baseline, vijandig"]
    assert texts[2] == "Samenvatting"
    assert texts[-1] == "Slot"
    assert "GP table" in {style.name for style in document.styles}


@pytest.mark.parametrize(
    "text",
    ["{{ ''.__class__.__mro__ }}", "{{ nothing }}", "{% for x in %}", "{{ title.__init__.__globals__ }}"],
)
def test_a_template_stays_in_its_sandbox(short, tmp_path, text):
    own = template(tmp_path / "own.docx", text, "{{ content }}")
    with pytest.raises(InputError, match=r"own\.docx"):
        report_word.write(short, tmp_path / "x.docx", own)
    assert not (tmp_path / "x.docx").exists()


def test_a_template_needs_a_place_and_must_be_word(results, short, tmp_path):
    own = template(tmp_path / "own.docx", "no place")
    (tmp_path / "no.docx").write_text("no Word")
    for name, message in (("own", "{{ content }}"), ("no", "no Word document"), ("gone", "gone.docx")):
        with pytest.raises(InputError, match=re.escape(message)):
            report_word.write(short, tmp_path / "x.docx", tmp_path / f"{name}.docx")
    told = gp_settlement("report", results.folder, "-o", tmp_path / "x.pdf", "--template", own)
    assert (told.exit_code, "--template" in told.output) == (cli.BAD_INPUT, True)


@pytest.mark.parametrize("lang", BOTH)
def test_pdf_says_that_it_is_accessible_and_holds_the_text(files, made, lang):
    found = pypdf.PdfReader(files(lang, "x.pdf"))
    root = found.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert str(root["/Lang"]) == lang
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    assert found.metadata is not None
    assert found.metadata.title == made[lang].document.title
    text = " ".join(" ".join(page.extract_text() for page in found.pages).split())
    for block in made[lang].document.blocks:
        if isinstance(block, Heading) and block.level == 1:
            assert block.text in text
    assert "<script>alert(1)</script> #import {{7*7}} $x$ @cite" in text
    assert all("/FontDescriptor" in font for font in fonts(found))


def fonts(found: pypdf.PdfReader) -> list[pypdf.generic.DictionaryObject]:
    """The fonts of all pages, as far as they are composite: each must be in the file."""
    every = []
    for page in found.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            every += [child.get_object() for child in font.get_object().get("/DescendantFonts", [])]
    assert every
    return every


@pytest.mark.parametrize("lang", BOTH)
def test_excel_has_typed_numbers_and_tells_where_they_come_from(files, made, lang):
    book = openpyxl.load_workbook(files(lang, "x.xlsx"))
    found = made[lang]
    assert len(book.sheetnames) == len(found.tables) + 1
    for sheet, table in zip(book.worksheets[1:], found.tables, strict=True):
        rows = list(sheet.iter_rows(values_only=True))
        assert rows[0][0] == table.caption
        headings = [cells.heading_of_values(table, str(name), lang) for name in table.frame.columns]
        assert list(rows[3][: len(headings)]) == headings
        assert not any("%" in heading for heading in headings)  # 0.083 under % would be read as less than a thousandth
        assert sheet.freeze_panes == "B5"
        assert sheet.auto_filter.ref.startswith("A4:")
        below = {row[0]: row[1] for row in rows[4 + len(table.frame) :] if row[0]}
        assert below[{"nl": "Versie", "en": "Version"}[lang]].startswith("gp-settlement ")
        assert below["Seed"] == "1"
        assert "vijandig" in below["Scenario"]
    regions = next(
        sheet for sheet, table in zip(book.worksheets[1:], found.tables, strict=True) if len(table.frame) == 28
    )
    rate = next(cell for cell in regions[4] if str(cell.value).startswith(("Vacaturegraad (", "Vacancy rate (")))
    value = regions.cell(5, rate.column)
    assert isinstance(value.value, float)
    assert 0 < value.value < 1
    assert value.number_format == "0.0%"
    first = {str(row[0].value): row[1].value for row in regions.iter_rows(min_row=33) if row[0].value}
    assert any("vacatures" in str(text) or "vacancies" in str(text) for text in first.values())  # definitions


def test_excel_takes_no_text_for_a_formula(files):
    book = openpyxl.load_workbook(files("nl", "x.xlsx"))
    found = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == FORMULA]
    assert found
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in found)
    assert not any(cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_the_long_tables_hold_every_region_year_and_indicator(made, results):
    long = made["en"].data[0]
    assert len(long.frame) == 2 * 3 * 28
    assert set(BY_LABEL) <= set(long.frame.columns)
    table = results.read("regions", scenario="vijandig", year=2026)
    mean = table.groupby("region_code")["mean_list"].mean()
    mine = long.frame[(long.frame["Scenario"] == "vijandig") & (long.frame["Year"] == 2026)].set_index("Code")
    assert mine["Mean list"].astype(float).to_dict() == pytest.approx(mean.to_dict())


def test_the_ages_of_a_region_are_those_of_the_runs_but_for_few_gps(made, results):
    table = next(one for one in made["en"].data if one.caption == "GPs by age and sex").frame
    stored = results.read("ages", scenario="baseline", region_code="RA1222", sex="women")
    years = sorted(stored["year"].unique())
    assert len(table) == 2 * len(years) * 28 * 2
    mine = table[(table["Scenario"] == "baseline") & (table["Code"] == "RA1222") & (table["Sex"] == "women")]
    means = stored.groupby(["year", "age"], sort=False)["persons"].mean().to_numpy().reshape(len(years), -1)
    shown = mine.iloc[:, 5:].to_numpy()
    assert (shown[disclosure.few(means)] == disclosure.HIDDEN).all()
    there = shown != disclosure.HIDDEN
    assert there.any()
    assert shown[there].astype(float) == pytest.approx(means[there])


BY_LABEL = [one.label_en for one in INDICATORS]


@pytest.mark.parametrize(("lang", "separator", "point"), [("nl", ";", ","), ("en", ",", ".")])
def test_csv_opens_in_the_excel_of_the_language(files, made, lang, separator, point):
    folder = files(lang, "x")
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == len(made[lang].tables) + 1
    place, table = next((n, t) for n, t in enumerate(made[lang].tables) if len(t.frame) == 28)
    content = (folder / names[place]).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=separator))
    assert rows[0][:-1] == [cells.heading_of_values(table, str(name), lang) for name in table.frame.columns]
    assert not any("%" in (folder / name).read_text(encoding="utf-8-sig").split("\n")[0] for name in names)
    rate = rows[0].index({"nl": "Vacaturegraad (aandeel)", "en": "Vacancy rate (share)"}[lang])
    assert point in rows[1][rate]
    assert float(rows[1][rate].replace(",", ".")) == pytest.approx(table.frame.iloc[0, rate], abs=1e-6)
    assert all("seed 1" in row[-1] and "vijandig" in row[-1] for row in rows[1:])
    told = (folder / {"nl": "definities.csv", "en": "definitions.csv"}[lang]).read_text(encoding="utf-8-sig")
    assert {"nl": "vacatures gedeeld door aanbod", "en": "vacancies over supply"}[lang] in told


def test_csv_takes_no_text_for_a_formula(files):
    every = "".join(path.read_text(encoding="utf-8-sig") for path in files("nl", "x").iterdir())
    rows = csv.reader(io.StringIO(every, newline=""), delimiter=";")
    flat = [cell for row in rows for cell in row]
    assert f"'{FORMULA}" in flat
    numbers = re.compile(r"-[\d,e-]+")
    assert not [cell for cell in flat if cells.is_formula(cell) and not numbers.fullmatch(cell)]


@pytest.mark.slow
def test_a_page_of_one_region(results, tmp_path):
    told = gp_settlement("report", results.folder, "-o", tmp_path / "z.html", "--region", "Zeeland", "--lang", "en")
    assert told.exit_code == 0, told.output
    assert "Zeeland" in (tmp_path / "z.html").read_text(encoding="utf-8")
    told = gp_settlement("report", results.folder, "-o", tmp_path / "z.html", "--region", "Zeelnd")
    assert (told.exit_code, "Zeeland" in told.output) == (cli.BAD_INPUT, True)


# Messages ------------------------------------------------------------------------------------------------------------


def test_an_unknown_suffix_language_or_folder_is_told(results, tmp_path):
    told = gp_settlement("report", results.folder, "-o", tmp_path / "x.odt")
    assert told.exit_code == cli.BAD_INPUT
    assert all(word in told.output for word in (".odt", ".html", ".docx", ".pdf", ".xlsx", "CSV"))
    assert gp_settlement("report", results.folder, "-o", tmp_path / "x.html", "--lang", "fr").exit_code == cli.BAD_INPUT
    told = gp_settlement("report", tmp_path / "none", "-o", tmp_path / "x.html")
    assert (told.exit_code, "there is no such folder" in told.output) == (cli.BAD_INPUT, True)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "letter.txt").write_text("mine")
    told = gp_settlement("report", results.folder, "-o", tmp_path / "folder")
    assert (told.exit_code, "other files" in told.output) == (cli.BAD_INPUT, True)
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["letter.txt"]
    with pytest.raises(InputError, match=r"x\.odt"):
        report.write(results, tmp_path / "x.odt", "nl")


def test_a_table_that_no_sheet_holds_is_refused(made, tmp_path, monkeypatch):
    monkeypatch.setattr(report_excel, "MOST_ROWS", 20)
    with pytest.raises(InputError, match="allowed are 20; -o FOLDER writes CSV"):
        report_excel.write(made["en"], tmp_path / "x.xlsx")
    assert not (tmp_path / "x.xlsx").exists()


@pytest.mark.parametrize(("name", "package"), [("x.docx", "docxtpl"), ("x.pdf", "typst"), ("x.xlsx", "xlsxwriter")])
def test_a_missing_extra_is_told(results, tmp_path, monkeypatch, name, package):
    there = cli.importlib.util.find_spec
    monkeypatch.setattr(cli.importlib.util, "find_spec", lambda one: None if one == package else there(one))
    told = gp_settlement("report", results.folder, "-o", tmp_path / name)
    assert told.exit_code == cli.BAD_INPUT
    assert 'pip install -c constraints.txt -e ".[report]"' in told.output


@pytest.mark.slow
def test_the_same_results_give_the_same_file(results, made, files):
    again = report.make(results, "nl")
    assert report_html.page(again) == report_html.page(made["nl"])
    assert report_pdf.rendered(again) == files("nl", "x.pdf").read_bytes()


@pytest.mark.slow
def test_html_and_csv_need_no_extra(results, tmp_path):
    code = f"""
import sys
from pathlib import Path
for name in ("docx", "docxtpl", "typst", "xlsxwriter"):
    sys.modules[name] = None
from experiments import report, store
for name in ("x.html", "x"):
    report.write(store.open_results(Path({str(results.folder)!r})), Path({str(tmp_path)!r}, name), "nl")
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    assert (tmp_path / "x.html").exists()
    assert (tmp_path / "x" / "definities.csv").exists()


def test_a_comparison_of_another_version_is_told(results, tmp_path):
    shutil.copytree(results.folder, tmp_path / "old")
    file = tmp_path / "old" / "costs.parquet"
    table = pq.read_table(file)
    pq.write_table(table.filter(pc.not_equal(table["quantity"], "gain")), file)
    told = gp_settlement("report", tmp_path / "old", "-o", tmp_path / "x.html")
    assert (told.exit_code, "another version" in told.output) == (cli.BAD_INPUT, True)


def commands(results: Results) -> str:
    return report_origins._command(Told(results, "en"))[0]


def test_the_command_has_settings_and_sweeps(results, tmp_path):
    manifest = json.loads(json.dumps(results.manifest))
    manifest["scenarios"]["baseline"]["parameters"] |= {"intake": 900.0, "demand_level": "high"}
    del manifest["scenarios"]["vijandig"]
    assert commands(Results(results.folder, manifest)) == (
        "gp-settlement run baseline --set intake=900.0 --set 'demand_level=\"high\"' --replications 5 --seed 1 "
        "--until 2027"
    )
    scenario = scenarios.load("baseline", ["intake=900.0", 'demand_level="high"']).scenario
    assert (scenario.intake, scenario.demand_level) == (900, "high")
    found = comparison.compare(
        ["baseline", "shortage-bonus"], sweep=["bonus.euro_per_year=0,5000"], replications=1, until=2027,
        out=tmp_path / "swept", workers=1,
    )  # fmt: skip
    assert commands(found.results) == (
        "gp-settlement compare baseline shortage-bonus --sweep bonus.euro_per_year=0,5000 --replications 1 --seed 1 "
        "--until 2027"
    )
