"""Counts as people write them: ``{% load lists %}``."""

from __future__ import annotations

from decimal import Decimal

from django import template

from allsquare.core.formatting import format_quantity
from allsquare.web.ui.formats import language

register = template.Library()


@register.filter
def number(value: int) -> str:
    """``12,000`` in English, ``12.000`` in German."""
    return format_quantity(Decimal(value), language())
