"""Which pages an event concerns, and who may hear of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from allsquare.core.tail import Happening
from allsquare.identity.permissions import Permission as P

#: The first word of an event's kind → the topic that a page names in ``data-live``, and the right to hear of it.
#: An event whose word does not stand here reaches no page.
TOPICS: Final[dict[str, tuple[str, P]]] = {
    "attention": ("tasks", P.VIEW_SALES),
    "credit": ("payments", P.VIEW_SALES),
    "customer": ("customers", P.VIEW_SALES),
    "dispute": ("payments", P.VIEW_SALES),
    "export": ("exports", P.VIEW_SALES),
    "inbox": ("tasks", P.VIEW_SALES),
    "invoice": ("invoices", P.VIEW_SALES),
    "item": ("items", P.VIEW_SALES),
    "job": ("tasks", P.VIEW_SALES),
    "journal": ("books", P.VIEW_BOOKS),
    "mail": ("mails", P.VIEW_SALES),
    "movement": ("books", P.VIEW_BOOKS),
    "movements": ("books", P.VIEW_BOOKS),
    "payment": ("payments", P.VIEW_SALES),
    "payout": ("payments", P.VIEW_SALES),
    "period": ("books", P.VIEW_BOOKS),
    "refund": ("payments", P.VIEW_SALES),
}

#: Whoever is connected may have lost the right to be: asked again at once.
_ABOUT_PEOPLE: Final = frozenset({"member", "membership", "organization", "person", "session"})

#: Pages about one thing wait for its id; more ids than this in one message are not worth their bytes.
_MOST_SUBJECTS: Final = 50


@dataclass(frozen=True, slots=True)
class Told:
    """What one page is told. ``everything``: more happened than can be named, so ask for all anew."""

    topics: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    everything: bool = False

    def __or__(self, other: Told) -> Told:
        return Told(
            self.topics | other.topics, self.subjects | other.subjects, self.everything or other.everything
        )

    def __bool__(self) -> bool:
        return bool(self.topics) or self.everything

    def plain(self) -> dict[str, object]:
        """For JSON."""
        many = len(self.subjects) > _MOST_SUBJECTS
        return {
            "topics": sorted(self.topics),
            "subjects": [] if many else sorted(self.subjects),
            "everything": self.everything or many,
        }


EVERYTHING: Final = Told(everything=True)


def tell(happenings: Iterable[Happening], permissions: frozenset[P]) -> Told:
    """What a page may hear of ``happenings``, which are all of its organization."""
    heard = {word: topic for word, (topic, needed) in TOPICS.items() if needed in permissions}
    mine = [each for each in happenings if _word(each.kind) in heard]
    return Told(
        topics=frozenset(heard[_word(each.kind)] for each in mine),
        subjects=frozenset(str(each.subject_id) for each in mine),
    )


def about_people(happenings: Iterable[Happening]) -> bool:
    """Does any of them change who may be here?"""
    return any(_word(each.kind) in _ABOUT_PEOPLE for each in happenings)


def _word(kind: str) -> str:
    return kind.partition(".")[0]
