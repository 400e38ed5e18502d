"""Pure: a request as Stripe's forms spell it, ``line_items[0][price_data][currency]=eur``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

Value = str | int | bool | Mapping[str, "Value"] | Sequence["Value"]


def form(fields: Mapping[str, Value]) -> dict[str, str]:
    """What is empty is left out, since an empty text unsets a field there."""
    return {name: text for key, value in fields.items() for name, text in _spelled(key, value) if text}


def _spelled(name: str, value: Value) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif isinstance(value, int):
        yield name, str(value)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _spelled(f"{name}[{key}]", inner)
    else:
        for place, inner in enumerate(value):
            yield from _spelled(f"{name}[{place}]", inner)
