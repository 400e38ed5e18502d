"""What ``reconcile-gateway`` and ``replay-webhooks`` have in common: which accounts, which days, asked here and now."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date, timedelta

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import InvalidInput
from allsquare.identity.models import Organization
from allsquare.identity.selectors import organizations
from allsquare.payments.inquiries import Lag, lags, whole_days
from allsquare.payments.models import Inquiry
from allsquare.payments.services.run_inquiry import run_inquiry
from allsquare.payments.services.start_inquiry import start_inquiry

#: Days that are asked for when none are named, today among them.
USUAL_DAYS = 7


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--organization", default="", metavar="NAME", help="its name or id; all of them else")
    parser.add_argument("--account", default="", metavar="NAME", help="of the provider's account, or its id")
    parser.add_argument(
        "--from", dest="first", type=_day, metavar="DAY", help="first day, such as 2026-03-31"
    )
    parser.add_argument("--until", dest="last", type=_day, metavar="DAY", help="last day; today else")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")


def ask_all(options: argparse.Namespace, kind: Inquiry.Kind, *, mend: bool = False) -> Iterator[Inquiry]:
    """Each account in turn, to its end. Raises ``InvalidInput`` when no account is meant."""
    meant = [
        (organization, lag)
        for organization in organizations()
        if options.organization in ("", organization.name, str(organization.id))
        for lag in lags(organization)
        if options.account in ("", lag.account.label, str(lag.account.id)) and _can(lag, kind)
    ]
    if not meant:
        raise InvalidInput("There is no such account at a provider that can be asked.")
    for organization, lag in meant:
        begins_at, ends_at = whole_days(organization, *_days(organization, options))
        asked = start_inquiry(
            organization=organization,
            account_id=lag.account.id,
            kind=kind,
            begins_at=begins_at,
            ends_at=ends_at,
            mend=mend,
            actor=SYSTEM,
            queued=False,
        )
        yield run_inquiry(organization=organization, inquiry_id=asked.id)


def facts(inquiry: Inquiry) -> dict[str, object]:
    """For a document."""
    return {
        "organization": inquiry.organization.name,
        "account": inquiry.gateway_account.label,
        "from": inquiry.begins_at.isoformat(),
        "until": inquiry.ends_at.isoformat(),
        "state": inquiry.state,
        "error": inquiry.error,
        "objects": inquiry.objects_seen,
        "found": inquiry.found,
        "mended": inquiry.mended,
    }


def _can(lag: Lag, kind: Inquiry.Kind) -> bool:
    return lag.can_replay if kind == Inquiry.Kind.REPLAY else lag.can_compare


def _days(organization: Organization, options: argparse.Namespace) -> tuple[date, date]:
    last = options.last or clock.local(organization, clock.now(None)).date()
    return options.first or last - timedelta(days=USUAL_DAYS - 1), last


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day; write it like 2026-03-31") from None
