"""An organization's rules as they stand in its row, and their first making."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allsquare.core import rows
from allsquare.core.ids import new_token
from allsquare.identity.models import Organization
from allsquare.risk.models import RiskSettings
from allsquare.risk.rules import DEFINITIONS, Definition, Effect, Rules, Setting


def ask_settings(organization: Organization) -> rows.Asked[RiskSettings]:
    """Sent, and not waited for: see ``core.rows``."""
    return rows.ask(RiskSettings, organization.id, "true")


def settings_of(organization: Organization) -> RiskSettings:
    """Made where there are none yet, inside the caller's transaction. Whoever is slower takes the other's."""
    found = RiskSettings.objects.filter(organization=organization).first()
    if found is None:
        rows.insert(
            [RiskSettings(organization=organization, secret=new_token())], otherwise="ON CONFLICT DO NOTHING"
        )
        found = RiskSettings.objects.get(organization=organization)
    return found


def rules_of(settings: RiskSettings) -> Rules:
    """What was not changed is as usual, so that a rule which a later version brings works at once."""
    changed: Mapping[str, Any] = settings.rules
    return Rules(
        settings={each.rule: _setting(each, changed.get(each.rule.value)) for each in DEFINITIONS},
        challenge_from=settings.challenge_from,
        review_from=settings.review_from,
        block_from=settings.block_from,
    )


def _setting(definition: Definition, kept: Mapping[str, Any] | None) -> Setting:
    if kept is None:
        return Setting(definition.limit, definition.effect)
    return Setting(int(kept["limit"]), Effect(kept["effect"]))
