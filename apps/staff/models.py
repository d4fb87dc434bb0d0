"""What operators may be allowed besides looking at tables and changing them."""

from django.db import models


class Duty(models.Model):
    """No table: a place for permissions."""

    class Meta:
        managed = False
        default_permissions = ()
        verbose_name_plural = "duties"
        permissions = [
            ("warn_people", "Can warn people"),
            ("ban_people", "Can ban people and let them in again"),
            ("reset_profiles", "Can reset profiles"),
            ("reset_accounts", "Can reset passwords and sign people out"),
            ("export_people", "Can download all that is kept about a person"),
            ("export_lists", "Can export lists"),
            ("manage_staff", "Can make operators, give roles and reset second factors"),
        ]

    def __str__(self) -> str:
        return "duty"
