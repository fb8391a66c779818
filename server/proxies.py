"""Whom to believe about where a request comes from."""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def believe(proxies: Collection[Network]) -> Middleware:
    """Take the client's address and scheme from X-Forwarded-For and -Proto where a trusted proxy has set them.

    Whatever comes from anywhere else is ignored, and X-Forwarded-Host always: the proxy hands on the Host itself.
    """

    @web.middleware
    async def take_from_proxy(request: web.Request, handler: Handler) -> web.StreamResponse:
        peer = _read(request.remote or "")
        if peer is None or not _within(peer, proxies):
            return await handler(request)
        address = client(peer, request.headers.getall("X-Forwarded-For", []), proxies)
        # Rightmost, as the proxy next to us has added it; what stands before is the client's word.
        scheme = ",".join(request.headers.getall("X-Forwarded-Proto", [])).rpartition(",")[2].strip().lower()
        seen = request.clone(remote=str(address), scheme=scheme if scheme in {"http", "https"} else request.scheme)
        return await handler(seen)

    return take_from_proxy


def client(peer: Address, forwarded_for: Collection[str], proxies: Collection[Network]) -> Address:
    """Return the rightmost address that is no trusted proxy's: each proxy adds, on the right, whom it heard from.

    What stands further left, or cannot be read, is anybody's claim.
    https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Forwarded-For#selecting_an_ip_address
    """
    nearest = peer
    for claimed in reversed(",".join(forwarded_for).split(",")):
        address = _read(claimed.strip())
        if address is None:
            return nearest
        nearest = address
        if not _within(address, proxies):
            return nearest
    return nearest


def _read(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def _within(address: Address, networks: Collection[Network]) -> bool:
    return any(address in network for network in networks)
