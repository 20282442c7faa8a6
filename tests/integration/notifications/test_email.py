"""Mail through a real server of SMTP on this machine."""

import asyncio
import email
import socket
import warnings
from collections.abc import Iterator
from email.policy import default

import pytest

from notifications import errors
from notifications.channel import OutgoingText
from notifications.email_channel import Email, MailServer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from aiosmtpd.controller import Controller

SENDER = "gongzhi@city.example"


class Mailbox:
    """Takes mail; names that begin with a number answer with it."""

    def __init__(self):
        self.taken = []
        self.after_data = "250 OK"

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802  (aiosmtpd's)
        code = address.partition("@")[0]
        if code.isdigit():
            return f"{code} no"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  (aiosmtpd's)
        self.taken.append(email.message_from_bytes(envelope.content, policy=default))
        if self.after_data == "silence":
            await asyncio.sleep(1.0)
            return "250 OK"
        return self.after_data


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, Email]]:
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    try:
        controller.start()
        yield box, Email(MailServer("127.0.0.1", port, SENDER, encrypted=False))
    finally:
        controller.stop()


def text(to: str = "desk@city.example", body: str = "3021 积水: 已超期 5 分钟") -> OutgoingText:
    return OutgoingText("0190-1", to, body, "zh", None, None, subject=body)


def test_a_text_arrives_in_utf_8_with_the_outbox_row_as_its_id(mailbox) -> None:
    box, channel = mailbox

    channel.send(text())

    (mail,) = box.taken
    assert mail["Message-ID"] == "<0190-1@city.example>"
    assert (mail["To"], mail["Subject"]) == ("desk@city.example", "3021 积水: 已超期 5 分钟")
    assert mail.get_content().strip() == "3021 积水: 已超期 5 分钟"


def test_what_a_resident_wrote_cannot_add_a_header(mailbox) -> None:
    box, channel = mailbox

    channel.send(text(body="积水\r\nBcc: everybody@city.example"))

    assert box.taken[0]["Bcc"] is None


@pytest.mark.parametrize(
    ("name", "raised"), [("550", errors.Refused), ("451", errors.TryLater), ("452", errors.TryLater)]
)
def test_a_mailbox_that_is_refused_tells_for_how_long(mailbox, name, raised) -> None:
    box, channel = mailbox

    with pytest.raises(raised, match=f"smtp:{name}"):
        channel.send(text(f"{name}@city.example"))

    assert box.taken == []


def test_a_message_that_is_refused_at_its_end_is_not_taken(mailbox) -> None:
    box, channel = mailbox
    box.after_data = "554 spam"

    with pytest.raises(errors.Refused, match="smtp:554"):
        channel.send(text())


def test_a_server_that_takes_a_message_in_silence_leaves_it_unknown(mailbox) -> None:
    box, channel = mailbox
    box.after_data = "silence"
    hasty = Email(channel._server, timeout_s=0.3)  # noqa: SLF001

    with pytest.raises(errors.OutcomeUnknown):
        hasty.send(text())

    assert len(box.taken) == 1


def test_a_server_that_is_away_or_offers_no_encryption_is_tried_later(mailbox) -> None:
    _, channel = mailbox
    with pytest.raises(errors.TryLater, match="connect"):
        Email(MailServer("127.0.0.1", 9, SENDER, encrypted=False)).send(text())

    with pytest.raises(errors.TryLater, match="smtp:login"):
        Email(MailServer("127.0.0.1", channel._server.port, SENDER)).send(text())  # noqa: SLF001
