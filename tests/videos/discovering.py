"""Hashtags, sounds and lists for the tests of discovery."""

from typing import Any

from apps.videos.models import Hashtag, Sound, Video
from apps.videos.services.tags import set_hashtags
from tests.cast import Person, Phone
from tests.contract.clients import android_problems, ios_problems
from tests.videos.scenes import post

APPLE = {"User-Agent": "Clipcast/1 CFNetwork/1494.0.7 Darwin/23.4.0"}


def tagged(by: Person, *names: str, **fields: Any) -> Video:
    video = post(by, **fields)
    set_hashtags(video=video, names=names)
    return video


def tag(name: str) -> Hashtag:
    return Hashtag.objects.get(name=name)


def new_sound(name: str = "Tune", **fields: Any) -> Sound:
    return Sound.objects.create(name=name, audio="sounds/tune.m4a", duration=12, **fields)


def ids(answer: dict[str, Any]) -> list[int]:
    """The videos of a list, whichever client's; none if it was refused."""
    if answer["code"] != 200:
        return []
    return [item["Video"]["id"] for item in answer["msg"]]


def found(answer: dict[str, Any], key: str) -> list[int]:
    return [item[key]["id"] for item in answer["msg"]] if answer["code"] == 200 else []


def search(phone: Phone, kind: str, keyword: str, by: Person | None, page: int = 0) -> Any:
    values = {"type": kind, "keyword": keyword, "starting_point": str(page)}
    answer = phone.call("search", values, by=by)
    known = kind in ("user", "video", "sound", "hashtag")
    assert not (ios_problems("search", answer, kind) if known else [])
    assert not android_problems("search", answer, kind)
    return answer
