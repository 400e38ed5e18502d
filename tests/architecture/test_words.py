from __future__ import annotations

import pytest

from tests.architecture.house import hold, sources
from tests.architecture.source import ROOT, Source
from tests.architecture.words import unmarked_sentences, unmarked_text

#: Commands speak English to who runs the server, and so do checks and the proofs of ``allsquare verify``; mails and
#: documents have lists of words of their own; the gallery is for who builds pages.
ENGLISH = (
    *(
        "/cli/",
        "/config/",
        "/insights/proofs/",
        "/core/embedded_postgres/",
        "/core/failpoints.py",
        "/web/ui/gallery.py",
        "/web/ui/checks.py",
    ),
    *("/notifications/letters/", "/billing/documents/labels.py", "/billing/documents/fonts.py"),
)


def of(text: str) -> Source:
    return Source("src/allsquare/billing/sample.py", text)


@pytest.mark.parametrize(
    "bad",
    [
        'raise Conflict("There is no such thing.")',
        'raise Conflict(f"{name} is gone. Choose another.")',
        'errors["name"] = "The name is needed."',
        'x = CharField(label="Name")',
        'def f():\n    return "Is it so?"',
    ],
)
def test_unmarked_sentences_are_found(bad: str) -> None:
    assert len(list(unmarked_sentences(of(bad)))) == 1


@pytest.mark.parametrize(
    "good",
    [
        'raise Conflict(_("There is no such thing."))',
        'raise Conflict(_("%(name)s is gone. Choose another.") % {"name": f"{a} b"})',
        'raise TypeError("Money counts minor units.")',
        'logger.warning("Something happened here.")',
        '"""A docstring says why."""',
        'x = CharField(label=_("Name"))',
        'sql = """SELECT a\\nFROM b."""',
        'kind = "invoice.issued"',
    ],
)
def test_marked_ones_and_what_nobody_reads_pass(good: str) -> None:
    assert not list(unmarked_sentences(of(good)))


def test_sentences_are_marked() -> None:
    hold(
        "unmarked_sentences",
        (
            violation
            for source in sources()
            if not any(place in source.path for place in ENGLISH)
            for violation in unmarked_sentences(source)
        ),
    )


@pytest.mark.parametrize(
    "bad",
    [
        "<p>Hello there</p>",
        '<a title="Look here">x</a>',
        '<td data-label="Name">{{ name }}</td>',
        "<p>{{ n }} tries</p>",
    ],
)
def test_unmarked_text_is_found(bad: str) -> None:
    assert [violation.line for violation in unmarked_text("page.html", f"<div>\n{bad}</div>")] == [2]


@pytest.mark.parametrize(
    "good",
    [
        '{% translate "Hello there" %} · {{ name }} 12 %',
        "{% blocktranslate %}Hello <b>there</b>{% endblocktranslate %}{# Hello #}",
        "<p>{% comment %}Hello there{% endcomment %}Allsquare</p>",
        '<a title="{% translate \'Look here\' %}" class="btn wide">PDF</a>',
        '<script type="application/json">{"some": "data"}</script><code>allsquare verify</code>',
    ],
)
def test_marked_text_passes(good: str) -> None:
    assert not list(unmarked_text("page.html", good))


def test_templates_are_marked() -> None:
    spared = ("notifications", "allsquare_sandbox")
    hold(
        "unmarked_text",
        (
            violation
            for path in sorted((ROOT / "src").rglob("templates/**/*.html"))
            if not any(part in spared or part == "gallery" for part in path.parts)
            and "gallery" not in path.name
            for violation in unmarked_text(path.relative_to(ROOT).as_posix(), path.read_text())
        ),
    )
