"""A small OpenID Connect provider on this machine: discovery, authorize, token, keys, userinfo (OIDC Core 1.0)."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pytest_django.fixtures import Settings

from allsquare.core import clock

CLIENT_ID, CLIENT_SECRET = "allsquare", "a secret of the provider"


@dataclass
class Provider:
    """``claims`` are those of whoever is signed in there; ``audience`` can be set wrong on purpose. Who
    ``declines`` presses *Cancel* on its page."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    audience: str = CLIENT_ID
    declines: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        if self.declines:  # OpenID Connect Core 1.0, 3.1.2.6
            told = {"error": "access_denied", "state": query["state"]}
            return f"{query['redirect_uri']}?{urlencode(told)}"
        code = secrets.token_urlsafe(8)
        self.codes[code] = query
        back = {"code": code, "state": query["state"]}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def token(self, form: dict[str, str]) -> dict[str, Any] | None:
        """Nothing for a code that was used, another client, or a wrong proof of the code's owner (RFC 7636)."""
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return None
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(proof).rstrip(b"=").decode() != asked["code_challenge"]:
            return None
        now = int(clock.now(None).timestamp())
        claims = {**self.claims, "iss": self.url, "aud": self.audience, "iat": now, "exp": now + 300}
        signed = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "one"})
        return {"access_token": "opaque", "token_type": "Bearer", "expires_in": 300, "id_token": signed}

    def keys(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]}

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }


@contextmanager
def oidc_provider() -> Iterator[Provider]:
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(query))
                self.end_headers()
            elif parts.path == "/userinfo" and self.headers.get("Authorization") == "Bearer opaque":
                self._answer(provider.claims)
            elif parts.path == "/keys":
                self._answer(provider.keys())
            elif parts.path == "/.well-known/openid-configuration":
                self._answer(provider.discovery())
            else:
                self._answer({"error": "not_found"}, 404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            given = provider.token({name: values[0] for name, values in parse_qs(body).items()})
            self._answer(given or {"error": "invalid_grant"}, 200 if given else 400)

        def _answer(self, data: dict[str, Any], status: int = 200) -> None:
            text = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def provider(settings: Settings, db: None) -> Iterator[Provider]:
    """This installation signs in by it, and Nadia is signed in there."""
    with oidc_provider() as found:
        settings.ALLSQUARE_OIDC_SERVER, settings.ALLSQUARE_OIDC_NAME = found.url, "Harbour ID"
        app = {
            "provider_id": "sso",
            "name": "Harbour ID",
            "client_id": CLIENT_ID,
            "secret": CLIENT_SECRET,
            "settings": {
                "server_url": found.url,
                "email_authentication": True,
                "oauth_pkce_enabled": True,
            },
        }
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
        found.claims = {"sub": "n-1", "email": "nadia@example.com", "email_verified": True, "name": "Nadia"}
        yield found
