from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import Template
from django.template.context import make_context
from django.test import RequestFactory
from django.utils.translation import override

from allsquare.core import clock
from allsquare.core.money import Money
from allsquare.web.ui.gallery import SampleOrganization
from allsquare.web.ui.icons import UnknownIcon
from allsquare.web.ui.parts import TimelineItem


def render(source: str, **context: object) -> str:
    return Template("{% load ui %}" + source).render(make_context(context, RequestFactory().get("/")))


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(html: str, tag: str) -> list[dict[str, str | None]]:
    parser = _Elements()
    parser.feed(html)
    return [attrs for name, attrs in parser.found if name == tag]


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html)).strip()


class OrderForm(forms.Form):
    name = forms.CharField(help_text="As on the invoice.")
    amount = forms.DecimalField(min_value=0)
    method = forms.ChoiceField(choices=[("card", "Card"), ("bank", "Bank")], widget=forms.RadioSelect)
    agree = forms.BooleanField(label="I agree")
    secret = forms.CharField(widget=forms.HiddenInput)


def test_money_is_written_in_the_readers_language() -> None:
    total = Money.parse("-1234.50", "EUR")
    assert words(render("{% money total %}", total=total)) == "-€1,234.50"
    with override("de"):
        assert words(render("{% money total %}", total=total)) == "-1.234,50 €"
    assert "money-negative" in render("{% money total %}", total=total)
    assert words(render("{% money None %}")) == "–"


def test_an_instant_is_shown_in_the_organizations_zone_and_from_its_own_now() -> None:
    organization = SampleOrganization(time_zone="Asia/Tokyo", clock_offset=timedelta(days=40))
    at = clock.now(organization) - timedelta(hours=3)
    html = render("{% dt at %}", at=at, organization=organization)
    (time,) = elements(html, "time")
    assert time["datetime"] == at.isoformat(timespec="seconds")
    assert "Asia/Tokyo" in str(time["title"])
    assert words(html).endswith("3 hours ago")
    assert f"{at.astimezone(ZoneInfo('Asia/Tokyo')).year}" in words(html)


def test_an_instant_without_an_organization_is_in_the_active_zone() -> None:
    at = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert words(render("{% dt at 'exact' %}", at=at)).replace("\u202f", " ") == "Mar 29, 2026, 12:30 AM"
    berlin = SampleOrganization(time_zone="Europe/Berlin")
    shown = words(render("{% dt at 'exact' %}", at=at, organization=berlin)).replace("\u202f", " ")
    assert shown == "Mar 29, 2026, 1:30 AM"


@pytest.mark.parametrize(
    ("days", "relative"),
    [(0, "today"), (1, "in 1 day"), (-1, "1 day ago"), (9, "in 9 days"), (-60, "2 months ago")],
)
def test_a_day_counts_from_the_organizations_today(days: int, relative: str) -> None:
    organization = SampleOrganization(time_zone="Pacific/Kiritimati", clock_offset=timedelta(days=7))
    day = clock.today(organization) + timedelta(days=days)
    assert words(render("{% day day 'relative' %}", day=day, organization=organization)) == relative


def test_a_day_is_written_without_a_time() -> None:
    assert words(render("{% day day %}", day=date(2026, 2, 28))) == "Feb 28, 2026"
    assert words(render("{% day day %}{% dt None %}", day=None)) == "– –"


def test_what_people_typed_stays_text() -> None:
    evil = '"><script>alert(1)</script>'
    for source in (
        "{% copyable evil label=evil %}",
        "{% state_badge 'invoice' evil %}",
        "{% breadcrumbs evil '/' evil %}",
        "{% page_header evil subtitle=evil %}{{ evil }}{% endpage_header %}",
        "{% card evil %}{{ evil }}{% endcard %}",
        "{% key_values %}{% kv evil %}{{ evil }}{% endkv %}{% endkey_values %}",
        "{% data_table evil %}{{ evil }}{% enddata_table %}",
        "{% empty_state evil action_label=evil action_url=evil %}{{ evil }}{% endempty_state %}",
        "{% alert 'info' title=evil %}{{ evil }}{% endalert %}",
        "{% confirm_button evil evil %}",
        "{% confirm id='x' title=evil action=evil button=evil typed=evil %}{{ evil }}{% endconfirm %}",
        "{% progress 1 2 evil %}",
        "{% timeline items %}",
    ):
        items = [TimelineItem(clock.now(None), evil, evil, evil, url=evil)]
        html = render(source, evil=evil, items=items)
        assert not elements(html, "script"), source
        assert "alert(1)" in html, source


def test_the_block_of_a_component_keeps_its_markup() -> None:
    assert elements(render("{% card 'A' %}<a href='/b'>b</a>{% endcard %}"), "a") == [{"href": "/b"}]
    html = render("{% page_header 'A' %}<a href='/b'>b</a>{% endpage_header %}")
    assert elements(html, "a") == [{"href": "/b"}]
    assert "page-head-actions" not in render("{% page_header 'A' %}{% endpage_header %}")


