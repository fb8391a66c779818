"""A Studio flow that apologises and takes a voicemail while nothing of ours answers.

It is kept and run by Twilio. https://www.twilio.com/docs/studio/rest-api/v2/flow-definition
"""

from typing import Any

from telephony.twilio.twiml import MAX_VOICEMAIL_S, SORRY, THANKS, Addresses

# As in <Record>, where it is the default.
SILENCE_S = 5


def take_voicemail(to: Addresses) -> dict[str, Any]:
    """Return the definition; Twilio tells us of the voicemail, if we are back by then."""
    return {
        "description": "Takes voicemails while Storeline does not answer.",
        "initial_state": "Trigger",
        "flags": {"allow_concurrent_calls": True},
        "states": [
            _state("Trigger", "trigger", incomingCall="apologise", incomingMessage=None, incomingRequest=None),
            _state("apologise", "say-play", {"say": SORRY, "loop": 1}, audioComplete="record"),
            _state("record", "record-voicemail", _recorded(to), recordingComplete="thank", noAudio=None, hangup=None),
            _state("thank", "say-play", {"say": THANKS, "loop": 1}, audioComplete=None),
        ],
    }


def _recorded(to: Addresses) -> dict[str, Any]:
    return {
        "timeout": SILENCE_S,
        "max_length": MAX_VOICEMAIL_S,
        "finish_on_key": "#",
        # A word, in their schema.
        "play_beep": "true",
        "transcribe": True,
        "transcription_callback_url": to.webhook("voicemail", "transcribed"),
        "recording_status_callback_url": to.webhook("voicemail", "recorded"),
    }


def _state(name: str, kind: str, properties: dict[str, Any] | None = None, **following: str | None) -> dict[str, Any]:
    """One widget, and which follows after each event; None ends the flow, and with it the call."""
    return {
        "name": name,
        "type": kind,
        "properties": {"offset": {"x": 0, "y": 0}, **(properties or {})},
        "transitions": [{"event": event, **({"next": after} if after else {})} for event, after in following.items()],
    }
