"""Texts that try to be more than text (fault 29), and every column that they are put into.

The columns come from the models themselves, so a new field gets its share without anybody thinking of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, cycle, islice
from typing import Final

from django.apps import apps
from django.db import connection, models, transaction
from psycopg import sql

#: In every payload, so that what came alive can be recognised.
MARK: Final = "taken29"
ALIVE: Final = f"window.{MARK}=1;document.title='{MARK}'"

PAYLOADS: Final = (
    f"<script>{ALIVE}</script>",
    f'"><img src=/{MARK} onerror="{ALIVE}">',
    f"'><svg/onload={ALIVE}>",
    f"</title></textarea></style></script><script>{ALIVE}</script>",
    f"javascript:{ALIVE}//",
    "{{7*7}}{% now 'Y' %}${7*7}#{7*7}",
    f'<b x-data x-init="{ALIVE}" @click="{ALIVE}">',
    f'<b hx-get="/{MARK}" hx-trigger="load">',
    f'<iframe src=/{MARK} srcdoc="<script>parent.{MARK}=1</script>">',
    f"<style>@import '/{MARK}'</style><link rel=stylesheet href=/{MARK}>",
    f'<meta http-equiv=refresh content="0;url=/{MARK}">',
    f'" autofocus onfocus="{ALIVE}" x="',
    f"<a href=javascript:{ALIVE}>x</a><form action=/{MARK}><button>x",
    "\N{RIGHT-TO-LEFT OVERRIDE}fdp.exe\N{RIGHT-TO-LEFT ISOLATE}",
    "W" * 120,
    "#let x = 1; *bold* _it_ $x$ #panic() @label <label>",
    "%s%n%(amount)s{0}{seller.__class__}",
    "=HYPERLINK(1);+1;-1;@SUM(1)",
)

#: Columns that hold codes, keys and links of the programme: nobody types them, and pages choose words by them.
CODES: Final = frozenset(
    """
    event.kind event.subject_type event.actor_kind event.actor_id event.request event.address
    event_failure.reader event_reader.name idempotency_record.operation idempotency_record.key rate_counter.key
    organization.country organization.base_currency organization.time_zone organization.language
    organization.logo_type organization.tax_rounding organization.rounding organization.brand_color
    person.password person.language person.email
    account.role account.detail exchange_rate.currency account_day.currency money_day.currency owed_day.currency
    journal_entry.kind journal_entry.source_type journal_line.currency
    tax_rate.country tax_rate.category contact.language customer.country customer.language customer.currency
    item.unit item.currency item.tax_category invoice.currency invoice.language invoice_line.unit
    invoice_line.tax_category invoice_tax.category number_series.kind
    pay_link.token invoice_document.kind invoice_document.sha256
    gateway_account.gateway gateway_account.settings allocation.currency credit_movement.currency
    attention.kind attention.subject_type payment.gateway payment.method payment.currency payment.key
    payment.redirect payment_attempt.status payment_method.kind payment_method.expires payment_method.token
    transfer_slip.url transfer_slip.iban transfer_slip.bic
    payment_method.warned_of payment_consent.language payment_consent.actor_kind payment_consent.actor_id
    payment_consent.address payment_consent.request method_link.token method_link.language
    autopay_charge.key autopay_charge.reason
    conversion.source_type conversion.kind conversion.currency conversion.into_currency
    provider_movement.currency listed_movement.currency
    refund.currency refund.state refund.key dispute.currency dispute.state payout.currency payout_item.kind
    mail.subject_type mail.language mail.message_id saved_view.list_name invitation.token
    payment_link.token payment_link.currency payment_link.tax_category sale.currency sale.key sale.language
    credit_note.currency credit_note_document.sha256
    evidence_file.kind payer_address.address
    risk_settings.secret risk_assessment.currency risk_assessment.action risk_assessment.buyer_country
    risk_assessment.card_country
    gateway_trouble.status gateway_trouble.code payment_route.currency payment_route.method
    batch.act batch.list_name batch.language batch.key job_trouble.task
    """.split()  # noqa: SIM905  # a list of words
)

#: JSON that pages read texts from, and the names in it that they read.
DOCUMENTS: Final = {
    "event.data": ("message", "text", "reason", "error", "number", "label", "name", "from", "to"),
    "invoice.seller": ("name", "street", "city", "postal_code", "region", "phone", "tax_id", "iban", "bic"),
    "invoice.buyer": ("name", "contact_name", "street", "city", "postal_code", "region", "phone", "tax_id"),
    "attention.data": ("number", "account", "reference", "message"),
    "inbox_event.payload": (),
    "payment_attempt.request": (),
    "transfer_slip.rows": (),
    "idempotency_record.answer": (),
    "saved_view.parameters": (),
    "export.parameters": ("name",),
    "export.ids": (),
    "batch.given": ("reason",),
    "job_trouble.args": (),
    "mail.copies": (),
    "enclosure.copies": (),
    "organization.second_factor_roles": (),
    "cache_entry.value": (),
    "risk_assessment.reasons": (),
    "risk_settings.rules": (),
    "gateway_difference.ours": (),
    "gateway_difference.theirs": (),
    "books_finding.facts": ("number", "kind", "books", "what"),
}


def columns() -> dict[str, models.Field[object, object]]:
    """Every text or JSON column of ours by table and name, without choices: those hold codes by themselves."""
    found: dict[str, models.Field[object, object]] = {}
    for model in apps.get_models():
        if model.__module__.startswith("allsquare."):
            for field in model._meta.concrete_fields:
                if (
                    isinstance(field, models.CharField | models.TextField | models.JSONField)
                    and not field.choices
                ):
                    found[f"{model._meta.db_table}.{field.column}"] = field
    return found


@contextmanager
def unguarded() -> Iterator[None]:
    """Guards off: issued documents and the log are frozen, yet their texts were typed once too."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
        guarded = [table for (table,) in cursor.fetchall()]
        for table in guarded:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        connection.check_constraints()  # what still waits for the commit would forbid it
        for table in guarded:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def plant() -> int:
    """Put payloads into every column of every row there is; returns into how many columns."""
    planted = 0
    with unguarded(), connection.cursor() as cursor:
        for place, (name, field) in enumerate(columns().items()):
            if name in CODES:
                continue
            table, column = name.split(".")
            if isinstance(field, models.JSONField):
                for key in DOCUMENTS.get(name, ()):
                    cursor.execute(
                        sql.SQL(
                            "UPDATE {0} SET {1} = {1} || jsonb_build_object(%s::text, %s::text) WHERE {1} <> '{{}}'"
                        )
                        .format(sql.Identifier(table), sql.Identifier(column))
                        .as_string(),
                        [key, text_for(place, 200)],
                    )
                    place += 1
                continue
            longest = getattr(field, "max_length", None) or 2000
            cursor.execute(
                # The end differs from row to row, since some texts must: by counting, as chance meets itself.
                sql.SQL(
                    "UPDATE {0} SET {1} = left(%s, %s) || lpad(to_hex(counted.n), 3, '0')"
                    " FROM (SELECT ctid AS place, row_number() OVER () AS n FROM {0}) AS counted"
                    " WHERE {0}.ctid = counted.place"
                )
                .format(sql.Identifier(table), sql.Identifier(column))
                .as_string(),
                [text_for(place, longest), max(longest - 3, 0)]
                if longest > 10
                else ["<'\">", max(longest - 3, 0)],
            )
            planted += 1
    return planted


def text_for(place: int, longest: int) -> str:
    """Another payload first for each place, and as many as have room; the last may be cut in the middle."""
    turned = islice(cycle(PAYLOADS), place % len(PAYLOADS), place % len(PAYLOADS) + len(PAYLOADS))
    return "".join(chain.from_iterable(turned))[:longest]
