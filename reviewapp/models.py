"""Who, which review, what happened: people, reviews, memberships, invitations, audit events and jobs."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from reviewapp.constants import JobState, Role, Settlement


class UserManager(BaseUserManager["User"]):
    """Accounts are known by their e-mail address."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create an account. Raises ValueError without an e-mail address."""
        if not email:
            raise ValueError("An account needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a server administrator (`manage.py createsuperuser`)."""
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})


class User(AbstractUser):
    """A person with an account. Signs in with the e-mail address; `name` is what others see."""

    username = None  # type: ignore[assignment]  # AbstractUser's column is dropped on purpose
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=120)

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_lower_unique")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """The name others see."""
        return str(self)

    def get_short_name(self) -> str:
        """The name others see."""
        return str(self)


class Review(models.Model):
    """One systematic review: its question (PICOS), its eligibility criteria and how disagreement is settled."""

    title = models.CharField(max_length=300)
    slug = models.SlugField(max_length=80, unique=True, help_text="Short name for the command line.")
    question = models.TextField(blank=True)
    population = models.TextField(blank=True)
    intervention = models.TextField(blank=True)
    comparison = models.TextField(blank=True)
    outcomes = models.TextField(blank=True)
    study_designs = models.TextField(blank=True)
    inclusion_criteria = models.TextField(blank=True)
    exclusion_criteria = models.TextField(blank=True)
    settlement = models.CharField(max_length=20, choices=Settlement, default=Settlement.THIRD_REVIEWER)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", through_fields=("review", "user"), related_name="reviews"
    )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title


class Membership(models.Model):
    """A person's part in a review. Removal keeps the row: votes and events point at the person."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    can_adjudicate = models.BooleanField(default=False)
    joined_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["review", "user"], name="membership_once_per_review"),
            models.CheckConstraint(
                condition=~models.Q(role=Role.OBSERVER, can_adjudicate=True),
                name="membership_observer_never_adjudicates",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"

    @property
    def is_lead(self) -> bool:
        """Leads manage members, searches, settings and read the log."""
        return self.role == Role.LEAD

    @property
    def can_screen(self) -> bool:
        """Leads and reviewers vote; observers read."""
        return self.role in (Role.LEAD, Role.REVIEWER)


class Invitation(models.Model):
    """An e-mail link into a review: valid once, expires, revocable. Only a hash of its token is kept."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role, default=Role.REVIEWER)
    can_adjudicate = models.BooleanField(default=False)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                "review",
                Lower("email"),
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="invitation_one_open_per_email",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at=None) | models.Q(revoked_at=None),
                name="invitation_not_both_accepted_and_revoked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} → {self.review}"


class AuditEvent(models.Model):
    """Who did what, when, to what, from what to what. Written in the same transaction as the change; never updated."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="audit_events", null=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField(null=True)
    object_label = models.CharField(max_length=200, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["review", "-id"], name="audit_review_recent"),
            models.Index(fields=["review", "object_type", "object_id"], name="audit_review_object"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_type} {self.object_id}"


class Job(models.Model):
    """One piece of background work with its progress, visible to the members of its review."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="jobs")
    kind = models.CharField(max_length=40)
    label = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0, help_text="0 while unknown.")
    message = models.CharField(max_length=300, blank=True)
    error = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["review", "kind", "-id"], name="job_review_kind")]

    def __str__(self) -> str:
        return f"{self.label} ({self.get_state_display()})"

    @property
    def percent(self) -> int | None:
        """Whole percent done, None while the total is unknown."""
        return min(100, self.done * 100 // self.total) if self.total else None

    @property
    def is_finished(self) -> bool:
        """True once nothing more will happen to the job."""
        return self.state not in (JobState.QUEUED, JobState.RUNNING)
