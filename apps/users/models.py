"""Accounts: who a person is, how they prove it, and how they relate to others."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower

models.CharField.register_lookup(Lower)  # username__lower uses the index on lower(username)

# What the old server allows in a name; the apps build links from it.
USERNAME_PATTERN = r"^[A-Za-z0-9_.\-]{2,30}$"


class UserManager(DjangoUserManager["User"]):
    """Creates a person together with the settings rows that every answer needs."""

    @transaction.atomic
    def _create_user(
        self, username: str, email: str | None, password: str | None, **fields: Any
    ) -> "User":
        user = super()._create_user(  # type: ignore[misc]  # the stubs leave it out
            username, email, password, **fields
        )
        PushNotificationSetting.objects.create(user=user)
        PrivacySetting.objects.create(user=user)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person in the apps, or an operator (`is_staff`)."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        BANNED = "banned"
        DELETED = "deleted"

    class Theme(models.TextChoices):
        LIGHT = "light"
        DARK = "dark"
        AUTO = "auto"

    username = models.CharField(
        max_length=30, unique=True, validators=[RegexValidator(USERNAME_PATTERN)]
    )
    email = models.EmailField(blank=True)
    email_verified_at = models.DateTimeField(null=True, blank=True)
    phone = models.CharField(max_length=20, blank=True, help_text="E.164, with +")
    first_name = models.CharField(max_length=50, blank=True)
    last_name = models.CharField(max_length=50, blank=True)
    gender = models.CharField(max_length=20, blank=True)
    dob = models.DateField(null=True, blank=True, verbose_name="date of birth")
    bio = models.CharField(max_length=300, blank=True)
    website = models.CharField(max_length=200, blank=True)
    profile_pic = models.CharField(max_length=500, blank=True, help_text="storage name or URL")
    profile_pic_small = models.CharField(max_length=500, blank=True)
    profile_gif = models.CharField(max_length=500, blank=True)
    social = models.CharField(max_length=20, blank=True, help_text="how the account was made")
    city = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=80, blank=True)
    paypal = models.CharField(max_length=200, blank=True)
    facebook = models.CharField(max_length=200, blank=True)
    instagram = models.CharField(max_length=200, blank=True)
    youtube = models.CharField(max_length=200, blank=True)
    twitter = models.CharField(max_length=200, blank=True)
    referral_code = models.CharField(max_length=20, blank=True)
    referred_by = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="referrals"
    )
    language = models.CharField(max_length=10, default="en", help_text="of the app's screens")
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.AUTO)
    verified = models.BooleanField(default=False, help_text="shows the blue tick")
    is_private = models.BooleanField(default=False)
    shows_profile_views = models.BooleanField(default=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    ban_reason = models.CharField(max_length=200, blank=True)
    banned_until = models.DateTimeField(null=True, blank=True, help_text="empty: for good")
    deleted_at = models.DateTimeField(
        null=True, blank=True, help_text="personal data goes after the grace period"
    )
    purged_at = models.DateTimeField(null=True, blank=True)
    followers_count = models.PositiveIntegerField(default=0)
    following_count = models.PositiveIntegerField(default=0)
    likes_count = models.PositiveIntegerField(default=0, help_text="likes received")
    video_count = models.PositiveIntegerField(default=0)
    is_staff = models.BooleanField(default=False, help_text="may open the operators' pages")
    is_active = models.BooleanField(default=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("username"), name="users_user_username_once"),
            models.UniqueConstraint(
                Lower("email"), name="users_user_email_once", condition=~Q(email="")
            ),
            models.UniqueConstraint("phone", name="users_user_phone_once", condition=~Q(phone="")),
            models.UniqueConstraint(
                "referral_code", name="users_user_referral_once", condition=~Q(referral_code="")
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at"], name="users_user_newest"),
            models.Index(
                fields=["deleted_at"],
                name="users_user_to_purge",
                condition=Q(status="deleted", purged_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.username


class ExternalIdentity(models.Model):
    """An account at Google, Apple, Facebook or Firebase, linked by the provider's subject."""

    class Provider(models.TextChoices):
        GOOGLE = "google"
        APPLE = "apple"
        FACEBOOK = "facebook"
        FIREBASE = "firebase"

    user = models.ForeignKey(User, models.CASCADE, related_name="identities")
    provider = models.CharField(max_length=10, choices=Provider)
    subject = models.CharField(max_length=255)
    proven = models.BooleanField(help_text="the provider's signed token was checked")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "external identities"
        constraints = [
            models.UniqueConstraint("provider", "subject", name="users_identity_subject_once")
        ]

    def __str__(self) -> str:
        return f"{self.provider}:{self.subject}"


