"""The forms of rules and lists against fraud. The services check everything again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from allsquare.core.currencies import Currency
from allsquare.core.money import Money
from allsquare.risk import words
from allsquare.risk.models import RiskEntry
from allsquare.risk.rules import DEFINITIONS, Definition, Effect, Rules, Setting, Unit
from allsquare.web.console.forms.fields import WholeField
from allsquare.web.ui.typed import MoneyField

LEVELS = ("challenge_from", "review_from", "block_from")


@dataclass(frozen=True, slots=True)
class RuleFields:
    """One rule as it stands on the page; ``limit`` is missing where nothing can be set."""

    title: Promise
    sentence: str
    points: int
    limit: BoundField | None
    effect: BoundField


class RulesForm(forms.Form):
    """Every rule with its limit and what it does; the field of the effect has the rule's own name."""

    challenge_from = WholeField(min_value=1, max_value=101, label=_("Ask the payer's bank from"))
    review_from = WholeField(min_value=1, max_value=101, label=_("Ask a person from"))
    block_from = WholeField(
        min_value=1, max_value=101, label=_("Block from"), help_text=_("101 means never.")
    )
    keep_days = WholeField(
        label=_("Days"),
        help_text=_("From 7 to 730. After that the score and its reasons stay, which name nobody."),
    )

    def __init__(self, rules: Rules, currency: Currency, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rules, self._currency = rules, currency
        for each in DEFINITIONS:
            setting = rules.settings[each.rule]
            self.fields[each.rule.value] = forms.ChoiceField(
                choices=[(effect.value, words.EFFECTS[effect]) for effect in each.effects],
                initial=setting.effect.value,
                label=_("What it does"),
            )
            if each.has_limit:
                self.fields[f"limit_{each.rule}"] = self._limit(each, setting)

    def _limit(self, definition: Definition, setting: Setting) -> forms.Field:
        if definition.unit is Unit.MONEY:
            worth = Money(setting.limit, self._currency)
            return MoneyField(currency=self._currency, initial=worth, label=_("At least"))
        return WholeField(
            min_value=definition.least, max_value=definition.most, initial=setting.limit, label=_("At least")
        )

    @property
    def rules(self) -> Iterator[RuleFields]:
        for each in DEFINITIONS:
            limit = self._rules.settings[each.rule].limit
            yield RuleFields(
                title=words.TITLES[each.rule],
                sentence=words.sentence(each.rule, limit, self._currency.code),
                points=each.points,
                limit=self[f"limit_{each.rule}"] if each.has_limit else None,
                effect=self[each.rule.value],
            )

    def chosen(self) -> Rules:
        """Of a form that is valid."""
        given = self.cleaned_data
        return Rules(
            settings={each.rule: self._setting(each) for each in DEFINITIONS},
            **{name: given[name] for name in LEVELS},
        )

    def _setting(self, definition: Definition) -> Setting:
        effect = Effect(self.cleaned_data[definition.rule.value])
        if not definition.has_limit:
            return Setting(definition.limit, effect)
        limit = self.cleaned_data[f"limit_{definition.rule}"]
        return Setting(limit.minor if isinstance(limit, Money) else limit, effect)


#: What a person can type: a card is put on the list from the page of a payment.
_TYPED = [kind for kind in RiskEntry.Kind if kind is not RiskEntry.Kind.CARD]


class EntryForm(forms.Form):
    verdict = forms.ChoiceField(choices=RiskEntry.Verdict.choices, label=_("List"))
    kind = forms.ChoiceField(choices=[(kind.value, kind.label) for kind in _TYPED], label=_("What it is"))
    value = forms.CharField(
        max_length=254,
        label=_("Value"),
        help_text=_("Such as name@example.com, example.com, 203.0.113.7, or BR for a country."),
    )
    note = forms.CharField(
        max_length=200, required=False, label=_("Note"), help_text=_("Why, for your colleagues.")
    )
