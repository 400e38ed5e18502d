"""The sums by day that the first page shows, against the facts themselves."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from allsquare.insights.dashboard.counted import OPEN, came_counted, owed_counted
from allsquare.insights.proofs.proof import Proof, sql

#: Of every organization that keeps sums.
_SINCE: Final = (
    "dashboard_mark m JOIN journal_entry e ON e.organization_id = m.organization_id AND e.xact >= m.xact"
)

DAYS = (
    Proof(
        "money_days",
        "cache",
        _(
            "What is kept of what came in on a day, and of the fees in it, is what the payments of that day come to."
        ),
        "money_day",
        _(
            "%(day)s: payments come to %(came_minor)s with fees of %(fees_minor)s, kept are %(shown_minor)s with "
            "%(shown_fees_minor)s."
        ),
        sql(
            f"""WITH {came_counted(entries=_SINCE)}, shown AS (
                   SELECT organization_id, day, gateway_account_id, currency, sum(minor) AS minor,
                       sum(fee_minor) AS fees
                   FROM counted GROUP BY organization_id, day, gateway_account_id, currency
               ), came AS (
                   SELECT p.organization_id, p.received_on AS day, p.gateway_account_id, p.currency,
                       sum(p.captured_minor) AS minor, sum(p.fee_minor) AS fees
                   FROM payment p
                   WHERE p.organization_id = ANY(ARRAY(SELECT organization_id FROM dashboard_mark))
                       AND p.state = 'succeeded' AND p.received_on IS NOT NULL
                   GROUP BY p.organization_id, p.received_on, p.gateway_account_id, p.currency
               )
               SELECT coalesce(c.organization_id, s.organization_id) AS organization_id,
                   coalesce(c.day, s.day) || ' ' || coalesce(c.currency, s.currency) AS subject,
                   coalesce(c.day, s.day) AS day, coalesce(c.minor, 0) AS came_minor,
                   coalesce(c.fees, 0) AS fees_minor, coalesce(s.minor, 0) AS shown_minor,
                   coalesce(s.fees, 0) AS shown_fees_minor, coalesce(c.currency, s.currency) AS currency
               FROM came c FULL JOIN shown s
                   ON s.organization_id = c.organization_id AND s.day = c.day
                       AND s.gateway_account_id = c.gateway_account_id AND s.currency = c.currency
               WHERE coalesce(c.minor, 0) <> coalesce(s.minor, 0) OR coalesce(c.fees, 0) <> coalesce(s.fees, 0)""",  # noqa: S608  # our own text
        ),
        proves=("money_day.captured_minor", "money_day.fee_minor"),
    ),
    Proof(
        "owed_days",
        "cache",
        _("What the first page says is owed, due date by due date, is what the open invoices come to."),
        "owed_day",
        _(
            "Due on %(day)s: %(invoices)s invoices are open with %(open_minor)s, the first page says %(shown)s with "
            "%(shown_minor)s."
        ),
        sql(
            f"""WITH {owed_counted(entries=_SINCE)}, shown AS (
                   SELECT organization_id, due_on, currency, sum(invoices) AS invoices, sum(minor) AS minor
                   FROM counted GROUP BY organization_id, due_on, currency
               ), owed AS (
                   SELECT i.organization_id, i.due_on, i.currency, count(*) AS invoices,
                       sum(i.total_minor - i.paid_minor - i.credited_minor) AS minor
                   FROM invoice i
                   WHERE i.organization_id = ANY(ARRAY(SELECT organization_id FROM dashboard_mark))
                       AND i.state IN ({OPEN}) AND i.due_on IS NOT NULL
                   GROUP BY i.organization_id, i.due_on, i.currency
               )
               SELECT coalesce(o.organization_id, s.organization_id) AS organization_id,
                   coalesce(o.due_on, s.due_on) || ' ' || coalesce(o.currency, s.currency) AS subject,
                   coalesce(o.due_on, s.due_on) AS day, coalesce(o.invoices, 0) AS invoices,
                   coalesce(o.minor, 0) AS open_minor, coalesce(s.invoices, 0) AS shown,
                   coalesce(s.minor, 0) AS shown_minor, coalesce(o.currency, s.currency) AS currency
               FROM owed o FULL JOIN shown s
                   ON s.organization_id = o.organization_id AND s.due_on = o.due_on AND s.currency = o.currency
               WHERE coalesce(o.minor, 0) <> coalesce(s.minor, 0)
                   OR coalesce(o.invoices, 0) <> coalesce(s.invoices, 0)""",  # noqa: S608  # our own text
        ),
        proves=("owed_day.invoices", "owed_day.open_minor"),
    ),
)
