"""The owner sets the rules, and for how long what identifies payers is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.events import Data, News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.risk.errors import InvalidRules
from allsquare.risk.models import RiskSettings
from allsquare.risk.rules import BY_RULE, DEFINITIONS, MOST_POINTS, Rules
from allsquare.risk.settings import settings_of

#: The longest window of a rule is a week; what is forgotten sooner would fire no rule.
LEAST_DAYS: Final = 7
MOST_DAYS: Final = 730


@retrying
def change_rules(*, organization: Organization, rules: Rules, keep_days: int, actor: Actor) -> RiskSettings:
    """For attempts from now on. Raises :class:`InvalidRules` naming each field (a rule's name, ``challenge_from``,
    ``review_from``, ``block_from``, ``keep_days``). Saving the same changes nothing."""
    require(organization, actor, Permission.MANAGE_SETTINGS)
    errors = _problems(rules, keep_days)
    if errors:
        raise InvalidRules(errors)
    settings_of(organization)
    row = RiskSettings.objects.select_for_update(no_key=True).get(organization=organization)
    before = _facts(row)
    row.rules = {
        rule.value: {"limit": setting.limit, "effect": setting.effect.value}
        for rule, setting in rules.settings.items()
        if (setting.limit, setting.effect) != (BY_RULE[rule].limit, BY_RULE[rule].effect)
    }
    row.challenge_from, row.review_from = rules.challenge_from, rules.review_from
    row.block_from, row.keep_days = rules.block_from, keep_days
    after = _facts(row)
    if after != before:
        row.save()
        news = News("risk_rules.changed", "organization", organization.id, {**after, "before": before})
        record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return row


def _problems(rules: Rules, keep_days: int) -> dict[str, str]:
    errors: dict[str, str] = {}
    for each in DEFINITIONS:
        setting = rules.settings[each.rule]
        if setting.effect not in each.effects:
            errors[each.rule.value] = _("This rule cannot do that. Choose another.")
        elif not each.least <= setting.limit <= each.most:
            errors[each.rule.value] = _("Give a number from %(least)s to %(most)s.") % {
                "least": each.least,
                "most": each.most,
            }
    errors |= _wrong_levels(
        {
            "challenge_from": rules.challenge_from,
            "review_from": rules.review_from,
            "block_from": rules.block_from,
        }
    )
    if not LEAST_DAYS <= keep_days <= MOST_DAYS:
        errors["keep_days"] = _("Give a number of days from %(least)s to %(most)s.") % {
            "least": LEAST_DAYS,
            "most": MOST_DAYS,
        }
    return errors


def _wrong_levels(levels: Mapping[str, int]) -> dict[str, str]:
    """Above 100 is never: no attempt has so many points."""
    sentence = _("Give a number of points from 1 to %(most)s; %(most)s means never.") % {
        "most": MOST_POINTS + 1
    }
    wrong = {name: sentence for name, points in levels.items() if not 1 <= points <= MOST_POINTS + 1}
    if not wrong and list(levels.values()) != sorted(levels.values()):
        wrong["review_from"] = _("What is stricter needs as many points or more.")
    return wrong


def _facts(row: RiskSettings) -> Data:
    return {
        "rules": row.rules,
        "challenge_from": row.challenge_from,
        "review_from": row.review_from,
        "block_from": row.block_from,
        "keep_days": row.keep_days,
    }
