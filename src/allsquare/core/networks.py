"""What of a network address stands for one household."""

from __future__ import annotations

import ipaddress


def neighbourhood(address: str) -> str:
    """The address itself; for IPv6 its /64, all of which one household has to itself (RFC 6177). An IPv4 address that
    is written as one of IPv6 is that. What is no address is given back as it is."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return str(ip if ip.version == 4 else ipaddress.ip_network((ip, 64), strict=False))
