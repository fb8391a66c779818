"""Ask a TURN server for a relay, as callers' browsers do, and give it back (RFC 8656)."""

import asyncio

from aioice import stun, turn

from pipelines.transports.webrtc.stun import StunServer

# It refuses first, to say how to prove oneself.
TURN_TIMEOUT_S = 5.0


class NoRelay(Exception):
    """The server gives none. `refused`: it knows us, and does not take the credentials."""

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


async def relayed(server: StunServer, *, username: str, credential: str) -> str:
    """Return the address of a relay, which is given back at once. Raises NoRelay after TURN_TIMEOUT_S at the most."""
    try:
        async with asyncio.timeout(TURN_TIMEOUT_S):
            transport, relay = await turn.create_turn_endpoint(
                _Relay,
                (server.host, server.port),
                username,
                credential,
                ssl=server.tls or None,
                transport="tcp" if server.tcp else "udp",
            )
            host, _port = transport.get_extra_info("sockname")
            transport.close()
            await relay.given_back.wait()
    except stun.TransactionFailed as error:
        code, reason = error.response.attributes.get("ERROR-CODE", (0, ""))
        raise NoRelay(f"it answers {code} {reason}".strip(), refused=code in {401, 403}) from error
    except (TimeoutError, stun.TransactionTimeout):
        raise NoRelay(f"no relay within {TURN_TIMEOUT_S:.0f} s") from None
    except OSError as error:
        raise NoRelay(error.strerror or str(error)) from error
    return str(host)


class _Relay(asyncio.DatagramProtocol):
    """Nothing comes through it."""

    def __init__(self) -> None:
        self.given_back = asyncio.Event()

    def connection_lost(self, _error: Exception | None) -> None:
        self.given_back.set()
