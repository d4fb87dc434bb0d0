"""The demo content: gifts with pictures, packages, and coins to spend."""

from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from PIL import Image
from pytest_django.fixtures import Settings

from apps.gifts import demo as gifts_demo
from apps.gifts.models import Gift
from apps.promotions import demo as promotions_demo
from apps.promotions.models import Promotion
from apps.promotions.showing import pick
from apps.users import demo as users_demo
from apps.users.models import User
from apps.videos.models import Video
from apps.wallet import demo as wallet_demo
from apps.wallet import ledger
from apps.wallet.models import CoinPackage, Transfer
from tests.cast import Phone


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def create_all() -> None:
    users_demo.create()
    wallet_demo.create()
    gifts_demo.create()
    promotions_demo.create()


def test_the_demo_content_is_made_once() -> None:
    for _ in range(2):
        create_all()
    assert Gift.objects.count() == len(gifts_demo.CATALOGUE)
    assert CoinPackage.objects.count() == 5
    assert Transfer.objects.count() == len(users_demo.PEOPLE)
    demo = User.objects.get(username="demo")
    assert ledger.total(demo.id) == wallet_demo.DEMO_COINS


def test_every_demo_gift_has_a_picture_of_its_own_that_is_served(phone: Phone) -> None:
    create_all()
    pictures = set()
    for gift in Gift.objects.all():
        with default_storage.open(gift.image.name) as file:
            image = Image.open(file)
            assert image.size == (256, 256)
            pictures.add(image.tobytes())
    assert len(pictures) == len(gifts_demo.CATALOGUE)
    first = phone.call("showGifts")["msg"][0]["Gift"]
    assert first["image"] == "http://testserver/media/gifts/rose.png"


def test_a_demo_clip_is_promoted_once_and_shown_to_the_demo_person() -> None:
    create_all()
    assert not Promotion.objects.exists()  # without clips there is nothing to promote
    creator = User.objects.get(username=promotions_demo.OWNER)
    clip = Video.objects.create(user=creator, state="ready", file="a.mp4")
    for _ in range(2):
        promotions_demo.create()
    promotion = Promotion.objects.get()
    assert (promotion.state, promotion.video_id) == ("running", clip.pk)
    picked = pick(viewer_id=User.objects.get(username="demo").pk)
    assert picked is not None
    assert picked.promotion_id == promotion.pk