def test_a_wrong_icon_name_is_a_programming_error() -> None:
    with pytest.raises(UnknownIcon):
        render("{% icon 'no-such-icon' %}")
    with pytest.raises(UnknownIcon):
        render("{% icon '../../package' %}")


def test_an_id_is_copied_whole_though_shown_short() -> None:
    html = render(
        "{% copyable value label='payment id' short=True %}", value="0198f3c2-6d1e-7a41-b7a0-9c5f4e21d807"
    )
    (button,) = elements(html, "button")
    assert button["data-copy"] == "0198f3c2-6d1e-7a41-b7a0-9c5f4e21d807"
    assert button["aria-label"] == "Copy payment id"
    assert words(html) == "…4e21d807"


def test_a_field_is_tied_to_its_label_help_and_errors() -> None:
    form = OrderForm({"amount": "-1"})
    html = render("{% form_field form.name autocomplete='name' %}", form=form)
    (control,) = elements(html, "input")
    assert control["aria-invalid"] == "true"
    assert control["aria-describedby"] == "id_name_helptext id_name_error"
    assert control["autocomplete"] == "name"
    assert 'id="id_name_helptext"' in html
    assert 'id="id_name_error"' in html
    assert elements(html, "label") == [{"class": "form-label required", "for": "id_name"}]


def test_a_field_without_errors_says_nothing_of_them() -> None:
    (control,) = elements(render("{% form_field form.amount prefix='EUR' %}", form=OrderForm()), "input")
    assert "aria-invalid" not in control
    assert "aria-describedby" not in control
    assert control["class"] == "form-control"


def test_radio_buttons_have_one_legend_and_a_label_each() -> None:
    html = render("{% form_field form.method %}", form=OrderForm({"method": "bank"}))
    assert len(elements(html, "legend")) == 1
    assert [(each["value"], "checked" in each) for each in elements(html, "input")] == [
        ("card", False),
        ("bank", True),
    ]
    assert [each["for"] for each in elements(html, "label")] == [
        each["id"] for each in elements(html, "input")
    ]


def test_hidden_fields_have_no_label() -> None:
    html = render("{% form_field form.secret %}", form=OrderForm())
    assert not elements(html, "label")
    assert elements(html, "input")[0]["type"] == "hidden"


def test_all_errors_stand_once_at_the_top_and_lead_to_their_fields() -> None:
    form = OrderForm({"amount": "-1", "method": "card", "agree": "on"})
    form.add_error(None, "Somebody else changed this.")
    html = render("{% form_errors form %}", form=form)
    assert [each["href"] for each in elements(html, "a")] == ["#id_name", "#id_amount"]
    assert "Somebody else changed this." in html
    assert "This field is required." in html, "the hidden field's error has no field to stand at"
    assert render("{% form_errors form %}", form=OrderForm()).strip() == ""


def test_pages_keep_the_filters_of_the_address() -> None:
    request = RequestFactory().get("/invoices?state=overdue&after=old&q=a%26b")
    template = Template("{% load ui %}{% pagination next='n1' previous='p1' count=3 %}")
    html = template.render(make_context({}, request))
    addresses = {each["rel"]: each["href"] for each in elements(html, "a")}
    assert addresses == {
        "prev": "?state=overdue&q=a%26b&before=p1",
        "next": "?state=overdue&after=n1&q=a%26b",
    }
    assert words(html).startswith("3 entries")


def test_one_page_needs_no_pager() -> None:
    assert render("{% pagination %}").strip() == ""
    assert "about" in render("{% pagination count=9 estimated=True %}")


def test_a_dangerous_act_is_confirmed_by_typing_what_is_meant() -> None:
    html = render(
        "{% confirm id='void' title='Void?' action='/void' button='Void' typed='INV (7)/a-b' %}x{% endconfirm %}",
        csrf_token="t0ken",
    )
    token, typed = elements(html, "input")
    assert token["value"] == "t0ken"
    assert typed["pattern"] == r"INV \(7\)\/a-b"
    assert "required" in typed
    assert elements(html, "form") == [{"method": "post", "action": "/void"}]
    assert [each["type"] for each in elements(html, "button")] == ["button", "submit"]


def test_urgent_notices_are_read_out_at_once() -> None:
    assert 'role="alert"' in render("{% alert 'error' %}x{% endalert %}")
    assert 'role="alert"' not in render("{% alert 'success' %}x{% endalert %}")


def test_progress_says_how_far_it_is_in_words() -> None:
    html = render("{% progress 37 120 'Importing' %}")
    assert words(html) == "Importing 37 of 120 31 %"
    assert elements(html, "progress")[0]["max"] == "120"
    assert elements(render("{% progress 0 0 'Importing' %}"), "progress")[0]["max"] == "1"
