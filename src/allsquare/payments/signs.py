"""What providers notice of the cards that are tried, kept with what was found before: the answer is judged later, by
the worker, so that nobody waits for it at the door."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from allsquare.core import bulk
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Outcome
from allsquare.risk.marks import mark
from allsquare.risk.models import RiskEntry
from allsquare.risk.settings import settings_of

#: What is known already, or was forgotten on purpose, is not written again.
_NOTE: Final = """
UPDATE risk_assessment a SET
  provider_score = COALESCE(n.score, a.provider_score),
  card_mark = COALESCE(n.card, a.card_mark),
  card_country = COALESCE(NULLIF(n.country, ''), a.card_country)
FROM unnest(%(keys)b::uuid[], %(scores)b::smallint[], %(cards)b::bytea[], %(countries)b::text[])
  AS n(key, score, card, country)
JOIN payment_attempt t ON t.id = n.key
WHERE a.organization_id = %(organization)b AND a.payment_id = t.payment_id AND a.forgotten_at IS NULL
  AND (a.provider_score IS DISTINCT FROM COALESCE(n.score, a.provider_score)
    OR a.card_mark IS DISTINCT FROM COALESCE(n.card, a.card_mark)
    OR a.card_country <> COALESCE(NULLIF(n.country, ''), a.card_country))
"""


def note_signs(organization: Organization, outcomes: Sequence[Outcome]) -> None:
    """One statement for all of them, and none where no provider noticed anything. Repeats change nothing."""
    told = {
        outcome.key: outcome.signs
        for outcome in outcomes
        if outcome.key is not None and outcome.signs is not None
    }
    if not told:
        return
    secret = settings_of(organization).secret
    bulk.send(
        _NOTE,
        {
            "organization": organization.id,
            "keys": list(told),
            "scores": [signs.score for signs in told.values()],
            "cards": [
                mark(secret, RiskEntry.Kind.CARD, signs.fingerprint) if signs.fingerprint else None
                for signs in told.values()
            ],
            "countries": [signs.country.upper()[:2] for signs in told.values()],
        },
    ).rows()