class AuthToken(models.Model):
    """One sign-in on one device. Only the digest of the token is kept."""

    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="auth_tokens")
    device = models.ForeignKey(
        "Device", models.SET_NULL, null=True, blank=True, related_name="sessions"
    )
    platform = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-last_used_at"], name="users_token_by_user")]

    def __str__(self) -> str:
        return f"token {self.pk} of user {self.user_id}"


class Device(models.Model):
    """A phone, known by the key that its app sends; what a feed counts as seen hangs on it.

    A push token has one owner: whoever of the phone's users signed in last.
    """

    key = models.CharField(max_length=255, unique=True)
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="devices")
    platform = models.CharField(max_length=20, blank=True)
    app_version = models.CharField(max_length=30, blank=True)
    push_token = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "push_token", name="users_device_push_once", condition=~Q(push_token="")
            )
        ]

    def __str__(self) -> str:
        return f"device {self.pk}"


class PushNotificationSetting(models.Model):
    """Which events reach the person's phone. The row's id is the user's id."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="push_setting")
    likes = models.BooleanField(default=True)
    comments = models.BooleanField(default=True)
    new_followers = models.BooleanField(default=True)
    mentions = models.BooleanField(default=True)
    direct_messages = models.BooleanField(default=True)
    video_updates = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"push settings of user {self.pk}"


class PrivacySetting(models.Model):
    """Who may do what with the person's things. The row's id is the user's id."""

    class Audience(models.TextChoices):
        """The words that the Android client sends and compares with."""

        EVERYONE = "everyone"
        FRIEND = "friend", "friends"
        NO_ONE = "no_one"
        ME = "only_me", "only me"

    user = models.OneToOneField(
        User, models.CASCADE, primary_key=True, related_name="privacy_setting"
    )
    videos_download = models.BooleanField(default=True)
    videos_repost = models.BooleanField(default=True)
    order_history = models.BooleanField(default=False)
    direct_message = models.CharField(max_length=10, choices=Audience, default=Audience.EVERYONE)
    duet = models.CharField(max_length=10, choices=Audience, default=Audience.EVERYONE)
    liked_videos = models.CharField(max_length=10, choices=Audience, default=Audience.ME)
    video_comment = models.CharField(max_length=10, choices=Audience, default=Audience.EVERYONE)

    def __str__(self) -> str:
        return f"privacy settings of user {self.pk}"


class Follow(models.Model):
    """`follower` follows `followed`; `bell` asks for a push at each new video."""

    follower = models.ForeignKey(User, models.CASCADE, related_name="following")
    followed = models.ForeignKey(User, models.CASCADE, related_name="followers")
    bell = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("follower", "followed", name="users_follow_once"),
            models.CheckConstraint(
                condition=~Q(follower=F("followed")), name="users_follow_not_self"
            ),
        ]
        indexes = [models.Index(fields=["followed", "-id"], name="users_follow_followers")]

    def __str__(self) -> str:
        return f"{self.follower_id} follows {self.followed_id}"


