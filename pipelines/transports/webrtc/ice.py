"""Which UDP ports and addresses are ours, and which of a caller's we send anything to (ICE, RFC 8445).

aioice binds any free port of every interface and announces just those addresses. Behind a firewall or a NAT that is
no use, so the gathering of one connection is replaced, and nothing that is shared with others.
"""

import asyncio
import errno
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from aioice import Candidate, Connection
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import server_reflexive_candidate
from aiortc import RTCIceCandidate
from aiortc.sdp import candidate_from_sdp

from pipelines.registry import RETRY_AFTER, CapacityReached
from pipelines.transports.webrtc.guarded import CallersAlone

STUN_WITHIN_S = 2.0
MAX_CANDIDATE_CHARACTERS = 512
MAX_PORT = 65_535
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """How callers reach this server over UDP.

    Without `ports` the system chooses; without `public_address` the addresses of every interface are announced, and
    what a STUN server sees. `private_peers` says that callers' private addresses may be tried: on somebody's own
    machine. Elsewhere an offer could make us knock at the doors of the network we stand in.
    """

    ports: range | None = None
    public_address: str | None = None
    stun_urls: Sequence[str] = ()
    private_peers: bool = False


def gather_within(connection: Connection, network: Network) -> None:
    """Let this connection take its ports and announce its address as `network` says."""

    async def gather(component: int, addresses: list[str], timeout: float = STUN_WITHIN_S) -> list[Candidate]:  # noqa: ASYNC109 - aioice's signature
        if network.public_address is not None:
            addresses = [network.public_address]
        elif network.private_peers:
            addresses = [*addresses, LOOPBACK]
        protocols = [await _bound(connection, address, network) for address in addresses]
        found = []
        for protocol, address in zip(protocols, addresses, strict=True):
            connection._protocols.append(protocol)  # noqa: SLF001 - as aioice's own gathering does
            protocol.local_candidate = _host_candidate(component, address, protocol)
            found.append(protocol.local_candidate)
        if connection.stun_server is not None and network.public_address is None:
            found += await _seen_by_stun(protocols, connection.stun_server, within_s=timeout)
        return found

    connection.get_component_candidates = gather  # type: ignore[method-assign]


def reachable(line: str, network: Network) -> RTCIceCandidate | None:
    """Return the caller's candidate, `candidate:…`, if we would send to it.

    None is no loss where the caller reaches us: their check tells us the address that it came from (RFC 8445, section
    7.3.1.3), and it is signed with the password that only our answer has told.
    """
    if len(line) > MAX_CANDIDATE_CHARACTERS:
        return None
    try:
        candidate = candidate_from_sdp(line.removeprefix("candidate:"))
        address = ip_address(candidate.ip)
    # A name, such as mDNS's of browsers, is never resolved: that would ask our own network about it.
    except (ValueError, AssertionError, IndexError):
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    udp = candidate.protocol.lower() == "udp" and candidate.type in {"host", "srflx", "relay"}
    somewhere = not (address.is_multicast or address.is_unspecified) and 0 < candidate.port <= MAX_PORT
    if not udp or not somewhere or not (address.is_global or network.private_peers):
        return None
    candidate.component = 1
    return candidate


async def _bound(connection: Connection, address: str, network: Network) -> CallersAlone:
    """Return a socket on this address, or on all of them when it is a NAT's that forwards to us.

    Raises CapacityReached.
    """
    ports = network.ports or range(1)
    first = secrets.randbelow(len(ports))
    hosts = [address] if network.public_address is None else [address, "::" if ":" in address else "0.0.0.0"]  # noqa: S104 - the NAT's choice is not ours
    for host in hosts:
        for port in (*ports[first:], *ports[:first]):
            try:
                _, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
                    lambda: CallersAlone(connection), local_addr=(host, port)
                )
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL:
                    break
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                return protocol
    raise CapacityReached(RETRY_AFTER)


def _host_candidate(component: int, address: str, protocol: CallersAlone) -> Candidate:
    return Candidate(
        foundation=candidate_foundation("host", "udp", address),
        component=component,
        transport="udp",
        priority=candidate_priority(component, "host"),
        host=address,
        port=protocol.transport.get_extra_info("sockname")[1],
        type="host",
    )


async def _seen_by_stun(
    protocols: Sequence[CallersAlone], server: tuple[str, int], *, within_s: float
) -> list[Candidate]:
    """Ask from every IPv4 socket at once; no answer is no candidate."""
    asking = [
        asyncio.create_task(server_reflexive_candidate(protocol, server))
        for protocol in protocols
        if ":" not in protocol.local_candidate.host
    ]
    if not asking:
        return []
    done, late = await asyncio.wait(asking, timeout=within_s)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    return [task.result()[0] for task in done if task.exception() is None]
