"""Where the reader begins that looks once more at what payouts brought."""

from __future__ import annotations

from importlib import import_module

from django.db import connection

from allsquare.core.ids import new_id
from allsquare.core.models import EventReader

BEGIN = import_module("allsquare.payments.migrations.0039_payouts_reader_begins").BEGIN


def places() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(BEGIN)
    return dict(EventReader.objects.values_list("name", "xact"))


def test_after_an_upgrade_it_begins_where_the_log_is_read_to(db: None) -> None:
    """Not at the first event there ever was: in a log of years it would find a day later what is ours."""
    assert places() == {}, "a new installation begins with its first event"
    EventReader.objects.create(name="mails", xact="900", event_id=new_id())
    EventReader.objects.create(name="webhooks", xact="1000", event_id=new_id())
    assert places() == {"mails": "900", "webhooks": "1000", "payouts": "900"}
    EventReader.objects.filter(name="payouts").update(xact="950")
    assert places()["payouts"] == "950", "and stays where it is"
