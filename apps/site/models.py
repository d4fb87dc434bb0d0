"""What an operator fills for the apps: settings, pages, banners, interests and languages."""

from django.core.validators import RegexValidator
from django.db import models

from apps.users.models import User


class AppSetting(models.Model):
    """A value that the apps read at their start (showSettings)."""

    type = models.CharField(max_length=50, unique=True)
    value = models.CharField(max_length=200, blank=True, help_text="empty: not told to the apps")
    note = models.CharField(max_length=200, blank=True, help_text="what it does, for operators")

    def __str__(self) -> str:
        return self.type


class HtmlPage(models.Model):
    """A text that the apps show in a web view, such as the terms or the privacy policy."""

    name = models.CharField(
        max_length=50,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9_-]+$")],
        help_text="how the apps ask for it: privacypolicy, terms, ...",
    )
    title = models.CharField(max_length=100)
    body = models.TextField(help_text="HTML; it is shown as it is")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.title


class AppSlider(models.Model):
    """A banner on the discover screen."""

    image = models.ImageField(upload_to="slider/")
    url = models.URLField(blank=True, help_text="opened at a tap")
    position = models.PositiveSmallIntegerField(default=0)
    is_shown = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"banner {self.pk}"


class InterestSection(models.Model):
    """A group of interests in the catalogue."""

    title = models.CharField(max_length=50, unique=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.title


class Interest(models.Model):
    """Something that a person may say they like."""

    section = models.ForeignKey(InterestSection, models.PROTECT, related_name="interests")
    title = models.CharField(max_length=50, unique=True)
    icon = models.ImageField(upload_to="interests/", blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    users = models.ManyToManyField(User, through="InterestPick", related_name="interests")

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.title


class InterestPick(models.Model):
    """A person's choice of an interest."""

    user = models.ForeignKey(User, models.CASCADE, db_index=False)
    interest = models.ForeignKey(Interest, models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint("user", "interest", name="site_interest_once")]

    def __str__(self) -> str:
        return f"{self.user_id} likes {self.interest_id}"


class Language(models.Model):
    """A language of clips."""

    code = models.CharField(max_length=10, unique=True, help_text="such as en or pt-BR")
    name = models.CharField(max_length=50, help_text="as its speakers write it")
    position = models.PositiveSmallIntegerField(default=0)
    users = models.ManyToManyField(User, through="LanguagePick", related_name="languages")

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class LanguagePick(models.Model):
    """A language in which a person watches clips."""

    user = models.ForeignKey(User, models.CASCADE, db_index=False)
    language = models.ForeignKey(Language, models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint("user", "language", name="site_language_once")]

    def __str__(self) -> str:
        return f"{self.user_id} watches {self.language_id}"


class Sticker(models.Model):
    """A picture that people put on their stories."""

    title = models.CharField(max_length=50)
    category = models.CharField(max_length=50, blank=True)
    image = models.ImageField(upload_to="stickers/")
    position = models.PositiveSmallIntegerField(default=0)
    is_shown = models.BooleanField(default=True)
    used_count = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.title
