"""Two sets of books, object by object. Pure: each side says the same things in the same words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: What one side says of one object: amounts in minor units, and its state in common words.
Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """``kind`` is charge, refund, dispute, payout or balance; ``reference`` the provider's name of the object, for a
    balance its currency."""

    kind: str
    reference: str


Books = dict[Name, Facts]


def differences(*, theirs: Books, ours: Books) -> list[str]:
    """One sentence for each object that is missing on a side, or of which the sides say different things."""
    found = []
    for name in sorted(theirs.keys() | ours.keys()):
        if name not in ours:
            found.append(f"{name.kind} {name.reference}: only the provider has it, {dict(theirs[name])}")
        elif name not in theirs:
            found.append(f"{name.kind} {name.reference}: only we have it, {dict(ours[name])}")
        else:
            told, known = theirs[name], ours[name]
            unlike = [key for key in sorted(told.keys() | known.keys()) if told.get(key) != known.get(key)]
            found += [
                f"{name.kind} {name.reference}: {key} is {told.get(key)!r} there and {known.get(key)!r} here"
                for key in unlike
            ]
    return found
