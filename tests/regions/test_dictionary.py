"""The data dictionary in docs/ is the schema's."""

from regions import dictionary, schema


def test_the_page_is_up_to_date() -> None:
    assert dictionary.PAGE.read_text(encoding="utf-8") == dictionary.page()


def test_every_column_is_in_it_with_its_licence() -> None:
    page = dictionary.page()
    for table in schema.TABLES:
        for column in table.columns:
            assert f"| `{column.name}` | {column.description} |" in page
    assert "| CC BY 4.0 |" in page
    assert "| not stated |" in page


def test_a_figure_has_a_licence_and_a_note_of_ours_has_none() -> None:
    column = {c.name: c for c in schema.BY_NAME["workforce"].columns}
    assert column["persons"].licence == schema.NOT_STATED
    assert column["sex"].licence == ""
    assert {c.licence for c in schema.BY_NAME["regions"].columns if c.name in ("x_m", "name_en")} == {"CC BY 4.0", ""}
