"""Entries are what the store knows, and no orders: what in them speaks to the assistant is left out.

A small model obeys whatever reads like an order, wherever it stands. An entry may come from a supplier's list that
nobody has read. These are the forms that such orders are known to have; whoever finds another is still held to the
figures guard, to the tools that the conversation has, and to knowing nothing of other callers.
https://genai.owasp.org/llmrisk/llm01-prompt-injection/
"""

import re

from pipelines.grounding.spoken import sentences

_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|rules?|prompts?|above|earlier|previous)\b"
    r"|^\W*(?:system|assistant|user|caller|developer|tool)\b[^a-z]*:"
    r"|\byou are now\b|\bmaintenance mode\b|\bdeveloper mode\b"
    r"|\b(?:tell|inform|answer|promise)\b.{0,20}\b(?:every|all|each|any)\b.{0,10}\b(?:callers?|customers?|users?)\b"
    r"|\b(?:reveal|read|repeat|print|recite)\b.{0,20}\byour (?:\w+ )?(?:instructions?|prompts?|rules)\b"
    r"|\b(?:end|begin|start|finish) (?:each|every|all|your)\b.{0,10}\b(?:answer|reply|replie|sentence|response)s?\b"
    r"|<\|?/?(?:im_start|im_end|system|tool)",
    re.IGNORECASE,
)


def without_orders(text: str) -> str:
    """The text without the sentences that tell a language model what to do."""
    if not _ORDERS.search(text) and "\n" not in text:
        return text
    return " ".join(sentence for sentence in sentences(text) if sentence and not _ORDERS.search(sentence))
