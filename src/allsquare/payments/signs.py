"""What providers notice of the cards that are tried, kept with what was found before: the answer is judged later, by
the worker, so that nobody waits for it at the door."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from django.db import DatabaseError, OperationalError, connection

from allsquare.core import bulk
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Outcome, Signs
from allsquare.risk.marks import mark
from allsquare.risk.models import RiskEntry
from allsquare.risk.rules import MOST_POINTS
from allsquare.risk.settings import settings_of

_log = logging.getLogger(__name__)

#: What the column holds.
_MOST_DECLINES: Final = 32_767

#: What is known already, or was forgotten on purpose, is not written again. Locked by id, as whoever judges them does.
_NOTE: Final = """
WITH told AS (SELECT a.id, n.score, n.card, n.country, n.declines
FROM unnest(%(keys)b::uuid[], %(scores)b::smallint[], %(cards)b::bytea[], %(countries)b::text[],
  %(declines)b::smallint[]) AS n(key, score, card, country, declines)
JOIN payment_attempt t ON t.id = n.key
JOIN risk_assessment a ON a.payment_id = t.payment_id
WHERE a.organization_id = %(organization)b AND a.forgotten_at IS NULL
  AND (a.provider_score IS DISTINCT FROM COALESCE(n.score, a.provider_score)
    OR a.card_mark IS DISTINCT FROM COALESCE(n.card, a.card_mark)
    OR a.card_country <> COALESCE(NULLIF(n.country, ''), a.card_country)
    OR a.declines < n.declines)
ORDER BY a.id FOR NO KEY UPDATE OF a)
UPDATE risk_assessment a SET
  provider_score = COALESCE(n.score, a.provider_score),
  card_mark = COALESCE(n.card, a.card_mark),
  card_country = COALESCE(NULLIF(n.country, ''), a.card_country),
  declines = GREATEST(a.declines, n.declines)
FROM told n WHERE a.id = n.id
"""


def note_signs(organization: Organization, outcomes: Sequence[Outcome]) -> None:
    """One statement for all of them, and none where no provider noticed anything. Repeats change nothing. In a
    transaction of its own: where it cannot be kept, what was noticed is lost, and never the news of the money. Within
    another one a deadlock is for its owner, who can try it all again."""
    told = {
        outcome.key: outcome
        for outcome in outcomes
        if outcome.key is not None and (outcome.signs is not None or outcome.declines)
    }
    if not told:
        return
    try:
        retried(partial(_note, organization, told))
    except (DatabaseError, ValueError) as error:
        if isinstance(error, OperationalError) and connection.in_atomic_block:
            raise
        _log.exception("what providers noticed of %s payments is not kept", len(told))


def _note(organization: Organization, told: Mapping[UUID, Outcome]) -> None:
    secret = settings_of(organization).secret
    rows = [(key, told[key].signs or Signs(), told[key].declines) for key in sorted(told)]
    bulk.send(
        _NOTE,
        {
            "organization": organization.id,
            "keys": [key for key, _signs, _declines in rows],
            "scores": [_points(signs.score) for _key, signs, _declines in rows],
            "cards": [
                mark(secret, RiskEntry.Kind.CARD, signs.fingerprint) if signs.fingerprint else None
                for _key, signs, _declines in rows
            ],
            "countries": [_country(signs.country) for _key, signs, _declines in rows],
            "declines": [min(max(declines, 0), _MOST_DECLINES) for _key, _signs, declines in rows],
        },
    ).rows()


def _points(score: int | None) -> int | None:
    return None if score is None else min(max(score, 0), MOST_POINTS)


def _country(told: str) -> str:
    """Two letters, or nothing is known."""
    return told.upper() if len(told) == 2 and told.isascii() and told.isalpha() else ""
