"""People for a first look: `demo` (id 1, whom old test scripts ask for) and some creators."""

from django.db import transaction

from apps.users.models import Follow, User

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
        username, first_name=first_name, last_name=last_name, bio=bio
    )
