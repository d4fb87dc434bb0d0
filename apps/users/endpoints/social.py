"""Following, blocking, and what goes with them."""

from typing import Any

from apps.contract import inputs
from apps.contract.answers import ABSENT, Answer, ContractValue, Refused
from apps.contract.endpoint import Endpoint
from apps.contract.fields import FlagField, IdField, TextField
from apps.contract.throttle import Rate
from apps.contract.urls import media_url
from apps.users.callers import Caller
from apps.users.people import lists
from apps.users.people.shapes import BellAnswer, BlockItem, FollowAnswer
from apps.users.services import follows, visits

OTHERS_ACCOUNT = "You can only do this for your own account."
BOTH_MISSING = "Receiver id is missing."


class FollowUser(Endpoint):
    """Follow somebody or stop following; the other person's record with the new `button`.

    A private account is asked first: the button is then "Requested", and asking again takes the
    question back. `action` (follow or unfollow) makes it no toggle. iOS can't decode a text in
    `msg` and Android would show a null as "null", so a refusal has no `msg`.
    """

    group = "social"
    throttle = Rate.WRITE
    actor_keys = ()  # the notification screen of iOS swaps the two ids
    answer = FollowAnswer
    refusal_msg = ABSENT

    class Input(inputs.Input):
        sender_id = IdField(required=False)
        receiver_id = IdField(required=False)
        user_id = IdField(required=False)
        action = TextField(max_length=10, required=False, help_text="follow or unfollow")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        other_id = self.other_person(caller, data)
        action = data.get("action", "").lower()
        if action not in ("", "follow", "unfollow"):
            raise Refused("Action: follow or unfollow is needed.")
        follows.toggle_follow(
            follower_id=caller.id,
            followed_id=other_id,
            follow=action == "follow" if action else None,
        )
        return lists.follow_answer(
            user_id=other_id, viewer_id=caller.id, media_url=media_url(self.request)
        )

    def other_person(self, caller: Caller, data: dict[str, Any]) -> int:
        """Of sender and receiver the one who isn't the caller. Raises Refused if neither is."""
        if data.get("user_id") not in (None, caller.id):
            raise Refused(OTHERS_ACCOUNT)
        sender, receiver = data.get("sender_id"), data.get("receiver_id")
        if receiver is None:
            raise Refused(BOTH_MISSING)
        if sender in (None, caller.id):
            return receiver
        if receiver != caller.id:
            raise Refused(OTHERS_ACCOUNT)
        return sender


class FollowerNotification(Endpoint):
    """The bell: whether the caller's phone rings when that person posts or goes live."""

    group = "social"
    throttle = Rate.WRITE
    actor_keys = ("user_id", "sender_id")
    answer = BellAnswer

    class Input(inputs.Input):
        receiver_id = IdField()
        notification = FlagField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        follow = follows.set_bell(
            follower_id=caller.id, followed_id=data["receiver_id"], bell=data["notification"]
        )
        return lists.bell_answer(follow=follow, media_url=media_url(self.request))


class DeleteFollower(Endpoint):
    """Remove one of the caller's followers."""

    group = "social"
    throttle = Rate.WRITE
    answer = "deleted"

    class Input(inputs.Input):
        follower_id = IdField()

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        follows.remove_follower(owner_id=caller.id, follower_id=data["follower_id"])
        return "deleted"


class AnswerRequest(Endpoint):
    """The base of the answers to follow requests."""

    abstract = True
    group = "social"
    throttle = Rate.WRITE
    actor_keys = ("user_id", "receiver_id")
    answer = FollowAnswer
    accept = True

    class Input(inputs.Input):
        sender_id = IdField(help_text="who asked")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        sender_id = data["sender_id"]
        follows.answer_request(owner_id=caller.id, sender_id=sender_id, accept=self.accept)
        return lists.follow_answer(
            user_id=sender_id, viewer_id=caller.id, media_url=media_url(self.request)
        )


class AcceptFollowRequest(AnswerRequest):
    """Let somebody follow the caller's private account. Not called by the two shipped apps."""


class DeclineFollowRequest(AnswerRequest):
    """Answer no to somebody who asked to follow. Not called by the two shipped apps."""

    accept = False


class BlockUser(Endpoint):
    """Block somebody, 200, or end the block, 201.

    iOS reloads its list of blocked people only at 201, Android removes the row at any code but
    200. A block ends all following between the two and hides each from the other.
    """

    group = "social"
    throttle = Rate.WRITE
    answer = BlockItem

    class Input(inputs.Input):
        block_user_id = IdField()
        action = TextField(max_length=10, required=False, help_text="block or unblock")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        other_id, action = data["block_user_id"], data.get("action", "").lower()
        if action not in ("", "block", "unblock"):
            raise Refused("Action: block or unblock is needed.")
        blocked = follows.toggle_block(
            blocker_id=caller.id, blocked_id=other_id, block=action == "block" if action else None
        )
        if not blocked:
            return Answer("deleted", code=201)
        return lists.block_answer(
            user_id=other_id, viewer_id=caller.id, media_url=media_url(self.request)
        )


class ShareProfile(Endpoint):
    """Note that the caller passed a profile's address on. Not called by the two shipped apps."""

    group = "social"
    throttle = Rate.WRITE
    actor_keys = ()  # user_id is the profile
    answer = "success"

    class Input(inputs.Input):
        user_id = IdField()
        platform = TextField(max_length=20, help_text="whatsapp, telegram, link, other ...")

    def handle(self, caller: Caller, data: dict[str, Any]) -> ContractValue:
        visits.record_share(
            sharer_id=caller.id, profile_id=data["user_id"], platform=data["platform"].lower()
        )
        return "success"
