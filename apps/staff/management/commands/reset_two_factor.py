"""`manage.py reset_two_factor <username>`: for an operator who has lost phone and backup codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.audit.services import Kind, note
from apps.staff import two_factor
from apps.users.models import User


class Command(BaseCommand):
    help = "Forget an operator's authenticator and backup codes; they set up new ones."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *, username: str, **options: Any) -> None:
        user = User.objects.filter(username__lower=username.lower(), is_staff=True).first()
        if user is None:
            raise CommandError(f"No operator is called {username}.")
        if not two_factor.reset(user_id=user.pk):
            raise CommandError(f"{user.username} has set up no second factor.")
        note(Kind.TWO_FACTOR, "reset", about=user, operator_name="manage.py")
        self.stdout.write(
            f"The second factor of {user.username} is forgotten. Their next sign-in asks them to "
            "set one up: manage.py login_link makes a link for it."
        )
