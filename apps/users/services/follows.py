"""Following, and asking private accounts for it.

Each function locks both people's rows, the lower id first, for as long as its few statements
take: counters stay exact, and a block and a follow of the same two can't overtake each other.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from apps.contract.answers import Refused
from apps.users import signals
from apps.users.models import Block, Follow, FollowRequest, User
from apps.users.people.lists import is_blocked

NO_SUCH_PERSON = "This account does not exist."
NOT_YOURSELF = "You can't follow yourself."
CANT_FOLLOW = "You can't follow this person."
NOT_FOLLOWING = "You don't follow this person."
NOT_A_FOLLOWER = "This person does not follow you."
NO_REQUEST = "This person has not asked to follow you."


@dataclass(frozen=True, slots=True)
class Pair:
    """Two locked people."""

    me: User
    other: User


def lock_pair(my_id: int, other_id: int) -> Pair:
    """Lock both rows (FOR NO KEY UPDATE) in the order of their ids. Needs a transaction.

    Raises Refused unless the other is an account that is not deleted.
    """
    rows = (
        User.objects.select_for_update(no_key=True)
        .filter(pk__in=(my_id, other_id))
        .only("username", "status", "is_private")
        .order_by("pk")
    )
    people = {user.pk: user for user in rows}
    if other_id not in people or people[other_id].status == User.Status.DELETED:
        raise Refused(NO_SUCH_PERSON)
    return Pair(people[my_id], people[other_id])


@transaction.atomic
def toggle_follow(*, follower_id: int, followed_id: int, follow: bool | None = None) -> None:
    """Follow or stop following; `follow` says which, None is the opposite of what is.

    A private account is asked first, and asking again takes the question back. Following
    somebody who has asked to follow oneself says yes to them, since the shipped apps have no
    screen for it. Raises Refused for oneself and where there is a block. Locks both people.
    """
    if follower_id == followed_id:
        raise Refused(NOT_YOURSELF)
    pair = lock_pair(follower_id, followed_id)
    follows = Follow.objects.filter(follower=pair.me, followed=pair.other).exists()
    asked = FollowRequest.objects.filter(sender=pair.me, receiver=pair.other).exists()
    wanted = not (follows or asked) if follow is None else follow
    if wanted and not (follows or asked):
        start(pair)
    elif not wanted:
        stop(follower=pair.me, followed=pair.other)
        FollowRequest.objects.filter(sender=pair.me, receiver=pair.other).delete()


def start(pair: Pair) -> None:
    """Follow, or ask a private account. The caller has locked both."""
    if is_blocked(pair.me.pk, pair.other.pk):
        raise Refused(CANT_FOLLOW)
    names = {
        "follower": pair.me.pk,
        "followed": pair.other.pk,
        "follower_name": pair.me.username,
    }
    if pair.other.is_private:
        FollowRequest.objects.create(sender=pair.me, receiver=pair.other)
        signals.follow_requested.send(Follow, **names)
    else:
        make(follower=pair.me, followed=pair.other)
        signals.followed.send(Follow, **names)
    if FollowRequest.objects.filter(sender=pair.other, receiver=pair.me).delete()[0]:
        make(follower=pair.other, followed=pair.me)


def make(*, follower: User, followed: User) -> None:
    """Add the follow and count it. The caller has locked both."""
    Follow.objects.create(follower=follower, followed=followed)
    count(follower=follower, followed=followed, by=1)


def stop(*, follower: User, followed: User) -> bool:
    """Remove the follow, if there is one, and count it. The caller has locked both."""
    removed = Follow.objects.filter(follower=follower, followed=followed).delete()[0]
    if removed:
        count(follower=follower, followed=followed, by=-1)
    return bool(removed)


def count(*, follower: User, followed: User, by: int) -> None:
    User.objects.filter(pk=follower.pk).update(following_count=F("following_count") + by)
    User.objects.filter(pk=followed.pk).update(followers_count=F("followers_count") + by)


@transaction.atomic
def remove_follower(*, owner_id: int, follower_id: int) -> None:
    """End somebody's following of `owner_id`. Raises Refused. Locks both people."""
    pair = lock_pair(owner_id, follower_id)
    if not stop(follower=pair.other, followed=pair.me):
        raise Refused(NOT_A_FOLLOWER)


@transaction.atomic
def answer_request(*, owner_id: int, sender_id: int, accept: bool) -> None:
    """Say yes or no to somebody who asked to follow. Raises Refused. Locks both people."""
    pair = lock_pair(owner_id, sender_id)
    if not FollowRequest.objects.filter(sender=pair.other, receiver=pair.me).delete()[0]:
        raise Refused(NO_REQUEST)
    if accept:
        make(follower=pair.other, followed=pair.me)


def set_bell(*, follower_id: int, followed_id: int, bell: bool) -> Follow:
    """Whether the follower's phone rings at each new video or live stream. Raises Refused."""
    follow = Follow.objects.filter(follower=follower_id, followed=followed_id).first()
    if follow is None:
        raise Refused(NOT_FOLLOWING)
    Follow.objects.filter(pk=follow.pk).update(bell=bell)
    follow.bell = bell
    return follow


@transaction.atomic
def toggle_block(*, blocker_id: int, blocked_id: int, block: bool | None = None) -> bool:
    """Block somebody or end the block; `block` says which, None is the opposite of what is.

    A new block ends all following and asking between the two. Returns whether there is a block
    now. Raises Refused. Locks both people.
    """
    if blocker_id == blocked_id:
        raise Refused("You can't block yourself.")
    pair = lock_pair(blocker_id, blocked_id)
    own = Block.objects.filter(blocker=pair.me, blocked=pair.other)
    exists = own.exists()
    wanted = not exists if block is None else block
    if exists and not wanted:
        own.delete()
    elif wanted and not exists:
        Block.objects.create(blocker=pair.me, blocked=pair.other)
        for one, other in ((pair.me, pair.other), (pair.other, pair.me)):
            stop(follower=one, followed=other)
            FollowRequest.objects.filter(sender=one, receiver=other).delete()
        signals.blocked.send(Block, blocker=blocker_id, blocked=blocked_id)
    return wanted
