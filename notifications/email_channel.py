"""E-mail over SMTP, one connection a message, by the standard library."""

import smtplib
import ssl
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formataddr
from typing import ClassVar

from notifications import errors, templates
from notifications.channel import Accepted, OutgoingText
from notifications.chat_channel import ChatChannel

_PERMANENT = range(500, 600)
_LONGEST_SUBJECT = 80
_LATEST_S = 6.0
"""A message is not begun later than this: the whole call must end within the outbox's patience."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in; `encrypted` demands STARTTLS before anything is said."""

    host: str
    port: int
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    encrypted: bool = True


class Email(ChatChannel):
    """Hands a text to one mail server as a plain message in UTF-8.

    The message's id is made of the outbox row's, so that a message handed in twice after a lost answer is
    one message to every mailbox that looks at ids.
    """

    name: ClassVar[str] = "email"

    def __init__(self, server: MailServer, *, timeout_s: float = 2.0) -> None:
        self._server = server
        self._timeout_s = timeout_s

    def send(self, text: OutgoingText) -> Accepted:
        """Hand in one message."""
        message = self._message(text)
        began = time.monotonic()
        try:
            # Connecting, greeting, encrypting and signing in: nothing is taken before the last full stop.
            mail = smtplib.SMTP(self._server.host, self._server.port, timeout=self._timeout_s)
        except (OSError, smtplib.SMTPException) as error:
            raise errors.TryLater("connect", type(error).__name__) from error
        try:
            self._enter(mail)
            self._address(mail, text.to)
            if time.monotonic() - began > _LATEST_S:
                raise errors.TryLater("smtp:slow", "the mail server took too long before the message")
            self._hand_in(mail, message)
        finally:
            mail.close()
        return Accepted(str(message["Message-ID"])[:64], None)

    def _enter(self, mail: smtplib.SMTP) -> None:
        server = self._server
        try:
            if server.encrypted:
                mail.starttls(context=ssl.create_default_context())
            if server.user:
                mail.login(server.user, server.password or "")
        except (OSError, smtplib.SMTPException) as error:
            # Settings that are wrong hold mail back until they are mended, and lose none.
            raise errors.TryLater("smtp:login", type(error).__name__) from error

    def _address(self, mail: smtplib.SMTP, to: str) -> None:
        try:
            mail.ehlo_or_helo_if_needed()
            for code, _ in (mail.mail(self._server.sender), mail.rcpt(to)):
                _demand(code)
        except (OSError, smtplib.SMTPException) as error:
            raise errors.TryLater("connection_lost", type(error).__name__) from error

    def _hand_in(self, mail: smtplib.SMTP, message: EmailMessage) -> None:
        try:
            code, _ = mail.data(message.as_bytes())
        except smtplib.SMTPDataError as error:
            _demand(error.smtp_code)
            raise errors.TryLater(f"smtp:{error.smtp_code}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise errors.OutcomeUnknown("connection_lost", type(error).__name__) from error
        _demand(code)

    def _message(self, text: OutgoingText) -> EmailMessage:
        message = EmailMessage()
        domain = self._server.sender.rpartition("@")[2]
        message["Message-ID"] = f"<{text.id}@{domain}>"
        message["From"] = formataddr(("共治 Gongzhi", self._server.sender))
        message["To"] = text.to
        subject = templates.clean(text.subject or text.body)
        message["Subject"] = subject[:_LONGEST_SUBJECT]
        message["Content-Language"] = text.language
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answer comes back
        message.set_content(text.body)
        return message


def _demand(code: int) -> None:
    if code in _PERMANENT:
        raise errors.Refused(f"smtp:{code}", "the mail server refuses for good")
    if not 200 <= code < 400:  # noqa: PLR2004  (SMTP's classes of success)
        raise errors.TryLater(f"smtp:{code}", "the mail server asks to wait")
