"""Single sign-on is set up by the environment alone: read by a process of its own, as a server reads it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

_ASK = """
import json
from allsquare.config import settings as s
names = ("SOCIALACCOUNT_PROVIDERS", "ALLSQUARE_OIDC_NAME", "ALLSQUARE_OIDC_HOSTS", "ALLSQUARE_OIDC_CREATE")
print(json.dumps({name: getattr(s, name) for name in names}))
"""


def settings_of(home: Path, **given: str) -> dict[str, Any]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ALLSQUARE_OIDC")}
    environment = {
        **kept,
        "ALLSQUARE_HOME": str(home),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        **given,
    }
    done = subprocess.run(  # our own interpreter and text
        [sys.executable, "-c", _ASK], env=environment, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_without_a_server_there_is_none(tmp_path: Path) -> None:
    found = settings_of(tmp_path, ALLSQUARE_OIDC_CLIENT_ID="allsquare")
    assert found["SOCIALACCOUNT_PROVIDERS"] == {"openid_connect": {"APPS": []}}
    assert found["ALLSQUARE_OIDC_NAME"] == ""


def test_a_server_and_its_keys_are_enough(tmp_path: Path) -> None:
    found = settings_of(
        tmp_path,
        ALLSQUARE_OIDC_SERVER="https://directory.example/realms/us/",
        ALLSQUARE_OIDC_CLIENT_ID="allsquare",
        ALLSQUARE_OIDC_CLIENT_SECRET="a secret",
        ALLSQUARE_OIDC_HOSTS="https://login.example https://two.example",
    )
    (provider,) = found["SOCIALACCOUNT_PROVIDERS"]["openid_connect"]["APPS"]
    assert provider == {
        "provider_id": "sso",
        "name": "Single sign-on",
        "client_id": "allsquare",
        "secret": "a secret",
        "settings": {
            "server_url": "https://directory.example/realms/us",
            "email_authentication": True,
            "oauth_pkce_enabled": True,
        },
    }
    assert found["ALLSQUARE_OIDC_NAME"] == "Single sign-on"
    assert found["ALLSQUARE_OIDC_HOSTS"] == ["https://login.example", "https://two.example"]
    assert found["ALLSQUARE_OIDC_CREATE"] is True


def test_what_the_button_says_and_whether_people_are_made_is_set(tmp_path: Path) -> None:
    found = settings_of(
        tmp_path,
        ALLSQUARE_OIDC_SERVER="https://directory.example",
        ALLSQUARE_OIDC_NAME="Our directory",
        ALLSQUARE_OIDC_CREATE="no",
    )
    assert found["SOCIALACCOUNT_PROVIDERS"]["openid_connect"]["APPS"][0]["name"] == "Our directory"
    assert found["ALLSQUARE_OIDC_CREATE"] is False
