"""The practice provider: the sandbox that this installation runs, and that rehearsals take money with."""

from __future__ import annotations

from typing import Any, Final

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from allsquare.onboarding.errors import PracticeProviderSilent

_SECONDS: Final = 10.0


def is_at_hand() -> bool:
    """Does this installation run one?"""
    return bool(settings.ALLSQUARE_SANDBOX_URL and settings.ALLSQUARE_SANDBOX_KEY)


def ask(method: str, path: str, *, api_key: str = "", **body: Any) -> dict[str, Any]:
    """Speak to it, by default as its owner. Raises :class:`PracticeProviderSilent`."""
    try:
        response = httpx.request(
            method,
            f"{settings.ALLSQUARE_SANDBOX_URL}{path}",
            json=body,
            headers={"Authorization": f"Bearer {api_key or settings.ALLSQUARE_SANDBOX_KEY}"},
            timeout=_SECONDS,
            trust_env=False,  # it is on this machine: no proxy stands between
        )
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
    except (httpx.HTTPError, ValueError) as error:
        raise PracticeProviderSilent(
            _("The practice provider does not answer. Try again in a moment; nothing else is affected.")
        ) from error
    return answer
