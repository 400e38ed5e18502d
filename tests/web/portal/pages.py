"""Pages as a payer reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from allsquare.cli.forms import Form, _Forms


@dataclass(frozen=True)
class Shown:
    """An answer: its status, its visible text, the fields of its form, where it leads."""

    status: int
    text: str
    html: str
    forms: list[Form]
    leads_to: str
    headers: Any

    @property
    def fields(self) -> dict[str, str]:
        (form,) = [form for form in self.forms if "nonce" in form.fields]
        return form.fields


def shown(response: Any) -> Shown:
    parser = _Forms()
    html = response.content.decode() if "text/html" in response.headers.get("Content-Type", "") else ""
    parser.feed(html)
    return Shown(
        status=response.status_code,
        text=" ".join(" ".join(parser.text).split()),
        html=html,
        forms=parser.forms,
        leads_to=response.headers.get("Location", ""),
        headers=response.headers,
    )
