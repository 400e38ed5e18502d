"""Who does something: the answer to "who" in every event and in every permission check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class ActorKind(StrEnum):
    PERSON = "person"
    CUSTOMER = "customer"
    GATEWAY = "gateway"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """``id`` names the actor within its kind; ``role`` is the person's role in
    ``organization_id`` (both only for people: the others act where the service is told to);
    ``address`` is the network address and ``request`` the id of the request that it came with."""

    kind: ActorKind
    id: str
    label: str
    role: str = ""
    organization_id: UUID | None = None
    address: str = ""
    request: str = ""


SYSTEM = Actor(kind=ActorKind.SYSTEM, id="allsquare", label="Allsquare")


def gateway_actor(name: str, *, address: str = "") -> Actor:
    """News that a payment provider brought."""
    return Actor(kind=ActorKind.GATEWAY, id=name, label=name, address=address)


def customer_actor(customer_id: object, label: str, *, address: str = "", request: str = "") -> Actor:
    """A payer who came by link."""
    return Actor(ActorKind.CUSTOMER, str(customer_id), label, address=address, request=request)
