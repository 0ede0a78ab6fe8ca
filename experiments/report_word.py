"""A report as a Word document that an editor can go on with: real headings, captions, tables and alternative texts.

The template holds the styles, page and everything around the report. An organisation gives its own: any .docx with
{{ content }} alone in a paragraph; {{ title }}, {{ subtitle }}, {{ version }}, {{ scenario }} and {{ finished }} may
stand anywhere, headers and footers included.
"""

from __future__ import annotations

from copy import deepcopy
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import docx
from docx.document import Document as Docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Length, Pt
from docx.table import Table as DocxTable
from docx.text.paragraph import Paragraph as DocxParagraph
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from experiments.cells import CAPTIONS, captioned, clean, font_size, printed
from experiments.document import Block, Document, Heading, Paragraph, Picture, Table
from experiments.errors import InputError
from experiments.report import Report
from experiments.report_html import TEMPLATES
from regions import paper

TEMPLATE = TEMPLATES / "report.docx"
CAPTION, CELLS, NOTE, GRID = "Caption", "GP table text", "GP note", "GP table"
STYLES = ("Normal", "Heading 1", "Heading 2", "Heading 3", CAPTION, CELLS, NOTE, GRID)
"""Styles of the report; those that a template lacks are taken from the one that ships."""
PLACE = "gp-settlement-content"
LOCALES = {"nl": "nl-NL", "en": "en-GB"}
PICTURE_CM = 13.0
DPI = 200
LETTER = 0.56
"""Mean width of a letter of Arial, per size of the font."""


def write(report: Report, path: Path, template: Path | None = None) -> None:
    """Write a report as .docx, in the template given or the one that ships.

    Raises `InputError` for a template that is no Word document, that asks for what is not there or not allowed, or
    that has no place for the report.
    """
    made = _filled(report, template or TEMPLATE)
    place = next((one for one in made.paragraphs if one.text.strip() == PLACE), None)
    if place is None:
        raise InputError(f"{template}: found no paragraph with {{{{ content }}}} alone, where the report goes")
    _complete_styles(made)
    _set_language(made, report.document)
    writer = _Writer(made, report.document, place)
    for block, label in captioned(report.document):
        writer.add(block, label)
    place._p.getparent().remove(place._p)
    buffer = BytesIO()
    made.save(buffer)
    path.write_bytes(buffer.getvalue())


def _filled(report: Report, template: Path) -> Docx:
    """Return the template with its own texts filled in; what a template may do there is what a sandbox allows."""
    words = {
        "title": report.document.title, "subtitle": report.subtitle, "version": report.version,
        "scenario": report.scenario, "finished": report.finished[:10], "lang": report.document.lang, "content": PLACE,
    }  # fmt: skip
    try:
        found = DocxTemplate(template)
        found.render(
            {key: clean(text) for key, text in words.items()},
            ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True),
            autoescape=True,
        )
    except OSError as error:
        raise InputError(f"{template}: cannot be read: {error.strerror or error}") from None
    except (BadZipFile, KeyError, ValueError, PackageNotFoundError):
        raise InputError(f"{template}: found no Word document (.docx)") from None
    except TemplateError as error:
        allowed = ", ".join(f"{{{{ {key} }}}}" for key in words)
        raise InputError(f"{template}: {error.message or error}; allowed are {allowed}") from None
    return found.docx


def _complete_styles(made: Docx) -> None:
    """Give a document the styles that it lacks."""
    shipped = docx.Document(str(TEMPLATE))
    there = {style.name for style in made.styles}
    for name in STYLES:
        if name not in there:
            made.styles.element.append(deepcopy(shipped.styles[name].element))


def _set_language(made: Docx, document: Document) -> None:
    """Tell screen readers and spelling checkers the language."""
    made.core_properties.title = clean(document.title)
    made.core_properties.language = LOCALES[document.lang]
    defaults = made.styles.element.find(qn("w:docDefaults"))
    for lang in defaults.iter(qn("w:lang")) if defaults is not None else ():
        lang.set(qn("w:val"), LOCALES[document.lang])


