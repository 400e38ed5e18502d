"""What must be the same to the cent on both sides of an upgrade, asked in words that both sides understand.
No model is used: they are today's.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, LiteralString

from django.db import connection

from allsquare.cli.database import database
from allsquare.core import encryption

_SUMS: Final[dict[str, LiteralString]] = {
    "trial balance": """SELECT a.code, l.currency, sum(l.amount_minor), sum(l.base_minor), count(*)
        FROM journal_line l JOIN account a ON a.id = l.account_id GROUP BY 1, 2 ORDER BY 1, 2""",
    "receivables by customer": """SELECT c.name, c.email, sum(l.base_minor) FROM journal_line l
        JOIN account a ON a.id = l.account_id AND a.role = 'receivable' JOIN customer c ON c.id = l.customer_id
        GROUP BY c.id, c.name, c.email ORDER BY 1, 2""",
    "entries": "SELECT kind, count(*) FROM journal_entry GROUP BY 1 ORDER BY 1",
    "invoices": "SELECT number, state, total_minor, tax_minor, paid_minor FROM invoice ORDER BY number, total_minor",
    "payments": """SELECT method, state, amount_minor, captured_minor, fee_minor, refunded_minor, disputed_minor
        FROM payment ORDER BY created_at, id""",
    "refunds": "SELECT state, amount_minor FROM refund ORDER BY created_at, id",
    "disputes": "SELECT state, amount_minor FROM dispute ORDER BY id",
    "payouts": "SELECT p.net_minor, sum(i.net_minor) FROM payout p JOIN payout_item i ON i.payout_id = p.id "
    "GROUP BY p.id, p.net_minor ORDER BY p.id",
    "credit": "SELECT reason, sum(amount_minor), count(*) FROM credit_movement GROUP BY 1 ORDER BY 1",
    "allocations": "SELECT sum(amount_minor), sum(base_minor), count(*) FROM allocation",
    "sales": "SELECT state, quantity, price_minor FROM sale ORDER BY created_at, id",
    "saved methods": "SELECT kind, brand, last_four, token FROM payment_method ORDER BY created_at, id",
    "mails": "SELECT kind, count(*) FROM mail GROUP BY 1 ORDER BY 1",
    "mails that failed": "SELECT kind, error FROM mail WHERE state = 'failed' ORDER BY id",
    "events": "SELECT kind, count(*) FROM event GROUP BY 1 ORDER BY 1",
    "documents": "SELECT sha256 FROM invoice_document ORDER BY 1",
}
#: Text that only the keys of then can open.
_SECRETS: Final[dict[str, LiteralString]] = {
    "settings of providers": "SELECT settings FROM gateway_account ORDER BY id",
    "pay links": "SELECT token FROM pay_link ORDER BY id",
}


def sums() -> dict[str, Any]:
    with connection.cursor() as cursor:
        found: dict[str, Any] = {}
        for name, words in _SUMS.items():
            cursor.execute(words)
            found[name] = [[_plain(value) for value in row] for row in cursor.fetchall()]
        for name, words in _SECRETS.items():
            cursor.execute(words)
            plain = [encryption.decrypt(secret) for (secret,) in cursor.fetchall()]
            found[f"secrets: {name}"] = [sha256(each.encode()).hexdigest() for each in plain]
    return found


def _plain(value: Any) -> Any:
    """PostgreSQL's sums are numerics."""
    return value if value is None or isinstance(value, str | int) else int(value)


def write(path: Path) -> None:
    with database():
        path.write_text(json.dumps(sums(), indent=1, sort_keys=True) + "\n")
