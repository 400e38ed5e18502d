"""Every way in which a text is marked is seen."""

from __future__ import annotations

import pytest

from translations.extract import Message, NotLiteral, extract, in_python, in_template

PYTHON = """
_("one")
gettext_lazy("two " "parts")
translation.gettext("three")
ngettext("%(n)s try", "%(n)s tries", n)
pgettext_lazy("role", "Sales")
other("not this")
"""

TEMPLATE = """
{% load i18n ui %}
{% translate "one" %}{% translate 'two' as name %}{% translate "Open" context "verb" %}
{% card _("three") flush=True %}{{ _("four") }}
{% blocktranslate with name=customer.name %}Five {{ name }} at 19 %{% endblocktranslate %}
{% blocktranslate count counter=n %}{{ counter }} try{% plural %}{{ counter }} tries{% endblocktranslate %}
<p>not this</p>
"""


def test_python() -> None:
    assert list(in_python(PYTHON)) == [
        Message("one"),
        Message("two parts"),
        Message("three"),
        Message("%(n)s try", "%(n)s tries"),
        Message("Sales", context="role"),
    ]


@pytest.mark.parametrize("source", ['_(f"a {b}")', "gettext(name)", '_("a" + b)'])
def test_what_is_put_together_cannot_be_found(source: str) -> None:
    with pytest.raises(NotLiteral):
        list(in_python(source))


def test_templates() -> None:
    assert set(in_template(TEMPLATE)) == {
        Message("one"),
        Message("two"),
        Message("Open", context="verb"),
        Message("three"),
        Message("four"),
        Message("Five %(name)s at 19 %%"),
        Message("%(counter)s try", "%(counter)s tries"),
    }


def test_the_sources_are_read_whole() -> None:
    said = extract()
    assert len(said) > 1000
    assert "core/errors.py" in said[Message("Some fields need another look: %(what)s")]
    assert any(place.endswith(".html") for places in said.values() for place in places)
    assert any(place.endswith(".txt") for places in said.values() for place in places)
