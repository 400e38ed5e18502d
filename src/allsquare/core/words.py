"""Marking texts for translation in adapters, which know no Django."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_lazy

__all__ = ["gettext", "gettext_lazy"]
