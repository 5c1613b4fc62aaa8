"""What a person changes about the own account, beyond what allauth does."""

from __future__ import annotations

from django.db import transaction

from reviewapp.audit import Occasion, log_event
from reviewapp.constants import AuditKind
from reviewapp.models import User


@transaction.atomic
def rename_user(*, actor: User, name: str) -> User:
    """Change the name that others see. Nothing is written where it is the same."""
    user = User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if user.name == name:
        return user
    before, user.name = user.name, name
    user.save(update_fields=["name"])
    log_event(Occasion(None, user), AuditKind.ACCOUNT_RENAMED, user, before={"name": before}, after={"name": name})
    return user
