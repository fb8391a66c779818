"""Whether a caller's words may concern a tool of the store's: a rule over words, in microseconds.

The models of companies choose among all tools themselves. The small one beside the server is shown a tool only when
this says so: then no other answer is slowed down by tools or mistaken for a call of one.
"""

from collections.abc import Collection, Iterable, Sequence

from pipelines.grounding.questions import FILLER
from pipelines.grounding.spoken import listed, tokens, words
from pipelines.tools.schemas import Schema
from pipelines.tools.webhooks import WebhookTool

# "Orders", "ordered" and "ordering" are about an order.
STEM_LETTERS = 5
# So much of an example has to be among the caller's words for it to be what they say.
FITTING_SHARE = 0.7
# More would cost the model more to read than it costs the caller to say what they mean.
MOST_SHOWN = 2

_ASKS = "For that I need {}. Could you tell me?"
# Words that say nothing about which tool is meant.
_COMMON = words(
    "look up check get tell find ask asks make take put give wants number name customer customers caller callers shop"
    " store status day date time their his her how far"
)


def concerning(tools: Sequence[WebhookTool], said: str, *, told: str = "") -> list[WebhookTool]:
    """The tools that the words may concern, likeliest first.

    So may those for which the assistant has just asked something: `told` is what it said last.
    """
    heard = _stems(tokens(said))
    asked = [tool for tool in tools if asks_for(tool, told)]
    shared = {tool.name: len(heard & _vocabulary(tool)) for tool in tools}
    others = sorted((tool for tool in tools if tool not in asked), key=lambda tool: -shared[tool.name])
    return [*asked, *(tool for tool in others if shared[tool.name])][:MOST_SHOWN]


def fits(tool: WebhookTool, said: str) -> bool:
    """Whether the words are nearly those of an example, so that the tool comes before what the store knows."""
    # All words count: "where is my order" is hardly more than an order without the others.
    heard = set(tokens(said))
    examples = [set(tokens(example)) for example in tool.examples]
    return any(len(example & heard) >= FITTING_SHARE * len(example) for example in examples)


def ask_for(parameters: Schema, missing: Collection[str]) -> str:
    """How the assistant asks for arguments that are missing: by what the store says of them."""
    properties = parameters.get("properties", {})
    described = properties if isinstance(properties, dict) else {}
    return _ASKS.format(listed([_described(name, described.get(name)) for name in missing]))


def asks_for(tool: WebhookTool, told: str) -> bool:
    """Whether the assistant's words were the question for arguments of this tool."""
    properties = tool.parameters.get("properties", {})
    before, after = _ASKS.split("{}")
    if not isinstance(properties, dict) or not (told.startswith(before) and told.endswith(after)):
        return False
    return any(_described(name, part) in told for name, part in properties.items())


def _described(name: str, part: object) -> str:
    description = part.get("description") if isinstance(part, dict) else None
    return str(description or f"the {name.replace('_', ' ')}").strip(" .")


def _vocabulary(tool: WebhookTool) -> frozenset[str]:
    about = [tool.name.replace("_", " "), tool.description, *tool.examples]
    return _stems(word for text in about for word in tokens(text))


def _stems(said: Iterable[str]) -> frozenset[str]:
    return frozenset(word[:STEM_LETTERS].removesuffix("s") for word in said if word not in FILLER | _COMMON)
