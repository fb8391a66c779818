"""Voice access tokens for softphones in browsers. https://www.twilio.com/docs/iam/access-tokens ."""

from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from auth.principals import StoreId


class TwilioSoftphones:
    """Signs with an API key; what a softphone calls goes through our TwiML App, so that we decide about it."""

    ttl_s = 3600

    def __init__(self, *, account_sid: str, app_sid: str, key_sid: str, key_secret: str) -> None:
        self._account_sid = account_sid
        self._app_sid = app_sid
        self._key_sid = key_sid
        self._key_secret = key_secret

    def token(self, store_id: StoreId) -> tuple[str, str]:
        """Return a token for a store, and the name that it registers as."""
        identity = f"store-{store_id.hex}"
        token = AccessToken(self._account_sid, self._key_sid, self._key_secret, identity=identity, ttl=self.ttl_s)
        token.add_grant(VoiceGrant(outgoing_application_sid=self._app_sid, incoming_allow=True))
        return str(token.to_jwt()), identity
