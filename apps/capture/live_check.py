"""Whether somebody is live, asked of TikTok without a signature and without the library."""

from typing import Any

import httpx

from apps.capture.places import endpoints_for
from apps.capture.sources import Blocked, Captcha, Offline, UnknownUser, Unreachable

TIKTOK = "https://www.tiktok.com"
PATH = "/api-live/user/room/"
TIMEOUT_S = 8
OFFLINE_STATUS = 4
# What the site's own page sends; TikTok hides the answer from what looks like a program.
PARAMETERS = {"aid": "1988", "app_name": "tiktok_web", "device_platform": "web_pc"}
HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36",
    "Referer": f"{TIKTOK}/",
}


def find_live(username: str) -> str:
    """The id of the room in which the streamer is live. Raises LiveError, Offline for one."""
    try:
        response = httpx.get(
            (endpoints_for(username).app or TIKTOK) + PATH,
            params=PARAMETERS | {"uniqueId": username, "sourceType": "54"},
            headers=HEADERS,
            timeout=TIMEOUT_S,
        )
    except (httpx.HTTPError, OSError) as error:
        raise Unreachable("TikTok can't be reached.") from error
    if response.status_code >= 500:
        raise Unreachable("TikTok does not answer.")
    return room_of(username, response)


def room_of(username: str, response: httpx.Response) -> str:
    if response.status_code != 200:
        raise Blocked("TikTok refused to answer, as it does for suspected robots.")
    try:
        answer: Any = response.json()
        if answer["message"] == "user_not_found":
            raise UnknownUser(f"TikTok knows no @{username} who can go live.")
        status, room_id = answer["data"]["liveRoom"]["status"], answer["data"]["user"]["roomId"]
    except (ValueError, KeyError, TypeError) as error:
        sentence = f"TikTok hides whether @{username} is live behind a check for robots (captcha)."
        raise Captcha(sentence) from error
    if status == OFFLINE_STATUS or not room_id:
        raise Offline(f"@{username} is not live right now.")
    return str(room_id)
