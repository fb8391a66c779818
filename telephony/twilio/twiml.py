"""What Twilio is told to do with a call, as TwiML.

https://www.twilio.com/docs/voice/twiml
"""

from dataclasses import dataclass

from twilio.twiml.voice_response import Connect, Dial, Gather, VoiceResponse
from yarl import URL

from telephony.calls import Call

PREFIX = "/phone/twilio"

NOT_IN_SERVICE = "This number is not in service. Goodbye."
SORRY = "Sorry, nobody can talk to you right now. Please leave a message after the tone."
THANKS = "Thank you. Goodbye."
NO_ANSWER_S = 25
PRESS_A_KEY = "Press any key to take the call."
CALLER_LEFT = "The caller has hung up. Goodbye."
KEY_S = 6
BRIEFED_TIMES = 2
MAX_VOICEMAIL_S = 120


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where Twilio reaches us, from PUBLIC_URL."""

    public_url: URL

    def webhook(self, *parts: object) -> str:
        """One of our webhooks."""
        return str(self.public_url.with_path("/".join([PREFIX, *map(str, parts)])))

    @property
    def media(self) -> str:
        """Our end of media streams; without a query, which Twilio refuses (31920)."""
        scheme = "wss" if self.public_url.scheme == "https" else "ws"
        return str(self.public_url.with_scheme(scheme).with_path(f"{PREFIX}/media"))


def talk(to: Addresses, call: Call, token: str) -> str:
    """Connect the caller with us. Once we close the stream, `streamed` is asked what follows."""
    response = VoiceResponse()
    connect = Connect(action=to.webhook("calls", call.id, "streamed"))
    connect.stream(url=to.media).parameter(name="token", value=token)
    response.append(connect)
    response.hangup()
    return str(response)


def not_in_service() -> str:
    """Say that nobody is here."""
    return _last_words(NOT_IN_SERVICE)


def say_goodbye(sentence: str) -> str:
    """Say one thing and hang up."""
    return _last_words(sentence)


def take_voicemail(to: Addresses) -> str:
    """Apologise, and record what the caller wants the store to know."""
    response = VoiceResponse()
    response.say(SORRY)
    response.record(
        action=to.webhook("voicemail", "thanks"),
        max_length=MAX_VOICEMAIL_S,
        play_beep=True,
        finish_on_key="#",
        transcribe=True,
        transcribe_callback=to.webhook("voicemail", "transcribed"),
        recording_status_callback=to.webhook("voicemail", "recorded"),
    )
    response.hangup()
    return str(response)


def brief(to: Addresses, leg: Call) -> str:
    """Tell the person who calls and why, twice if need be; without a key they do not get the call."""
    response = VoiceResponse()
    for _ in range(BRIEFED_TIMES):
        gather = Gather(num_digits=1, finish_on_key="", timeout=KEY_S, action=to.webhook("calls", leg.id, "accepted"))
        gather.say(f"{leg.briefing} {PRESS_A_KEY}")
        response.append(gather)
    response.hangup()
    return str(response)


def meet(leg: Call, *, time_limit_s: int | None = None) -> str:
    """Go where the caller and the person who was rung by `leg` talk. Once one of them leaves, both calls end."""
    response = VoiceResponse()
    dial = Dial(time_limit=time_limit_s)
    dial.conference(
        f"transfer-{leg.id}",
        start_conference_on_enter=True,
        end_conference_on_exit=True,
        max_participants=2,
        beep="false",
        # Nobody waits there for longer than a moment, and Twilio's own music is not ours.
        wait_url="",
    )
    response.append(dial)
    return str(response)


def go_on() -> str:
    """Nothing more to say: the two are connected."""
    return str(VoiceResponse())


def hang_up() -> str:
    """End the call."""
    response = VoiceResponse()
    response.hangup()
    return str(response)


def _last_words(sentence: str) -> str:
    response = VoiceResponse()
    response.say(sentence)
    response.hangup()
    return str(response)
