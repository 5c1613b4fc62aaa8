"""The one field that an account has beyond allauth's: the person's name. (allauth imports this by dotted string.)"""

from __future__ import annotations

from django import forms
from django.http import HttpRequest

from reviewapp.models import User


class SignupForm(forms.Form):
    """Base class of allauth's sign-up form."""

    name = forms.CharField(
        max_length=120,
        label="Your name",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text="As your team knows you.",
    )
    field_order = ["name", "email", "password1", "password2"]

    def signup(self, request: HttpRequest, user: User) -> None:
        """Keep the name on the new account."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
