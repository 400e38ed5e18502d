"""Somebody asks for a check of the books."""

from __future__ import annotations

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.insights.models import BooksCheck
from allsquare.insights.queueing import queue_check


@retrying
def start_check(*, organization: Organization, actor: Actor) -> BooksCheck:
    """Queue a check. One that is under way already, whoever asked for it, is the answer, and nothing changes."""
    require(organization, actor, Permission.VIEW_BOOKS)
    check, is_new = queue_check()
    if is_new:
        news = News("books.check_started", "books_check", check.id)
        record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return check
