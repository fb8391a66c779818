"""What an assistant would rather have than the house default, and what a server offers to choose from."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import structlog

SLOWEST, FASTEST = 0.7, 1.3

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How it speaks: one of the voices of the first provider, None for its usual one; `rate` 1.0 is its usual pace."""

    voice: str | None = None
    rate: float = 1.0


USUAL = Manner()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """Which provider comes first at each stage, and which model of the first one thinks; None: the house default."""

    stt: str | None = None
    llm: str | None = None
    llm_model: str | None = None
    tts: str | None = None
    manner: Manner = USUAL


HOUSE = Wishes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """The names that can be wished for: providers in the operator's order, models and voices of the first of them."""

    stt: tuple[str, ...] = ()
    llm: tuple[str, ...] = ()
    llm_models: tuple[str, ...] = ()
    tts: tuple[str, ...] = ()
    voices: tuple[str, ...] = ()

    def problems(self, wishes: Wishes) -> Iterator[tuple[str, tuple[str, ...]]]:
        """What cannot be had, by the names of its field, with what could be."""
        model_of = self.llm[:1] if wishes.llm_model in self.llm_models else self.llm
        voice_of = self.tts[:1] if wishes.manner.voice in self.voices else self.tts
        for field, wished, offered in (
            ("stt", wishes.stt, self.stt),
            ("llm", wishes.llm, model_of),
            ("llm_model", wishes.llm_model, self.llm_models),
            ("tts", wishes.tts, voice_of),
            ("voice", wishes.manner.voice, self.voices),
        ):
            if wished is not None and wished not in offered:
                yield field, offered

    def granted(self, wishes: Wishes) -> Wishes:
        """The wishes without what cannot be had any more since they were checked: the house default takes its place."""
        missing = {field for field, _ in self.problems(wishes)}
        if not missing:
            return wishes
        _log.warning("house_default_instead", missing=sorted(missing))
        manner = replace(wishes.manner, voice=None) if "voice" in missing else wishes.manner
        kept: dict[str, None] = dict.fromkeys(missing - {"voice"})
        return replace(wishes, manner=manner, **kept)


# There is nothing to choose.
NOTHING = Offered()
