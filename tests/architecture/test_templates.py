from __future__ import annotations

import pytest

from tests.architecture.house import hold
from tests.architecture.source import ROOT
from tests.architecture.templates import unsafe_parts


@pytest.mark.parametrize(
    "bad",
    [
        "<script>go()</script>",
        "<script nonce='x'>{{ code }}</script>",
        "<button onclick='go()'>",
        '<input {% if a > b %}disabled{% endif %} onchange="go()">',
        "<div hx-on:click='go()'>",
        "<a href='javascript:go()'>",
        "<p style='color: red'>",
        "<style>p { color: red }</style>",
        "{{ name|safe }}",
        "{{ name | safe }}",
        "{% autoescape off %}",
    ],
)
def test_unsafe_parts_are_found(bad: str) -> None:
    assert [v.line for v in unsafe_parts("page.html", f"<p>\n{bad}")] == [2]


@pytest.mark.parametrize(
    "good",
    [
        "<script src='{% static 'a.js' %}' defer></script>",
        '<script type="application/json">{"a": 1}</script>',
        "<button x-on:click='open' hx-get='/' class='on'>{{ name }}</button>",
        "<p>javascript: on style</p>",
        "{{ name|escape }} {{ safe }} {{ list|join:', ' }}",
        "{# onclick='go()' #}",
    ],
)
def test_safe_parts_pass(good: str) -> None:
    assert not list(unsafe_parts("page.html", good))


def test_mails_may_have_inline_styles_but_no_scripts() -> None:
    assert not list(unsafe_parts("mail.html", "<p style='color: red'>", mail=True))
    assert len(list(unsafe_parts("mail.html", "<p onclick='go()'>", mail=True))) == 1


def test_templates_are_safe() -> None:
    paths = sorted((ROOT / "src").rglob("templates/**/*.html"))
    hold(
        "unsafe_parts",
        (
            violation
            for path in paths
            for violation in unsafe_parts(
                path.relative_to(ROOT).as_posix(), path.read_text(), mail="notifications" in path.parts
            )
        ),
    )
