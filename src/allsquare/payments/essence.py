"""Pure: what of a provider's news is needed to read it again, without what it says of a payer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

#: An id, a code, an instant or an address of an object: neither a name nor a mail address.
_NAMES_NOBODY: Final = re.compile(r"[^\s@]{0,300}")


def essence(payload: Mapping[str, object], names: frozenset[str]) -> dict[str, object]:
    """The same form, with its numbers, and of its texts those alone that stand under one of ``names`` (see
    ``Gateway.news_names``); the others are empty. Repeats change nothing."""
    return {key: _kept(value, key in names, names) for key, value in payload.items()}


def _kept(value: object, named: bool, names: frozenset[str]) -> object:
    if isinstance(value, Mapping):
        return {key: _kept(each, key in names, names) for key, each in value.items()}
    if isinstance(value, list):
        return [_kept(each, named, names) for each in value]
    if isinstance(value, str):
        return value if named and _NAMES_NOBODY.fullmatch(value) else ""
    return value
