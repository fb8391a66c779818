"""What a softphone in a browser registers with."""

import time
from uuid import UUID

import jwt

from auth.principals import StoreId
from telephony.twilio.access import TwilioSoftphones
from tests.twilio_api import ACCOUNT, APP

KEY, SECRET = "SK" + "0" * 32, "a secret of theirs that is long enough"


def test_a_softphone_calls_through_our_app_alone() -> None:
    """Signed with the API key, for an hour, as its store; what it calls is decided by our webhook.

    https://www.twilio.com/docs/iam/access-tokens#jwt-format
    """
    store_id = StoreId(UUID(int=7))
    softphones = TwilioSoftphones(account_sid=ACCOUNT, app_sid=APP, key_sid=KEY, key_secret=SECRET)
    token, identity = softphones.token(store_id)
    told = jwt.decode(token, SECRET, algorithms=["HS256"])
    assert jwt.get_unverified_header(token)["cty"] == "twilio-fpa;v=1"
    assert (told["iss"], told["sub"]) == (KEY, ACCOUNT)
    assert told["exp"] <= time.time() + softphones.ttl_s
    voice = {"incoming": {"allow": True}, "outgoing": {"application_sid": APP}}
    assert told["grants"] == {"identity": identity, "voice": voice}
    assert identity == f"store-{store_id.hex}"
