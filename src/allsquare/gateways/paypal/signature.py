"""Is a delivery from PayPal? https://developer.paypal.com/api/rest/webhooks/rest/

PayPal signs with a key of its own, whose certificate it serves: it is fetched from PayPal's own interface alone, over
TLS, which proves whose it is. Asking PayPal about each delivery would do as well, but would let anybody make us ask.
"""

from __future__ import annotations

import json
import re
import threading
import zlib
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from allsquare.core.words import gettext as _
from allsquare.gateways.paypal.objects import instant
from allsquare.payments.gateway import GatewayEvent, SignatureInvalid

TOLERANCE: Final = timedelta(days=3, hours=1)
"""PayPal tries to deliver for three days. A repeat is known by its event, and is only a reason to ask."""
_PATH: Final = re.compile(r"/v1/notifications/certs/CERT-[0-9A-Za-z-]{1,80}", re.ASCII)
_MOST_KEPT: Final = 20
_MOST_ASKED: Final = 10
_PAUSE: Final = timedelta(minutes=1)
_LARGEST: Final = 20_000  # bytes of a certificate with its chain
_HEADERS: Final = ("id", "time", "sig")


class Certificates:
    """Those that PayPal signs with, each fetched once. ``origins`` is where PayPal serves them.

    Who sends us nonsense must not make us ask PayPal without end, nor keep others waiting: what cannot be had is not
    asked for again, and not many are asked for, within a minute. PayPal delivers what was refused again.
    """

    def __init__(self, origins: frozenset[str]) -> None:
        self._origins = origins
        self._kept: dict[str, x509.Certificate] = {}
        self._failed: dict[str, datetime] = {}
        self._asked: list[datetime] = []
        self._lock = threading.Lock()  # never held while PayPal is asked

    def at(self, url: str, received_at: datetime) -> x509.Certificate:
        """Raises :class:`SignatureInvalid` for one that is not PayPal's, cannot be had, or is out of date."""
        address = self._address(url)
        with self._lock:
            found = self._kept.get(address)
            if found is None:
                self._count(address, received_at)
        if found is None:
            found = self._get(address, received_at)
        if not found.not_valid_before_utc <= received_at <= found.not_valid_after_utc:
            raise SignatureInvalid(_("The delivery is signed by a certificate that is out of date."))
        return found

    def _address(self, url: str) -> str:
        """One for each certificate, however it was written."""
        try:
            parts = urlsplit(url)
            origin = f"{parts.scheme}://{parts.netloc}"
        except ValueError:
            origin = ""
        if origin not in self._origins or not _PATH.fullmatch(parts.path) or parts.query or parts.fragment:
            raise SignatureInvalid(_("The delivery is signed by a certificate that is not the provider's."))
        return origin + parts.path

    def _count(self, address: str, now: datetime) -> None:
        self._failed = {name: at for name, at in self._failed.items() if abs(now - at) < _PAUSE}
        self._asked = [at for at in self._asked if abs(now - at) < _PAUSE]
        if address in self._failed or len(self._asked) >= _MOST_ASKED:
            raise SignatureInvalid(_("The certificate of the delivery could not be had a moment ago."))
        self._asked.append(now)

    def _get(self, address: str, now: datetime) -> x509.Certificate:
        try:
            found = self._fetch(address)
        except SignatureInvalid:
            with self._lock:
                self._failed[address] = now
            raise
        with self._lock:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[address] = found
        return found

    def _fetch(self, url: str) -> x509.Certificate:
        try:
            response = httpx.get(url, timeout=httpx.Timeout(10, connect=3), follow_redirects=False)
            if response.status_code != httpx.codes.OK or len(response.content) > _LARGEST:
                raise ValueError(f"HTTP {response.status_code}")
            return x509.load_pem_x509_certificates(response.content)[0]
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, IndexError) as problem:
            raise SignatureInvalid(
                _("The certificate of the delivery cannot be had: %(problem)s") % {"problem": problem}
            ) from problem


def check(
    certificates: Certificates,
    webhook_id: str,
    headers: Mapping[str, str],
    body: bytes,
    received_at: datetime,
) -> None:
    """Raises :class:`SignatureInvalid`. ``headers`` in small letters. What costs nothing is looked at first: the
    certificate may have to be fetched."""
    if not webhook_id:
        raise SignatureInvalid(_("No webhook ID is set, so nothing can be believed."))
    name, at, signature = (headers.get(f"paypal-transmission-{part}", "") for part in _HEADERS)
    if not (name and at and signature) or headers.get("paypal-auth-algo") != "SHA256withRSA":
        raise SignatureInvalid(_("The delivery carries no signature."))
    try:
        sent_at = instant(at)
        given = b64decode(signature, validate=True)
        if sent_at is None or sent_at.tzinfo is None:
            raise ValueError(at)
    except ValueError as problem:
        raise SignatureInvalid(_("The signature is wrong.")) from problem
    if abs(received_at - sent_at) > TOLERANCE:
        raise SignatureInvalid(_("The delivery is too old, or its time is ahead of ours."))
    key = certificates.at(headers.get("paypal-cert-url", ""), received_at).public_key()
    signed = f"{name}|{at}|{webhook_id}|{zlib.crc32(body)}".encode()
    if not isinstance(key, RSAPublicKey):
        raise SignatureInvalid(_("The signature is wrong."))
    try:
        key.verify(given, signed, PKCS1v15(), SHA256())
    except InvalidSignature as problem:
        raise SignatureInvalid(_("The signature is wrong.")) from problem


def read(body: bytes) -> GatewayEvent:
    """The envelope of a delivery whose signature is good."""
    try:
        return event(json.loads(body))
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise SignatureInvalid(
            _("The delivery is signed but is no event: %(problem)s") % {"problem": problem}
        ) from problem


def event(envelope: Mapping[str, Any]) -> GatewayEvent:
    """As a delivery and the list of events spell it. Raises one of ``NONSENSE``."""
    about = envelope["resource"]
    return GatewayEvent(
        external_id=str(envelope["id"]),
        kind=str(envelope["event_type"]),
        object_reference=str(about.get("dispute_id") or about["id"]),
        payload=envelope,
        occurred_at=instant(envelope.get("create_time")),
    )
