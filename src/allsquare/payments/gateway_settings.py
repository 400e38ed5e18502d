"""Settings of an account at a provider: what is missing, what the adapter itself refuses, and its label. Whatever is
wrong is told at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from allsquare.core.checks import storable
from allsquare.core.errors import FieldErrors, InvalidInput
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Gateway
from allsquare.payments.models import GatewayAccount

_LONGEST_LABEL = 100
_LONGEST_VALUE = 2000


@dataclass(frozen=True, slots=True)
class Tidied:
    """``settings`` as they are kept; ``methods`` is ``None`` where they are not spoken of."""

    label: str
    settings: str
    methods: list[str] | None


def tidied(
    organization: Organization,
    adapter: type[Gateway],
    *,
    label: str,
    settings: Mapping[str, str],
    methods: Sequence[str] | None = None,
    but: GatewayAccount | None = None,
) -> Tidied:
    """Nothing is written. ``but`` is the account whose label this is already. Raises ``FieldErrors`` naming all that is
    wrong."""
    errors: dict[str, str] = {}
    name, kept, offered = label, "", None
    with _told_in(errors):
        name = tidy_label(label)
        require_free_label(organization, name, but=but)
    with _told_in(errors):
        kept = json.dumps(tidy_settings(adapter, settings))
    with _told_in(errors):
        offered = None if methods is None else tidy_methods(adapter, methods)
    if errors:
        raise FieldErrors(errors)
    return Tidied(name, kept, offered)


@contextmanager
def _told_in(errors: dict[str, str]) -> Iterator[None]:
    try:
        yield
    except FieldErrors as error:
        errors.update(error.errors)


def with_secrets(
    adapter: type[Gateway], stored: Mapping[str, str], given: Mapping[str, str]
) -> dict[str, str]:
    """A secret that is left empty stays as it is, since nobody is shown it to type it again."""
    secrets = secrets_of(adapter)
    kept = {name: value for name, value in stored.items() if name in secrets and not given.get(name)}
    return {**given, **kept}


def secrets_of(adapter: type[Gateway]) -> frozenset[str]:
    """The names of its settings that nobody is shown."""
    return frozenset(field.name for field in adapter.settings_schema if field.secret)


def tidy_settings(adapter: type[Gateway], given: Mapping[str, str]) -> dict[str, str]:
    """What the schema knows, without blanks at the ends. Raises ``FieldErrors`` for all that is wrong."""
    errors: dict[str, str] = {}
    kept: dict[str, str] = {}
    for field in adapter.settings_schema:
        value = given.get(field.name, "").strip()
        if field.required and not value:
            errors[field.name] = _("%(label)s is needed.") % {"label": field.label}
        if len(value) > _LONGEST_VALUE:
            errors[field.name] = _("This is longer than any such setting.")
        elif value and field.choices and value not in dict(field.choices):
            errors[field.name] = _("Choose one of those that are offered.")
        elif value and field.address and not _of_operator(value):
            errors[field.name] = _(
                "Allsquare may not speak to this server. Whoever runs Allsquare can allow it, in "
                "ALLSQUARE_PAYMENT_HOSTS."
            )
        if value:
            kept[field.name] = value
    try:
        adapter(kept)
    except FieldErrors as error:  # what no request could be made with
        raise FieldErrors({**error.errors, **errors}) from error
    if errors:
        raise FieldErrors(errors)
    return kept


def _of_operator(address: str) -> bool:
    """Is it an origin of ``ALLSQUARE_PAYMENT_HOSTS``? Otherwise anybody with an organization could make this server
    call what only it can reach. What names no host is left to the adapter's own words; where the port is none, a
    resolver may well find one (65616 is 80 to it), so that is nobody's origin."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, f":{parts.port}" if parts.port else ""
    except ValueError:
        return False
    if not host:
        return True
    origin = f"{parts.scheme}://{host}{port}"
    return "@" not in parts.netloc and any(
        fnmatchcase(origin, host.rstrip("/")) for host in settings.ALLSQUARE_PAYMENT_HOSTS
    )


def tidy_methods(adapter: type[Gateway], chosen: Sequence[str]) -> list[str]:
    """The ways to pay that are offered, in the provider's order. Raises ``FieldErrors`` for none at all."""
    kept = [str(method) for method in adapter.methods if method in chosen]
    if not kept:
        raise FieldErrors({"methods": _("Offer at least one way to pay, or switch the provider off.")})
    return kept


def tidy_label(label: str) -> str:
    """Raises ``FieldErrors`` for one that is empty or too long."""
    text = label.strip()
    try:
        storable(text)
    except InvalidInput as error:
        raise FieldErrors({"label": error.message}) from error
    if not text or len(text) > _LONGEST_LABEL:
        raise FieldErrors({"label": _("Give it a name of at most %(n)s characters.") % {"n": _LONGEST_LABEL}})
    return text


def require_free_label(organization: Organization, label: str, *, but: GatewayAccount | None = None) -> None:
    """Raises ``FieldErrors`` when another account than ``but`` has it."""
    others = GatewayAccount.objects.filter(organization=organization, label=label)
    if but is not None:
        others = others.exclude(id=but.id)
    if others.exists():
        raise FieldErrors({"label": _("There is a payment provider of this name already.")})