class FollowRequest(models.Model):
    """`sender` would like to follow the private account `receiver`; goes when it is answered."""

    sender = models.ForeignKey(User, models.CASCADE, related_name="follow_requests_sent")
    receiver = models.ForeignKey(
        User, models.CASCADE, related_name="follow_requests", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("sender", "receiver", name="users_followrequest_once"),
            models.CheckConstraint(
                condition=~Q(sender=F("receiver")), name="users_followrequest_not_self"
            ),
        ]
        indexes = [models.Index(fields=["receiver", "-id"], name="users_followrequest_newest")]

    def __str__(self) -> str:
        return f"{self.sender_id} asks to follow {self.receiver_id}"


class Block(models.Model):
    """`blocker` has blocked `blocked`; both are hidden from each other everywhere."""

    blocker = models.ForeignKey(User, models.CASCADE, related_name="blocking")
    blocked = models.ForeignKey(User, models.CASCADE, related_name="blocked_by")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("blocker", "blocked", name="users_block_once"),
            models.CheckConstraint(condition=~Q(blocker=F("blocked")), name="users_block_not_self"),
        ]
        indexes = [models.Index(fields=["blocked", "blocker"], name="users_block_reverse")]

    def __str__(self) -> str:
        return f"{self.blocker_id} blocks {self.blocked_id}"


class ProfileVisit(models.Model):
    """The latest look of `visitor` at the profile of `visited`."""

    visitor = models.ForeignKey(User, models.CASCADE, related_name="profile_visits_made")
    visited = models.ForeignKey(User, models.CASCADE, related_name="profile_visits")
    seen = models.BooleanField(default=False, help_text="the visited person has seen the entry")
    visited_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint("visited", "visitor", name="users_visit_once")]
        indexes = [models.Index(fields=["visited", "-visited_at"], name="users_visit_latest")]

    def __str__(self) -> str:
        return f"{self.visitor_id} visited {self.visited_id}"


class ProfileShare(models.Model):
    """Somebody passed a profile's address on."""

    class Platform(models.TextChoices):
        WHATSAPP = "whatsapp"
        TELEGRAM = "telegram"
        TWITTER = "twitter"
        FACEBOOK = "facebook"
        INSTAGRAM = "instagram"
        LINK = "link"
        SMS = "sms"
        EMAIL = "email"
        OTHER = "other"

    sharer = models.ForeignKey(User, models.CASCADE, related_name="+")
    profile = models.ForeignKey(User, models.CASCADE, related_name="shares")
    platform = models.CharField(max_length=10, choices=Platform)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.sharer_id} shared {self.profile_id}"


class LoginLink(models.Model):
    """A one-time link that signs an operator in; only its digest is kept."""

    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"login link of user {self.user_id}"


class OneTimeCode(models.Model):
    """The latest code sent to an address for a purpose, and what knowing it has opened.

    The code is kept as a keyed digest, empty until it was sent and once it is used up.
    """

    class Purpose(models.TextChoices):
        PHONE = "phone", "sign-in or change by phone"
        REGISTER_EMAIL = "register_email", "sign-up by e-mail"
        PASSWORD = "password", "forgotten password"
        CHANGE_EMAIL = "change_email", "change of e-mail"

    purpose = models.CharField(max_length=20, choices=Purpose)
    address = models.CharField(max_length=254, help_text="e-mail in lower case, or E.164")
    user = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, help_text="who changes their address"
    )
    digest = models.BinaryField(max_length=32, blank=True, default=b"", editable=False)
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=200, blank=True, help_text="why it was not sent")
    verified_until = models.DateTimeField(
        null=True, blank=True, help_text="until then the address counts as proven, once"
    )
    verified_network = models.CharField(
        max_length=50, blank=True, help_text="where the code came back from"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "address", "user"],
                name="users_code_one_live",
                nulls_distinct=False,
            )
        ]
        indexes = [models.Index(fields=["expires_at"], name="users_code_age")]

    def __str__(self) -> str:
        return f"{self.purpose} code for {self.address}"
