"""What the clients are told about people in lists.

Sources: contract/ios/models.schema.json, android/endpoints.json, contract/conflicts.md "Comments
and social". Statements name the person `u` and the row that puts them into the list `f`.
"""

from apps.contract.shapes import Shape, constant, flag, integer, listed, media, moment, nested, text
from apps.users.selectors import PRIVACY, PUSH
from apps.users.shapes import PublicUser


class FollowedRecord(Shape):
    """`msg` of followUser: the person who is (not) followed, and the follow if there is one."""

    User = nested(PublicUser, "u")
    PushNotification = PUSH
    PrivacySetting = PRIVACY


class FollowShape(Shape):
    """The row behind a follow, under the contract's names."""

    id = integer("id")
    sender_id = integer("follower_id")
    receiver_id = integer("followed_id")
    notification = flag("bell")
    created = moment("created_at")


class FollowAnswer(FollowedRecord):
    Follower = nested(
        FollowShape,
        "f",
        "FROM users_follow f WHERE f.follower_id = %(viewer_id)s AND f.followed_id = {t}.id",
    )


class FollowerItem(Shape):
    """Android reads FollowerList, iOS reads User."""

    FollowerList = nested(PublicUser, "u")
    User = nested(PublicUser, "u")


class FollowingItem(Shape):
    """Android's tag screen prefers User, so it has to be the same person."""

    FollowingList = nested(PublicUser, "u")
    User = nested(PublicUser, "u")


class FriendItem(Shape):
    Friends = nested(PublicUser, "u")
    User = nested(PublicUser, "u")


class PersonItem(Shape):
    User = nested(PublicUser, "u")


class FollowRequestShape(Shape):
    id = integer("id")
    sender_id = integer("sender_id")
    receiver_id = integer("receiver_id")
    created = moment("created_at")


class RequestItem(Shape):
    """Somebody who asked to follow the caller."""

    FollowRequest = nested(FollowRequestShape, "f")
    User = nested(PublicUser, "u")


class VideoTile(Shape):
    """As much of a video as a suggestion shows."""

    id = integer("id")
    gif = media("gif")
    thum = media("thumbnail")
    view = integer("view_count")


class SuggestionItem(Shape):
    User = nested(PublicUser, "u")
    PushNotification = PUSH
    PrivacySetting = PRIVACY
    Video = listed(
        VideoTile,
        "v",
        """FROM (SELECT * FROM videos_video v WHERE v.user_id = {t}.id AND NOT {t}.is_private
            AND v.state = 'ready' AND v.privacy = 'public' AND NOT v.block AND NOT v.is_story
            ORDER BY v.id DESC LIMIT 3) v""",
    )


class ProfileVisitShape(Shape):
    id = integer("id")
    user_id = integer("visited_id")
    visitor_id = integer("visitor_id")
    read = flag("seen")
    created = moment("visited_at")


class VisitItem(Shape):
    """A visit `f` by `u`; User is the same person, as the contract has it."""

    ProfileVisit = nested(ProfileVisitShape, "f")
    Visitor = nested(PublicUser, "u")
    User = nested(PublicUser, "u")
    visited_at = moment("f.visited_at")


class BlockShape(Shape):
    id = integer("id")
    user_id = integer("blocker_id")
    block_user_id = integer("blocked_id")
    created = moment("created_at")


class BlockedUserShape(PublicUser):
    """iOS fails the page unless all 44 fields are there and not null; most hold nothing."""

    dob = constant("")
    social_id = constant("")
    email = constant("")
    phone = constant("")
    password = constant("")
    profile_video = constant("")
    social = constant("")
    device_token = constant("")
    token = constant("")
    auth_token = constant("")
    lat = constant("0.0")
    long = constant("0.0")
    version = constant("")
    device = constant("")
    ip = constant("")
    state = constant("")
    region = constant("")
    location_string = constant("")
    country_id = constant(0)
    paypal = constant("")
    profile_view = constant(0)
    reset_wallet_datetime = constant("")
    referral_code = constant("")


class BlockItem(Shape):
    """A block `f` of the person `u`."""

    BlockUser = nested(BlockShape, "f")
    BlockedUser = nested(BlockedUserShape, "u")
    User = nested(PublicUser, "u")


class BellAnswer(Shape):
    Follower = nested(FollowShape, "f")
    FollowingList = nested(PublicUser, "u")
    FollowerList = nested(PublicUser, "me")


class ContactItem(Shape):
    """Somebody from the address book; `phone` is what the app sent."""

    User = nested(PublicUser, "u")
    phone = text("f.sent")
