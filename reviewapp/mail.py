"""E-mails of the core app."""

from __future__ import annotations

import logging
import smtplib

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from reviewapp.models import Invitation

logger = logging.getLogger(__name__)


def send_invitation(invitation: Invitation, link: str) -> bool:
    """Send the link to the invited address. False (and a line in the server's log) where the mail server refuses."""
    subject = render_to_string("reviewapp/mail/invitation_subject.txt", {"invitation": invitation})
    text = render_to_string("reviewapp/mail/invitation.txt", {"invitation": invitation, "link": link})
    message = EmailMessage(
        " ".join(subject.split()), text, settings.DEFAULT_FROM_EMAIL, [invitation.email], reply_to=_reply_to(invitation)
    )
    try:
        message.send()
    except (smtplib.SMTPException, OSError):
        logger.exception("invitation %s could not be e-mailed", invitation.pk)
        return False
    return True


def _reply_to(invitation: Invitation) -> list[str]:
    """Answers go to the person who invites, not to the server."""
    return [invitation.invited_by.email]
