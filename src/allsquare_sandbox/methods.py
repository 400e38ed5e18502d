"""Saved methods after they were saved: their banks replace cards, and somebody ends them."""

from __future__ import annotations

from allsquare_sandbox import events, resources
from allsquare_sandbox.cards import Scenario
from allsquare_sandbox.errors import conflict, missing
from allsquare_sandbox.records import SavedMethod
from allsquare_sandbox.store import Work, new_id


def get(work: Work, token: str) -> SavedMethod:
    row = work.db.execute(
        "SELECT * FROM saved_method WHERE token = ? AND account_id = ?", [token, work.account.id]
    ).fetchone()
    if row is None:
        raise missing("saved_method", token)
    return SavedMethod.of(row)


def remove(work: Work, token: str) -> SavedMethod:
    """Keep it no longer; a repeat changes nothing. Whoever asked knows, and is told all the same, as others may not."""
    changed = work.db.execute(
        "UPDATE saved_method SET removed_at = ? WHERE token = ? AND account_id = ? AND removed_at = ''",
        [work.stamp, token, work.account.id],
    ).rowcount
    method = get(work, token)
    if changed:
        events.record(work, "method.removed", token, resources.saved_method(method))
    return method


def replace(
    work: Work, token: str, scenario: Scenario, *, expires: str, new_token: bool = False
) -> SavedMethod:
    """The bank sent its customer a new card, or the account moved: what stands on it changes. The token stays, or
    (``new_token``) it is kept under another one from now on."""
    earlier = get(work, token)
    if earlier.removed_at:
        raise conflict("method_removed", "This method is not kept any more.")
    if new_token:
        return _move(work, earlier, scenario, expires=expires)
    work.db.execute(
        "UPDATE saved_method SET scenario = ?, brand = ?, last_four = ?, expires = ?"
        " WHERE token = ? AND account_id = ?",
        [scenario.name, scenario.brand, scenario.last_four, expires, token, work.account.id],
    )
    method = get(work, token)
    events.record(work, "method.updated", token, resources.saved_method(method))
    return method


def _move(work: Work, earlier: SavedMethod, scenario: Scenario, *, expires: str) -> SavedMethod:
    """The event is about the token that the merchant knows, and says what it is now."""
    made = new_id("pm")
    work.add(
        "saved_method",
        token=made,
        kind=earlier.kind,
        scenario=scenario.name,
        brand=scenario.brand,
        last_four=scenario.last_four,
        expires=expires,
        created_at=work.stamp,
    )
    work.db.execute(
        "UPDATE saved_method SET removed_at = ?, replaced_by = ? WHERE token = ? AND account_id = ?",
        [work.stamp, made, earlier.token, work.account.id],
    )
    method = get(work, made)
    told = {**resources.saved_method(method), "id": earlier.token, "was": earlier.token}
    events.record(work, "method.replaced", earlier.token, told)
    return method
