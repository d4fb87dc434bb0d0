"""People for a first look: `demo` (id 1, whom old test scripts ask for) and some creators."""

from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image, ImageDraw, ImageFont

from apps.users.models import Follow, User

AVATAR_PX = 256
PEOPLE = [
    ("demo", "Demo", "Viewer", "Try me: I have coins to spend."),
    ("mira.paints", "Mira", "Okafor", "Colour first, questions later."),
    ("loop_lab", "Loop", "Lab", "Shapes that never stop."),
    ("noah.beats", "Noah", "Lindqvist", "Tones, drums and coffee."),
    ("skyline", "Sky", "Tanaka", "Cities at odd hours."),
]


@transaction.atomic
def create() -> None:
    """Create the demo people who are missing, and let the creators follow each other."""
    people = [person(*row) for row in PEOPLE]
    demo, *creators = people
    for creator in creators[:2]:
        Follow.objects.get_or_create(follower=demo, followed=creator)
        Follow.objects.get_or_create(follower=creator, followed=demo)
    for user in people:
        user.followers_count = user.followers.count()
        user.following_count = user.following.count()
        user.save(update_fields=["followers_count", "following_count"])


def person(username: str, first_name: str, last_name: str, bio: str) -> User:
    known = User.objects.filter(username=username).first()
    return known or User.objects.create_user(
        username,
        first_name=first_name,
        last_name=last_name,
        bio=bio,
        profile_pic=avatar(f"demo/people/{username}.png", first_name[0] + last_name[0]),
    )


def avatar(name: str, initials: str) -> str:
    """Draw initials on a colour of their own, and return the stored file's name."""
    hue = sum(map(ord, name)) * 47 % 360
    picture = Image.new("RGB", (AVATAR_PX, AVATAR_PX), f"hsl({hue}, 55%, 45%)")
    middle = (AVATAR_PX / 2, AVATAR_PX / 2)
    font = ImageFont.load_default(size=AVATAR_PX * 0.42)
    ImageDraw.Draw(picture).text(middle, initials, fill="white", anchor="mm", font=font)
    content = BytesIO()
    picture.save(content, "PNG")
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(content.getvalue()))
    return name
