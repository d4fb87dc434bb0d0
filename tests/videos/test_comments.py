"""The eight calls about comments"""

from functools import partial
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.notifications.models import Notification
from apps.users.callers import Caller
from apps.users.models import Block, PrivacySetting
from apps.videos.models import Video, VideoComment, VideoCommentLike
from apps.videos.services import comments, counters
from tests.cast import Person, Phone, make_person
from tests.contract.clients import assert_both_clients_parse
from tests.videos.scenes import WAYS_TO_HIDE, at_once, follow, hide, post

ODD_IDS = ["", "0", None, "abc", -1, 10**30, [], {}, 999_999]


def comment(
    by: Person, video: Video, text: str = "Nice", parent: VideoComment | None = None
) -> Any:
    if parent is None:
        Video.objects.filter(pk=video.pk).update(comment_count=video.comment_count + 1)
        video.refresh_from_db()
    return VideoComment.objects.create(user=by.user, video=video, text=text, parent=parent)


def write(phone: Phone, video: Video, by: Person | None, **values: Any) -> dict[str, Any]:
    values = {"video_id": str(video.pk), "comment": "Nice"} | values
    return phone.call("postCommentOnVideo", values, by=by)


def texts(answer: dict[str, Any]) -> list[str]:
    return [item["VideoComment"]["comment"] for item in answer["msg"]]


def test_a_comment_is_written_counted_and_told_to_the_author(
    phone: Phone, owner: Person, friend: Person
) -> None:
    video = post(owner)
    answer = write(phone, video, friend, user_id=str(friend.id), comment="  So true 😀  ")
    assert_both_clients_parse("postCommentOnVideo", answer, variant="comment")
    assert answer["msg"]["VideoComment"]["comment"] == "So true 😀"
    assert answer["msg"]["User"]["id"] == friend.id
    assert answer["msg"]["Video"] == {
        **{"id": video.pk, "user_id": owner.id, "comment_count": 1, "pin_comment_id": 0}
    }
    video.refresh_from_db()
    assert video.comment_count == 1
    row = Notification.objects.get()
    assert (row.receiver_id, row.sender_id, row.type) == (owner.id, friend.id, "video_comment")
    assert row.text == "friend commented: So true 😀"


