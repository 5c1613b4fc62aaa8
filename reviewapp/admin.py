"""The administrator's pages: accounts can be changed (and the change is logged); everything else is for looking.

A review is changed through its own pages only, where every write leaves an event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.db import models, transaction
from django.forms import ModelForm
from django.http import HttpRequest

from reviewapp.audit import Occasion, log_event
from reviewapp.constants import AuditKind
from reviewapp.models import AuditEvent, Invitation, Job, Membership, Review, User

if TYPE_CHECKING:
    AccountFormBase = BaseUserCreationForm[User]
    AccountAdminBase = UserAdmin[User]
    RowsAdminBase = admin.ModelAdmin[Any]
    AccountForm = ModelForm[User]
else:  # Django's admin and form classes take no parameters at run time
    AccountFormBase, AccountAdminBase, RowsAdminBase, AccountForm = (
        BaseUserCreationForm,
        UserAdmin,
        admin.ModelAdmin,
        ModelForm,
    )

LOGGED = ("email", "name", "is_active", "is_staff", "is_superuser")


class AccountCreationForm(AccountFormBase):
    """A new account: e-mail address, name, password twice."""

    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class AccountAdmin(AccountAdminBase):
    """Accounts."""

    add_form = AccountCreationForm
    list_display = ("email", "name", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    ordering = ("email",)
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Rights on this server", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "name", "password1", "password2")}),)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Accounts are made inactive, not deleted: votes and events point at them."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: AccountForm, change: bool) -> None:
        """Save the account and log what was changed; never the password itself."""
        actor = request.user
        assert isinstance(actor, User)
        former = User.objects.filter(pk=obj.pk).first()
        before = {name: getattr(former, name) for name in LOGGED} if former else {}
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            after = {name: getattr(obj, name) for name in LOGGED}
            changed = [name for name in LOGGED if before.get(name) != after[name]]
            log_event(
                Occasion(None, actor),
                AuditKind.ACCOUNT_CHANGED,
                obj,
                before={name: before[name] for name in changed if name in before},
                after={name: after[name] for name in changed},
            )


class ReadOnlyAdmin(RowsAdminBase):
    """Rows to look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never."""
        return False


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    """Reviews."""

    list_display = ("title", "slug", "created_by", "created_at")
    list_select_related = ("created_by",)
    search_fields = ("title", "slug")


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    """Who is in which review."""

    list_display = ("review", "user", "role", "can_adjudicate", "joined_at", "removed_at")
    list_select_related = ("review", "user")
    list_filter = ("role",)


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Invitations, without the hash of their links."""

    list_display = ("email", "review", "role", "invited_at", "expires_at", "accepted_at", "revoked_at")
    list_select_related = ("review",)
    exclude = ("token_hash",)


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Background work."""

    list_display = ("label", "review", "kind", "state", "done", "total", "attempts", "created_at", "finished_at")
    list_select_related = ("review",)
    list_filter = ("state", "kind")


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """What happened to accounts. What happened inside a review is for its leads to read: votes may be unsettled."""

    list_display = ("at", "kind", "actor", "object_label")
    list_select_related = ("actor",)
    list_filter = ("kind",)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[AuditEvent]:
        """Events outside of reviews."""
        return super().get_queryset(request).filter(review=None)
