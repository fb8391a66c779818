"""What POST …/voice/start takes and answers, for each transport in the words of its own client."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, RootModel, StringConstraints

from auth.http.operations import Answer, Body, Query


class Transport(StrEnum):
    """How the caller wants to be connected."""

    WEBSOCKET = "websocket"
    WEBRTC = "webrtc"
    DAILY = "daily"


class TransportNotOffered(Exception):
    """A transport that this server knows, and cannot offer."""


class RoomsUnavailable(Exception):
    """Daily gave us no room, or did not let us in."""


StoreSlug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,48}$")]
PlaybackRate = Literal[8_000, 16_000, 24_000, 48_000]
# Strict models take no text for an enum; JSON has nothing else.
WantedTransport = Annotated[Transport, Field(strict=False)]


class HowToStart(Body):
    """How somebody wants to talk, and to which assistant of a store."""

    assistant: StoreSlug | None = None
    transport: WantedTransport = Transport.WEBSOCKET
    resume: bool = False
    playback_rate_hz: PlaybackRate | None = None


class StartTestCall(HowToStart):
    """How a store wants to talk to an assistant of its own; `draft`: as it is edited, and not as it was published.

    Without `assistant`, the store's default one answers. Who wants back into their conversation sets `resume`.
    A websocket client that plays all audio at one rate, whatever the frames say, names that rate: the JavaScript
    client plays at 24,000.
    """

    draft: bool = False


class Start(HowToStart):
    """Which store a user wants to talk to, and how.

    Without `assistant`, the store's default one answers. Who wants back into their conversation sets `resume`.
    A websocket client that plays all audio at one rate, whatever the frames say, names that rate: the JavaScript
    client plays at 24,000.
    """

    store: Annotated[StoreSlug, Field(examples=["marlow-garden"])]


class Wanted(Query):
    """The store in the URL of the socket, for native clients that bring no ticket; `resume` as with one."""

    store: StoreSlug
    assistant: StoreSlug | None = None
    resume: Annotated[str, Field(max_length=64)] | None = None


class SocketStarted(Answer):
    """Where the socket is, and the ticket that opens it once, within 30 s.

    The JavaScript client refuses any other key, and appends `?token=` itself.
    """

    wsUrl: str  # noqa: N815 - the client's name for it
    token: str


class IceServer(Answer):
    """One entry of an RTCConfiguration's `iceServers`; TURN needs the last two."""

    # The last two are left out where there are none: a browser takes no null for them.
    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    urls: list[str]
    username: str | None = Field(default=None, exclude_if=lambda value: value is None)
    credential: str | None = Field(default=None, exclude_if=lambda value: value is None)


class IceConfig(Answer):
    """How the two sides may find each other."""

    iceServers: list[IceServer]  # noqa: N815 - the client's name for it


class OfferTo(Answer):
    """Where the offer goes; the ticket in it admits one call, within 30 s."""

    endpoint: str


class WebRtcStarted(Answer):
    """What `@pipecat-ai/small-webrtc-transport` connects with.

    Without headers: that client takes them as an object of the browser's, which JSON cannot carry.
    """

    webrtcRequestParams: OfferTo  # noqa: N815 - the client's name for it
    iceConfig: IceConfig  # noqa: N815 - the client's name for it


class RoomStarted(Answer):
    """What Pipecat's Daily transports connect with; the assistant waits in the room for 45 s."""

    dailyRoom: str  # noqa: N815 - the clients' name for it
    dailyToken: str  # noqa: N815 - the clients' name for it


class Started(RootModel[SocketStarted | WebRtcStarted | RoomStarted]):
    """The answer for the transport that was asked for."""