def test_replies_by_either_call_stand_under_the_comment_and_are_not_counted(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    video = post(owner)
    top = comment(friend, video)
    answer = phone.call("postCommentReply", {"comment_id": top.pk, "comment": "Why?"}, by=owner)
    assert_both_clients_parse("postCommentReply", answer)
    reply_id = answer["msg"]["VideoCommentReply"]["id"]
    assert answer["msg"]["VideoComment"]["id"] == top.pk
    answer = write(phone, video, stranger, parent_id=str(reply_id), comment="Because")
    assert_both_clients_parse("postCommentOnVideo", answer, variant="reply")
    assert answer["msg"]["VideoComment"]["parent_id"] == top.pk
    video.refresh_from_db()
    assert video.comment_count == 1
    assert [row.text for row in Notification.objects.order_by("id")] == [
        "owner replied to your comment: Why?",
        "stranger replied to your comment: Because",
    ]
    answer = phone.call("showVideoComments", {"video_id": str(video.pk)}, by=friend)
    assert_both_clients_parse("showVideoComments", answer)
    (item,) = answer["msg"]
    assert [node["VideoComment"]["comment"] for node in item["Children"]] == ["Why?", "Because"]
    assert [node["Children"] for node in item["Children"]] == [[], []]
    assert [row["comment"] for row in item["VideoCommentReply"]] == ["Why?", "Because"]
    assert [row["User"]["username"] for row in item["VideoCommentReply"]] == ["owner", "stranger"]


def test_people_mentioned_are_told_once(
    phone: Phone, owner: Person, friend: Person, stranger: Person, banned: Person
) -> None:
    people = [stranger, stranger, owner, friend, banned]
    named = [{"user_id": str(person.id)} for person in people]
    odd: list[Any] = [{"user_id": "x"}, {"user_id": "²"}, {}, 7, {"user_id": 10**12}]
    assert write(phone, post(owner), friend, users_json=named + odd)["code"] == 200
    told = {row.receiver_id: row.type for row in Notification.objects.all()}
    assert told == {owner.id: "video_comment", stranger.id: "comment_tag"}
    assert Notification.objects.count() == 2


def test_the_newest_come_first_ten_a_page_and_the_pinned_one_leads(
    phone: Phone, owner: Person, friend: Person
) -> None:
    video = post(owner)
    rows = [comment(friend, video, f"number {number}") for number in range(13)]
    pin = {"video_id": str(video.pk), "pin_comment_id": str(rows[0].pk)}
    answer = phone.call("pinComment", pin, by=owner)
    assert_both_clients_parse("pinComment", answer)
    assert answer["msg"]["Video"]["pin_comment_id"] == rows[0].pk
    assert answer["msg"]["PinComment"] == {"id": rows[0].pk}
    seen: list[str] = []
    for page in range(2):
        values = {"video_id": video.pk, "starting_point": page}
        answer = phone.call("showVideoComments", values, by=friend)
        assert_both_clients_parse("showVideoComments", answer)
        seen += texts(answer)
    assert seen == ["number 0", *(f"number {number}" for number in range(12, 0, -1))]
    values = {"video_id": video.pk, "starting_point": 2}
    assert phone.call("showVideoComments", values, by=friend)["code"] == 201
    answer = phone.call("pinComment", pin | {"pin_comment_id": "0"}, by=owner)
    assert answer["msg"]["Video"]["pin_comment_id"] == 0


def test_no_comments_is_a_sentence_and_guests_read_too(
    phone: Phone, owner: Person, friend: Person
) -> None:
    video = post(owner)
    values = {"video_id": str(video.pk), "user_id": "0"}
    answer = phone.call("showVideoComments", values)
    assert_both_clients_parse("showVideoComments", answer)
    assert answer == {"code": 201, "msg": "There are no comments here."}
    comment(friend, video)
    answer = phone.call("showVideoComments", values)
    assert_both_clients_parse("showVideoComments", answer)
    assert texts(answer) == ["Nice"]


def test_comments_across_a_block_and_of_banned_people_are_not_shown(
    phone: Phone, owner: Person, friend: Person, stranger: Person, banned: Person
) -> None:
    video = post(owner)
    top = comment(friend, video, "by friend")
    comment(stranger, video, "by stranger")
    comment(stranger, video, "reply of stranger", parent=top)
    comment(banned, video, "by banned")
    Block.objects.create(blocker=stranger.user, blocked=friend.user)
    answer = phone.call("showVideoComments", {"video_id": video.pk}, by=friend)
    assert texts(answer) == ["by friend"]
    assert answer["msg"][0]["Children"] == answer["msg"][0]["VideoCommentReply"] == []


@pytest.mark.parametrize("name", ["likeComment", "likeCommentReply"])
def test_a_like_is_added_and_taken_back(
    name: str, phone: Phone, owner: Person, friend: Person
) -> None:
    top = comment(friend, post(owner))
    key = "comment_id" if name == "likeComment" else "comment_reply_id"
    values = {key: str(top.pk)}
    answer = phone.call(name, values | {"user_id": str(owner.id)}, by=owner)
    assert_both_clients_parse(name, answer)
    assert (answer["code"], answer["like_count"]) == (200, 1)
    assert answer["msg"]["VideoCommentLike"]["owner_like"] == 1
    assert answer["msg"]["VideoCommentReplyLike"]["owner_like"] == 1
    shown = phone.call("showVideoComments", {"video_id": top.video_id}, by=friend)["msg"][0]
    flags = [shown["VideoComment"][flag] for flag in ("like", "like_count", "owner_like")]
    assert flags == [0, 1, 1]
    answer = phone.call(name, values, by=owner)
    assert_both_clients_parse(name, answer)
    assert answer == {"code": 200, "msg": "unfavourite", "like_count": 0}
    phone.call(name, values, by=owner)
    assert Notification.objects.get().text == "owner liked your comment"


def test_turned_off_comments_are_refused(phone: Phone, owner: Person, friend: Person) -> None:
    video = post(owner, allow_comments=False)
    for by in (friend, owner):
        answer = write(phone, video, by)
        assert_both_clients_parse("postCommentOnVideo", answer)
        assert answer == {"code": 201, "msg": "Comments are turned off for this video."}
    assert VideoComment.objects.count() == 0


@pytest.mark.parametrize(
    ("audience", "friends", "allowed"),
    [
        ("everyone", False, True),
        ("friend", False, False),
        ("friend", True, True),
        ("no_one", True, False),
        ("only_me", True, False),
    ],
)
def test_the_authors_setting_decides_who_may_comment(
    audience: str, friends: bool, allowed: bool, phone: Phone, owner: Person, friend: Person
) -> None:
    video = post(owner)
    top = comment(owner, video)
    PrivacySetting.objects.filter(user=owner.user).update(video_comment=audience)
    follow(friend, owner)
    if friends:
        follow(owner, friend)
    code = 200 if allowed else 201
    assert write(phone, video, friend)["code"] == code
    reply = {"comment_id": top.pk, "comment": "Yes"}
    assert phone.call("postCommentReply", reply, by=friend)["code"] == code
    assert write(phone, video, owner)["code"] == 200


@pytest.mark.parametrize("how", WAYS_TO_HIDE)
def test_a_video_that_one_may_not_see_takes_no_comment_and_shows_none(
    how: str, phone: Phone, owner: Person, friend: Person
) -> None:
    video = post(owner)
    top = comment(owner, video)
    hide(video, how, friend)
    reply = {"comment_id": top.pk, "comment": "Yes"}
    for answer in (
        write(phone, video, friend),
        phone.call("postCommentReply", reply, by=friend),
        phone.call("likeComment", {"comment_id": top.pk}, by=friend),
        phone.call("showVideoComments", {"video_id": video.pk}, by=friend),
    ):
        assert (answer["code"], answer["msg"]) == (201, "This video is not available.")
    assert (VideoComment.objects.count(), VideoCommentLike.objects.count()) == (1, 0)


def test_people_of_whom_one_blocked_the_other_neither_answer_nor_like(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    top = comment(stranger, post(owner))
    Block.objects.create(blocker=stranger.user, blocked=friend.user)
    reply = {"comment_id": top.pk, "comment": "Yes"}
    assert phone.call("postCommentReply", reply, by=friend)["code"] == 201
    assert phone.call("likeComment", {"comment_id": top.pk}, by=friend)["code"] == 201
    assert (VideoComment.objects.count(), VideoCommentLike.objects.count()) == (1, 0)


@pytest.mark.parametrize("name", ["deleteVideoComment", "deleteVideoCommentReply"])
def test_a_comment_is_deleted_by_its_author_or_the_videos_only(
    name: str, phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    video = post(owner)
    first, second = comment(friend, video), comment(friend, video)
    comment(owner, video, parent=first)
    Video.objects.filter(pk=video.pk).update(pinned_comment=first)
    answer = phone.call(name, {"id": first.pk}, by=stranger)
    assert_both_clients_parse(name, answer)
    assert (answer["code"], VideoComment.objects.count()) == (201, 3)
    answer = phone.call(name, {"id": str(first.pk)}, by=friend)
    assert_both_clients_parse(name, answer)
    assert answer == {"code": 200, "msg": "deleted"}
    video.refresh_from_db()
    assert (video.comment_count, video.pinned_comment_id) == (1, None)
    assert phone.call(name, {"comment_id": second.pk}, by=owner)["code"] == 200
    assert phone.call(name, {"comment_id": second.pk}, by=owner)["code"] == 201
    assert VideoComment.objects.count() == 0


def test_a_reply_is_deleted_alone(phone: Phone, owner: Person, friend: Person) -> None:
    video = post(owner)
    top = comment(friend, video)
    reply = comment(owner, video, parent=top)
    values = {"comment_reply_id": reply.pk}
    assert phone.call("deleteVideoCommentReply", values, by=owner)["code"] == 200
    video.refresh_from_db()
    assert (VideoComment.objects.get().pk, video.comment_count) == (top.pk, 1)


def test_only_the_videos_author_pins_and_only_its_comments(
    phone: Phone, owner: Person, friend: Person
) -> None:
    video, other = post(owner), post(owner)
    top, elsewhere = comment(friend, video), comment(friend, other)
    reply = comment(friend, video, parent=top)
    values = {"video_id": video.pk, "comment_id": top.pk}
    assert phone.call("pinComment", values, by=friend)["code"] == 201
    for odd in (elsewhere.pk, reply.pk, 999_999, "abc", -1, None, "", []):
        answer = phone.call("pinComment", values | {"comment_id": odd}, by=owner)
        assert answer["code"] == 201
    assert Video.objects.filter(pinned_comment__isnull=False).count() == 0


@pytest.mark.parametrize("odd", ODD_IDS)
@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("showVideoComments", "video_id"),
        ("postCommentOnVideo", "video_id"),
        ("postCommentOnVideo", "parent_id"),
        ("postCommentReply", "comment_id"),
        ("likeComment", "comment_id"),
        ("likeCommentReply", "comment_reply_id"),
        ("deleteVideoComment", "id"),
        ("deleteVideoCommentReply", "id"),
    ],
)
def test_an_odd_id_is_refused(name: str, key: str, odd: Any, phone: Phone, friend: Person) -> None:
    answer = phone.call(name, {key: odd, "comment": "Yes"}, by=friend)
    assert answer["code"] == 201
    assert_both_clients_parse(name, answer)


@pytest.mark.parametrize("text", ["", "   ", None, "x" * 1001, "a\x00b", [], {}])
def test_an_odd_text_is_refused(text: Any, phone: Phone, owner: Person, friend: Person) -> None:
    video = post(owner)
    top = comment(owner, video)
    assert write(phone, video, friend, comment=text)["code"] == 201
    values = {"comment_id": top.pk, "comment": text}
    assert phone.call("postCommentReply", values, by=friend)["code"] == 201
    assert VideoComment.objects.count() == 1


@pytest.mark.parametrize("people", [{}, "no", 7, [{}] * 21])
def test_odd_mentions_are_refused(people: Any, phone: Phone, owner: Person, friend: Person) -> None:
    assert write(phone, post(owner), friend, users_json=people)["code"] == 201
    assert VideoComment.objects.count() == 0


def test_nobody_acts_for_another_and_guests_sign_in(
    phone: Phone, owner: Person, friend: Person, stranger: Person
) -> None:
    video = post(owner)
    top = comment(friend, video)
    calls = {
        "postCommentOnVideo": {"video_id": video.pk, "comment": "Yes"},
        "postCommentReply": {"comment_id": top.pk, "comment": "Yes"},
        "likeComment": {"comment_id": top.pk},
        "likeCommentReply": {"comment_reply_id": top.pk},
        "deleteVideoComment": {"id": top.pk},
        "deleteVideoCommentReply": {"id": top.pk},
        "pinComment": {"video_id": video.pk, "pin_comment_id": top.pk},
    }
    for name, values in calls.items():
        for actor in (friend, owner):
            answer = phone.call(name, values | {"user_id": str(actor.id)}, by=stranger)
            assert_both_clients_parse(name, answer)
            assert answer["code"] == 201
        answer = phone.call(name, values)
        assert_both_clients_parse(name, answer)
        assert answer["code"] == 401
    assert VideoComment.objects.get().pk == top.pk
    assert VideoCommentLike.objects.count() == 0
    assert Video.objects.get().pinned_comment_id is None


@pytest.mark.django_db(transaction=True)
def test_counters_are_exact_when_many_write_delete_and_like_at_once() -> None:
    author = make_person("author")
    video = post(author)
    top = comment(author, video)
    people = [make_person(f"person{number}") for number in range(5)]

    def be_busy(person: Person) -> None:
        caller = Caller(person.id, person.user.username)
        for _ in range(3):
            ids = [
                comments.write(caller=caller, video_id=video.pk, text="Hi", mentions=[])
                for _ in range(2)
            ]
            comments.delete(caller=caller, comment_id=ids[0])
            comments.toggle_like(caller=caller, comment_id=top.pk)

    at_once(*(partial(be_busy, person) for person in people * 2))

    video.refresh_from_db()
    assert video.comment_count == VideoComment.objects.count() == 31
    top.refresh_from_db()
    assert top.like_count == VideoCommentLike.objects.filter(comment=top).count() == 0
    counters.recount([video.pk])
    video.refresh_from_db()
    assert video.comment_count == 31


def test_query_counts(
    phone: Phone,
    owner: Person,
    friend: Person,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    video = post(owner)
    values = {"video_id": video.pk}
    for length in (1, 10):
        for _ in range(length):
            comment(owner, video, parent=comment(friend, video))
        # token, visible?, the pinned one, the page
        with django_assert_num_queries(4):
            phone.call("showVideoComments", values, by=friend)
    # token, savepoint pairs (2 x 2), lock, visible?, setting, insert, counter, notify, answer
    with django_assert_num_queries(12):
        write(phone, video, friend)
