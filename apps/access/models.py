"""Keys by which programs use the capture API."""

from django.db import models


class ApiKey(models.Model):
    """A program's key. Only its digest is kept; the text is shown once, when it is made."""

    class Scope(models.TextChoices):
        READ = "read", "read"
        WRITE = "write", "read and write"

    name = models.CharField(max_length=100, help_text="which program has it")
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False, help_text="how the key begins")
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.READ)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API key"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}...)"

    def allows(self, scope: str) -> bool:
        """Whether the key may be used for what `scope` stands for; write includes read."""
        return self.scope == self.Scope.WRITE or scope == self.Scope.READ
