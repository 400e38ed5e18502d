"""What was declined of late: the parts of a statement by which attempts are judged, and pages closed.

``%(address)b`` and ``%(mail)b`` are marks, ``%(link)b`` the invoice or payment link. More than 2000 attempts are never
counted: what a limit can be ends before. What could not be sent, or was left, is no decline; of a page on which card
after card may be tried, each of them is one. Those of an address from which more is paid do not count: many may stand
at one counter, or share one line.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from allsquare.core import bulk
from allsquare.identity.models import Organization
from allsquare.risk.models import RiskAssessment
from allsquare.risk.rules import Facts

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

#: A common table: what was tried from the address.
NEAR: Final = """near AS (
  SELECT payment_id, mail_mark, declines FROM risk_assessment
  WHERE organization_id = %(organization)b AND address_mark = %(address)b AND created_at > %(hour)b
  ORDER BY created_at DESC LIMIT 2000
)"""
_OF_ONE: Final = "GREATEST(t.declines, (p.state = 'declined')::int)"
ADDRESS: Final = f"""(
  SELECT CASE WHEN sum({_OF_ONE}) > count(*) FILTER (WHERE p.state = 'succeeded') THEN sum({_OF_ONE}) ELSE 0 END
  FROM near t
  JOIN payment p ON p.organization_id = %(organization)b AND p.id = t.payment_id)"""  # noqa: S608  parts of ours


def _tried_with(column: str, known: str, since: str) -> str:
    """What was declined of those whose ``column`` is the parameter ``known``, after the parameter ``since``."""
    return f"""(
  SELECT COALESCE(sum({_OF_ONE}), 0) FROM (
    SELECT payment_id, declines FROM risk_assessment
    WHERE organization_id = %(organization)b AND {column} = %({known})b AND created_at > %({since})b
    ORDER BY created_at DESC LIMIT 2000) t
  JOIN payment p ON p.organization_id = %(organization)b AND p.id = t.payment_id)"""  # noqa: S608  parts of ours


PAYER: Final = _tried_with("mail_mark", "mail", "day")
LINK: Final = _tried_with("link_id", "link", "hour")
_ALL: Final = f"WITH {NEAR} SELECT {ADDRESS}, {PAYER}, {LINK}"


def declined_beside(organization: Organization, row: RiskAssessment, at: datetime) -> Facts:
    """What was declined by ``at`` where ``row`` was tried, with what was declined of itself."""
    ((address, payer, link),) = bulk.run(
        _ALL,
        {
            "organization": organization.id,
            "address": row.address_mark,
            "mail": row.mail_mark,
            "link": row.link_id,
            "hour": at - HOUR,
            "day": at - DAY,
        },
    )
    return Facts(
        declined_address=address if row.address_mark else None,
        declined_payer=payer if row.mail_mark else None,
        unpaid_link=link,
    )
