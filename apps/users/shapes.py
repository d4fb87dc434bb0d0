"""What the clients are told about a person.

Three sizes: `PublicUser` (anyone's record), `FeedUser` (a public record with the settings inside,
as feeds and lists need) and `OwnUser` (with what only the person may see). Statements that use
them give the parameters `viewer_id` (0 for a guest) and `media_url`.

Sources: contract/ios/models.schema.json (HomeUser, User), contract/android/NOTES.md "Mandatory
shapes by screen", contract/behaviours.md 4 (button) and 9.6 (never send private fields).
"""

from apps.contract.shapes import (
    Shape,
    constant,
    flag,
    integer,
    media,
    moment,
    nested,
    text,
)
from apps.users.relations import BELL, BLOCKED, BUTTON
from apps.users.stories import STORIES


class PushNotificationShape(Shape):
    """Which events reach the person's phone; `id` is the user's."""

    id = integer("user_id")
    likes = flag("likes")
    comments = flag("comments")
    new_followers = flag("new_followers")
    mentions = flag("mentions")
    direct_messages = flag("direct_messages")
    video_updates = flag("video_updates")


class PrivacySettingShape(Shape):
    """Who may do what with the person's things; `id` is the user's."""

    id = integer("user_id")
    videos_download = flag("videos_download")
    videos_repost = flag("videos_repost")
    direct_message = text("direct_message")
    duet = text("duet")
    liked_videos = text("liked_videos")
    video_comment = text("video_comment")
    order_history = flag("order_history")


class PublicUser(Shape):
    """Anyone's record, as any viewer may see it."""

    id = integer("id")
    username = text("username")
    first_name = text("first_name")
    last_name = text("last_name")
    bio = text("bio")
    website = text("website")
    gender = text("gender")
    profile_pic = media("profile_pic")
    profile_pic_small = media("coalesce(nullif({t}.profile_pic_small, ''), {t}.profile_pic)")
    profile_gif = media("profile_gif")
    city = text("city")
    country = text("country")
    verified = flag("verified")
    private = flag("is_private")
    online = constant(0)
    business = constant(0)  # absent reads as a shop on iOS
    parent = constant(0)
    active = constant(1)
    role = constant("user")
    followers_count = integer("followers_count")
    follower_count = integer("followers_count")
    following_count = integer("following_count")
    likes_count = integer("likes_count")
    video_count = integer("video_count")
    wallet = constant(0)  # somebody else's balance is nobody's business
    button = text(BUTTON)
    notification = flag(BELL)
    block = flag(BLOCKED)  # absent reads as blocked on iOS
    story = constant([])
    created = moment("created_at")


class ProfileUser(PublicUser):
    """A public record with the live stories, which ring the picture."""

    story = STORIES


class FeedUser(ProfileUser):
    """A public record with the settings inside; the Android feed reads them there."""

    PushNotification = nested(
        PushNotificationShape, "n", "FROM users_pushnotificationsetting n WHERE n.user_id = {t}.id"
    )
    PrivacySetting = nested(
        PrivacySettingShape, "p", "FROM users_privacysetting p WHERE p.user_id = {t}.id"
    )


class OwnUser(ProfileUser):
    """The person's own record."""

    email = text("email")
    phone = text("phone")
    dob = text("dob")
    social = text("social")
    paypal = text("paypal")
    referral_code = text("referral_code")
    profile_view = flag("shows_profile_views")
    verification_applied = flag(
        "EXISTS (SELECT FROM moderation_verificationrequest vr"
        " WHERE vr.user_id = {t}.id AND vr.state = 'pending')"
    )
    unread_notification = integer(
        "(SELECT count(*) FROM notifications_notification un"
        " WHERE un.receiver_id = {t}.id AND NOT un.read)"
    )
    wallet = integer("wallet_total({t}.id)")
    total_all_time_coins = integer("wallet_all_time_coins({t}.id)")
    total_coins_all_time = integer("wallet_all_time_coins({t}.id)")
    profile_visit_count = integer(
        "(SELECT count(*) FROM users_profilevisit pv WHERE pv.visited_id = {t}.id AND NOT pv.seen)"
    )
    block = constant(0)


class SignedInUser(OwnUser):
    """The person's own record right after sign-in, with the new token."""

    auth_token = text("%(auth_token)s::text")


class DeviceShape(Shape):
    """An installation; feeds take `id` as `device_id`."""

    id = integer("id")
    key = text("key")
    created = moment("created_at")


class SessionShape(Shape):
    """One sign-in of the caller. The statement joins its phone as `d`."""

    id = integer("id")
    platform = text("coalesce(nullif({t}.platform, ''), d.platform)")
    app_version = text("d.app_version")
    created = moment("created_at")
    last_used = moment("last_used_at")
    current = flag("{t}.id = %(current_id)s")
