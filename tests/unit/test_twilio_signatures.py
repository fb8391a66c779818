"""Twilio's signatures: the vectors that twilio-python publishes in its own tests, and what must never pass."""

import pytest
from multidict import CIMultiDict, CIMultiDictProxy, MultiDict, MultiDictProxy
from twilio.request_validator import RequestValidator
from yarl import URL

from telephony.twilio.signatures import Signatures

# https://github.com/twilio/twilio-python/blob/main/tests/unit/test_request_validator.py
TOKEN = "12345"
BASE = URL("https://mycompany.com")
PATH = "/myapp.php?foo=1&bar=2"
FORM = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}
SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def good(form: dict[str, str] = FORM, path: str = PATH, base: URL = BASE, **headers: str) -> bool:
    """Whether a request is believed."""
    sent = CIMultiDict(
        {"X-Twilio-Signature": SIGNATURE, **{name.replace("_", "-"): value for name, value in headers.items()}}
    )
    return Signatures(TOKEN, base).good(path, MultiDictProxy(MultiDict(form)), CIMultiDictProxy(sent))


def test_their_vector_is_good() -> None:
    """The published one."""
    assert good()


@pytest.mark.parametrize(
    "changed",
    [
        {"form": FORM | {"Digits": "1235"}},
        {"form": FORM | {"More": "1"}},
        {"path": "/myapp.php?foo=1&bar=3"},
        {"path": "/other.php?foo=1&bar=2"},
        {"base": URL("https://other.com")},
        {"base": URL("http://mycompany.com")},
        {"X_Twilio_Signature": ""},
        {"X_Twilio_Signature": SIGNATURE[:-1]},
        {"X_Twilio_Signature": SIGNATURE + "\N{LATIN SMALL LETTER E WITH ACUTE}"},
        {"X_Twilio_Webhooks_Signature_Settings": "key=1,algorithm=HMAC_SHA256"},
        {"X_Twilio_Webhooks_Signature_Settings": "key=1,algorithm=none"},
    ],
)
def test_anything_else_is_not(changed: dict[str, object]) -> None:
    """Another form, address, signature or algorithm."""
    assert not good(**changed)  # type: ignore[arg-type]  # the table's


@pytest.mark.parametrize("public", ["https://h.example", "https://h.example:443"])
@pytest.mark.parametrize("signed", ["{}://h.example", "{}://h.example:443"])
def test_the_usual_port_is_signed_or_not(public: str, signed: str) -> None:
    """Twilio does both, whatever PUBLIC_URL says: on webhooks and on the upgrade."""
    here = Signatures(TOKEN, URL(public))
    sign = RequestValidator(TOKEN).compute_signature
    form = MultiDictProxy(MultiDict(FORM))
    webhook = CIMultiDict({"X-Twilio-Signature": sign(signed.format("https") + PATH, FORM)})
    upgrade = CIMultiDict({"X-Twilio-Signature": sign(signed.format("wss") + "/media", {})})
    assert here.good(PATH, form, CIMultiDictProxy(webhook))
    assert here.good_upgrade("/media", CIMultiDictProxy(upgrade))


def test_two_signatures_are_none() -> None:
    """Proxies differ in which one they look at."""
    sent = CIMultiDict([("X-Twilio-Signature", SIGNATURE), ("X-Twilio-Signature", "other")])
    assert not Signatures(TOKEN, BASE).good(PATH, MultiDictProxy(MultiDict(FORM)), CIMultiDictProxy(sent))
