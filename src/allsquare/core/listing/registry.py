"""Which lists there are: dotted names in the settings, so that whoever serves all lists imports none of them."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from allsquare.core.errors import NotFound
from allsquare.core.listing.spec import ListSpec


@cache
def list_specs() -> dict[str, ListSpec]:
    """All of them, by name."""
    specs = [import_string(path) for path in settings.ALLSQUARE_LISTS]
    return {spec.name: spec for spec in specs}


def list_spec(name: str) -> ListSpec:
    """Raises ``NotFound``."""
    found = list_specs().get(name)
    if found is None:
        raise NotFound(_("There is no such list."))
    return found
