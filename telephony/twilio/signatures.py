"""Nothing is believed that Twilio has not signed, on webhooks and on the upgrade of a media stream.

https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from multidict import MultiDictProxy
from twilio.request_validator import RequestValidator, get_signature_algorithm
from yarl import URL

SIGNATURE = "X-Twilio-Signature"
SIGNATURE_SETTINGS = "X-Twilio-Webhooks-Signature-Settings"


class Signatures:
    """Checks requests with the account's auth token.

    `public_url` is where Twilio reaches us, from settings: a request's Host and what proxies say are the sender's.
    """

    def __init__(self, auth_token: str, public_url: URL) -> None:
        self._validator = RequestValidator(auth_token)
        self._public_url = public_url

    def good(self, path_qs: str, form: MultiDictProxy[str], headers: "MultiDictProxy[str]") -> bool:
        """Whether Twilio sent this form to this path."""
        return self._signed(self._public_url, path_qs, form, headers)

    def good_upgrade(self, path: str, headers: "MultiDictProxy[str]") -> bool:
        """Whether Twilio opens this websocket."""
        scheme = "wss" if self._public_url.scheme == "https" else "ws"
        return self._signed(self._public_url.with_scheme(scheme), path, None, headers)

    def _signed(
        self, base: URL, path_qs: str, form: MultiDictProxy[str] | None, headers: "MultiDictProxy[str]"
    ) -> bool:
        given = headers.getall(SIGNATURE, [])
        if len(given) != 1 or not given[0].isascii():
            return False
        algorithm = get_signature_algorithm(headers.get(SIGNATURE_SETTINGS))
        # Twilio signs with or without the port, so twilio-python tries both; but it only takes one away for certain: to
        # wss it would add 80. The path is exactly as it stands in our TwiML.
        address = f"{base.scheme}://{base.host}:{base.port}{path_qs}"
        return bool(self._validator.validate(address, form, given[0], algorithm))