class _Writer:
    """Adds blocks before a paragraph of a document."""

    def __init__(self, made: Docx, document: Document, place: DocxParagraph) -> None:
        self._docx, self._document, self._place = made, document, place
        section = made.sections[-1]
        edges = (section.page_width, section.left_margin, section.right_margin)
        wide, left, right = (
            edge if edge is not None else Cm(size) for edge, size in zip(edges, (21, 2, 2), strict=True)
        )
        self._room = Length(wide - left - right)

    def add(self, block: Block, label: str) -> None:
        """Add a block; `label` is what its caption starts with."""
        match block:
            case Heading(level, text):
                self._paragraph(clean(text), f"Heading {level}")
            case Paragraph(text):
                self._paragraph(clean(text), "Normal")
            case Table():
                self._caption(block, label, above=True)
                self._table(block)
                if block.note:
                    self._paragraph(clean(block.note), NOTE)
            case Picture():
                self._picture(block)
                self._caption(block, label, above=False)

    def _paragraph(self, text: str, style: str) -> DocxParagraph:
        return self._place.insert_paragraph_before(text, self._docx.styles[style])

    def _caption(self, block: Table | Picture, label: str, *, above: bool) -> None:
        """Add a caption whose number Word counts on."""
        paragraph = self._paragraph("", CAPTION)
        paragraph.paragraph_format.keep_with_next = above
        word, number = label.rsplit(" ", 1)
        paragraph.add_run(f"{word}\N{NO-BREAK SPACE}")
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), f" SEQ {CAPTIONS[self._document.lang][type(block)]} \\* ARABIC ")
        run = paragraph.add_run(number)
        field.append(run._r)
        paragraph._p.append(field)
        paragraph.add_run(f". {clean(block.caption)}")

    def _picture(self, picture: Picture) -> None:
        paragraph = self._paragraph("", "Normal")
        paragraph.paragraph_format.keep_with_next = True
        image = BytesIO(paper.rendered(picture.figure, "png", DPI))
        shape = paragraph.add_run().add_picture(image, width=min(self._room, Cm(PICTURE_CM)))
        shape._inline.docPr.set("descr", clean(picture.alt))
        shape._inline.docPr.set("title", clean(picture.caption))

    def _table(self, table: Table) -> None:
        found = printed(table, self._document.lang)
        new = self._docx.add_table(0, len(found.headings), self._docx.styles[GRID])
        new.autofit = False
        size = Pt(font_size(found, self._room.pt, LETTER))
        widths = [Length(round(self._room * width / sum(found.widths))) for width in found.widths]
        for column, width in zip(new.columns, widths, strict=True):
            column.width = width
        for texts in (found.headings, *found.rows):
            cells = new.add_row().cells
            for cell, text, numeric, width in zip(cells, texts, found.numeric, widths, strict=True):
                cell.width = width
                paragraph = cell.paragraphs[0]
                paragraph.style = self._docx.styles[CELLS]
                paragraph.add_run(text).font.size = size
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if numeric else WD_ALIGN_PARAGRAPH.LEFT
        _mark_header(new)
        _describe(new, table)
        self._place._p.addprevious(new._tbl)


def _mark_header(table: DocxTable) -> None:
    """Let the first row come back on each page, and keep rows whole."""
    for place, row in enumerate(table.rows):
        properties = row._tr.get_or_add_trPr()
        for name in ("w:cantSplit", "w:tblHeader") if place == 0 else ("w:cantSplit",):
            properties.append(OxmlElement(name))


def _describe(table: DocxTable, about: Table) -> None:
    """Give a table its alternative text, and say that its first row and column are headers."""
    properties = table._tbl.tblPr
    look = properties.find(qn("w:tblLook"))
    if look is not None:
        properties.remove(look)

    def new(name: str, **attributes: Any) -> None:
        element = OxmlElement(name)
        for key, value in attributes.items():
            element.set(qn(f"w:{key}"), value)
        properties.append(element)

    flags = {"firstRow": "1", "firstColumn": "1", "lastRow": "0", "lastColumn": "0", "noHBand": "1", "noVBand": "1"}
    new("w:tblLook", val="06A0", **flags)
    new("w:tblCaption", val=clean(about.caption))
    if about.note:
        new("w:tblDescription", val=clean(about.note))
