"""Accounts: who may ask, and where the news goes."""

from __future__ import annotations

import base64
import secrets
import sqlite3

from allsquare_sandbox import readers
from allsquare_sandbox.errors import ApiError, conflict
from allsquare_sandbox.records import Account
from allsquare_sandbox.store import Store, account_by_id, new_id
from allsquare_sandbox.times import machine_now, stamp

SETTINGS = (
    "name",
    "webhook_url",
    "webhook_secret",
    "card_basis_points",
    "card_fixed",
    "debit_fixed",
    "dispute_fee",
    "settlement_days",
    "debit_days",
    "daily_payouts",
)
"""What the merchant may change of its account."""


def new_key() -> str:
    return f"sk_sandbox_{secrets.token_hex(16)}"


def new_secret() -> str:
    """A signing secret as the Standard Webhooks specification writes them: ``whsec_`` and 24 bytes in
    base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def good_secret(text: str) -> bool:
    """``whsec_`` and 24 to 64 bytes in base64, as the specification recommends."""
    try:
        return text.startswith("whsec_") and 24 <= len(base64.b64decode(text[6:], validate=True)) <= 64
    except ValueError:
        return False


def by_key(db: sqlite3.Connection, api_key: str) -> Account:
    """Whose key this is. Raises 401."""
    row = db.execute("SELECT * FROM account WHERE api_key = ?", [api_key]).fetchone() if api_key else None
    if row is None:
        raise ApiError(
            401, "api_key_invalid", "This API key is not known here. Check the Authorization header."
        )
    return Account.of(row)


def every(db: sqlite3.Connection) -> list[Account]:
    return [Account.of(row) for row in db.execute("SELECT * FROM account ORDER BY seq")]


def add(
    db: sqlite3.Connection, *, name: str, api_key: str, owner: bool, settings: dict[str, object]
) -> Account:
    """Open an account; ``settings`` as in :data:`SETTINGS`."""
    if db.execute("SELECT 1 FROM account WHERE api_key = ?", [api_key]).fetchone():
        raise conflict("api_key_taken", "Another account has this key.")
    account_id, now = new_id("acct"), stamp(machine_now())
    db.execute(
        "INSERT INTO account (id, name, api_key, owner, webhook_secret, paid_out_until, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [account_id, name, api_key, owner, new_secret(), now, now],
    )
    for label in readers.FIRST:
        db.execute(
            "INSERT INTO reader (id, account_id, label, created_at) VALUES (?, ?, ?, ?)",
            [new_id("rd"), account_id, label, now],
        )
    return change(db, account_id, settings)


def change(db: sqlite3.Connection, account_id: str, settings: dict[str, object]) -> Account:
    """Change settings; deliveries that are waiting follow to the new address."""
    for name, value in settings.items():
        if name not in SETTINGS:
            raise ValueError(f"{name} is not a setting of an account")
        db.execute(f"UPDATE account SET {name} = ? WHERE id = ?", [value, account_id])  # noqa: S608  one of SETTINGS
    if "webhook_url" in settings:
        db.execute(
            "UPDATE delivery SET url = ? WHERE account_id = ? AND state = 'waiting'",
            [settings["webhook_url"], account_id],
        )
    return account_by_id(db, account_id)


def ensure_owner(store: Store, *, api_key: str, name: str, webhook_url: str, webhook_secret: str) -> Account:
    """The account of the command line: made at the first start, found again (and updated) at the next.

    Without a key, the first owner of the store serves, or a new one with a new key.
    """
    given = {"webhook_url": webhook_url, "webhook_secret": webhook_secret}
    settings: dict[str, object] = {key: value for key, value in given.items() if value}
    with store.writing() as db:
        row = db.execute(
            "SELECT * FROM account WHERE CASE ? WHEN '' THEN owner ELSE api_key = ? END ORDER BY seq LIMIT 1",
            [api_key, api_key],
        ).fetchone()
        if row is None:
            return add(db, name=name, api_key=api_key or new_key(), owner=True, settings=settings)
        db.execute("UPDATE account SET owner = 1 WHERE id = ?", [row["id"]])
        return change(db, row["id"], settings)


def reset(db: sqlite3.Connection, account_id: str) -> None:
    """Forget everything but the account itself and its settings; its clock shows the machine's time again."""
    for table in (
        "answer",
        "mischief",
        "delivery",
        "event",
        "entry",
        "payout",
        "dispute",
        "refund",
        "charge",
        "saved_method",
    ):
        db.execute(f"DELETE FROM {table} WHERE account_id = ?", [account_id])  # noqa: S608  one of the list above
    db.execute(
        "UPDATE account SET clock_offset = 0, paid_out_until = ? WHERE id = ?",
        [stamp(machine_now()), account_id],
    )
