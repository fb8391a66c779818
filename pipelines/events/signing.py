"""Sign what goes out, as Standard Webhooks does, so that receivers find a library that checks it.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID


class Signer:
    """Each endpoint's secret is computed from its id and a key of ours, so that none rests in the database."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def secret(self, endpoint_id: UUID) -> str:
        """What the receiver checks with: `whsec_` and base64."""
        return f"whsec_{b64encode(self._secret(endpoint_id)).decode()}"

    def headers(self, endpoint_id: UUID, message_id: UUID, body: bytes, *, at: datetime) -> Mapping[str, str]:
        """Return the three headers for a body that is sent now. `message_id` stays the same each time."""
        seconds = int(at.timestamp())
        signed = f"{message_id}.{seconds}.".encode() + body
        signature = b64encode(hmac.digest(self._secret(endpoint_id), signed, hashlib.sha256)).decode()
        return {
            "webhook-id": str(message_id),
            "webhook-timestamp": str(seconds),
            "webhook-signature": f"v1,{signature}",
        }

    def _secret(self, endpoint_id: UUID) -> bytes:
        return hmac.digest(self._key, b"webhook" + endpoint_id.bytes, hashlib.sha256)
