"""Make each conversation of what the process shares and what its assistant wants, and run it."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from pipelines.assistants.records import Assistant, Welcome
from pipelines.conversations.earlier import Earlier
from pipelines.conversations.records import Contact, Conversation, ConversationId
from pipelines.farewell import Farewell
from pipelines.hold import Hold
from pipelines.limits import EndReason, Limits
from pipelines.parts import Attend, Connection, Recorder
from pipelines.pipeline import Answering
from pipelines.processors.screening import Screening
from pipelines.processors.staff import StaffLine
from pipelines.prompts import opening, persona
from pipelines.providers import Providers, SpeechToSpeech
from pipelines.registry import LiveSession
from pipelines.session import Session
from pipelines.tools.desk import Call
from pipelines.tools.transfers import Handover, Transfers
from pipelines.turns.profiles import turn_taking


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceSessions:
    """Starts the conversations of this process, from what they share and makers of what each has for itself."""

    providers: Providers | SpeechToSpeech
    answering: Callable[[Assistant, Call], Answering]
    recorder: Callable[[Conversation], Recorder]
    limits: Limits
    now: Callable[[], datetime]
    # Said before every greeting, whoever speaks first: that the call is recorded.
    consent: str | None = None
    # Who can act on a conversation while it goes on.
    attend: Attend = lambda _inside: contextlib.nullcontext()
    # Pipecat tells of each turn what its parts took.
    traced: bool = False

    def prepare(self, assistant: Assistant) -> None:
        """Somebody is about to call: make the greeting, so that the first caller hears it at once, too."""
        self.providers.wished(assistant.wishes).prepared(self._welcome(assistant).sentence)

    async def run(  # noqa: PLR0913 - each has its name
        self,
        connection: Connection,
        live: LiveSession,
        assistant: Assistant,
        contact: Contact,
        *,
        transfers: Transfers | None = None,
        screening: Screening | None = None,
        earlier: Earlier | None = None,
    ) -> EndReason:
        """Talk until somebody ends it, and return why. Afterwards its tasks are gone and the connection is closed.

        `earlier`: go on with what another process has begun.
        """
        welcome = self._welcome(assistant, contact.greeting)
        conversation = earlier.conversation if earlier else self._begun(live, assistant, contact)
        limits = self.limits.shortened(assistant.max_minutes)
        farewell, recorder = Farewell(live), self.recorder(conversation)
        staff = StaffLine()
        hold = Hold(staff)
        handover = Handover(transfers, farewell, live, hold) if transfers and transfers.destinations else None
        call = Call(
            conversation_id=conversation.id,
            store_id=conversation.store_id,
            hang_up=farewell.due,
            wait=hold.wait,
            transfers=handover,
            note=recorder.note,
        )
        ids = {"conversation_id": conversation.id, "session_id": live.caller.session_id}
        with structlog.contextvars.bound_contextvars(**{name: str(known) for name, known in ids.items() if known}):
            session = Session(
                live=live,
                connection=connection,
                providers=self.providers.wished(assistant.wishes),
                answering=self.answering(assistant, call),
                recorder=recorder,
                farewell=farewell,
                handover=handover,
                opening=opening(persona(assistant, welcome.note)),
                welcome=welcome,
                always_greets=welcome.over or self.consent is not None,
                turn_taking=turn_taking(assistant.turn_profile),
                limits=limits.after(earlier.past(self.now()).lasted_s) if earlier else limits,
                now=self.now,
                conversation=conversation,
                attend=self.attend,
                staff=staff,
                hold=hold,
                traced=self.traced,
                screening=screening,
                earlier=earlier,
            )
            return await session.run()

    def _begun(self, live: LiveSession, assistant: Assistant, contact: Contact) -> Conversation:
        return Conversation(
            id=ConversationId(live.id),
            store_id=assistant.store_id,
            assistant_id=assistant.id,
            assistant_version=assistant.version,
            user_id=contact.user_id,
            channel=contact.channel,
            direction=contact.direction,
            caller_number=contact.caller_number,
            started_at=self.now(),
        )

    def _welcome(self, assistant: Assistant, greeting: str | None = None) -> Welcome:
        welcome = Welcome(sentence=greeting) if greeting else assistant.welcome(self.now())
        return replace(welcome, sentence=f"{self.consent} {welcome.sentence}") if self.consent else welcome
