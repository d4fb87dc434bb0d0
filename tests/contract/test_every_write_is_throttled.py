"""An endpoint that changes something says how often it may be asked."""

from apps.contract.endpoint import all_endpoints
from apps.contract.throttle import Rate

READING = ("show", "search", "get", "check")
# Names that sound like changes and change nothing; and the media server's, which proves itself.
CHANGE_NOTHING = {
    *("clearCache", "deleteWaterMarkVideo", "generateQRCode", "verifyAccountDetails"),
    *("liveStreamStarted", "liveStreamEnded"),
}


def test_every_write_is_throttled() -> None:
    free = {endpoint.name for endpoint in all_endpoints() if endpoint.throttle is Rate.READ}
    writes = {name for name in free if not name.lower().startswith(READING)}
    assert writes == CHANGE_NOTHING


def test_whoever_asks_for_codes_or_signs_in_is_throttled() -> None:
    rates = {endpoint.name: endpoint.throttle for endpoint in all_endpoints()}
    for name in ("checkEmail", "checkPhoneNo", "checkUsername"):
        assert rates[name] is Rate.LOOK_UP
    for name in (
        "login",
        "registerUser",
        "forgotPassword",
        "verifyPhoneNo",
        "changePasswordForgot",
    ):
        assert rates[name] is Rate.SIGN_IN, name
