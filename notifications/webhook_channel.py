"""Signed calls to other systems (Standard Webhooks), never to a private host unless that is allowed."""

import ipaddress
import json
import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import SplitResult, urlsplit

import urllib3

from notifications import errors, provider_codes, signatures, wire
from notifications.channel import Accepted, OutgoingText
from notifications.chat_channel import ChatChannel

Resolve = Callable[[str, int], Sequence[str]]
_REDIRECT, _CLIENT_ERROR = 300, 400
_GONE = 410


class Webhook(ChatChannel):
    """Posts each text as a signed JSON object to the address, an absolute URL.

    `webhook-id` is the outbox row and stays the same at every attempt, so that the receiver can tell a
    repeated call; hence a call without an answer is simply made again. The host's name is resolved once and
    the call goes to that very address, so that a name cannot point elsewhere a moment later. Redirects are
    not followed.
    """

    name: ClassVar[str] = "webhook"

    def __init__(
        self,
        secret: str,
        *,
        clock: Callable[[], datetime],
        allow_private: bool = False,
        timeout_s: float = 5.0,
        resolve: Resolve | None = None,
    ) -> None:
        self._secret = secret
        self._clock = clock
        self._allow_private = allow_private
        self._timeout_s = timeout_s
        self._resolve = resolve or resolved

    def send(self, text: OutgoingText) -> Accepted:
        """Make one call."""
        target = urlsplit(text.to)
        try:
            port = target.port or (443 if target.scheme == "https" else 80)
        except ValueError as error:
            raise errors.Refused("webhook:address", "the address cannot be read") from error
        if target.scheme not in {"http", "https"} or not target.hostname:
            raise errors.Refused("webhook:address", "the address is no http or https address")
        ip = self._allowed(target.hostname, port)
        answer = self._post(target, ip, port, text)
        if answer.status >= _REDIRECT:
            raise read_status(answer)
        return Accepted(f"webhook:{text.id}", None)

    def _allowed(self, host: str, port: int) -> str:
        try:
            addresses = self._resolve(host, port)
        except OSError as error:
            raise errors.TryLater("connect", "the host's name cannot be resolved") from error
        if not addresses:
            raise errors.TryLater("connect", "the host has no address")
        if not self._allow_private and not all(map(is_public, addresses)):
            raise errors.Refused("webhook:private", "the host is private; GONGZHI_WEBHOOK_PRIVATE allows it")
        return addresses[0]

    def _post(self, target: SplitResult, ip: str, port: int, text: OutgoingText) -> wire.Answer:
        now = self._clock()
        kind = f"gongzhi.{text.purpose or 'message'}"
        told = {"type": kind, "timestamp": now.isoformat(), "data": _data(text)}
        body = json.dumps(told, ensure_ascii=False)
        headers = {
            "Content-Type": "application/json",
            "Host": target.netloc.rpartition("@")[2],
            "webhook-id": text.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signatures.sign_standard_webhook(self._secret, text.id, now, body),
        }
        named = f"[{ip}]" if ":" in ip else ip
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        host = target.hostname or ""
        more = {"server_hostname": host, "assert_hostname": host}
        # A pool of its own for each call: the certificate is checked for the name, not for the address.
        with _pool(more if target.scheme == "https" else {}) as pool:
            call = wire.Wire(timeout_s=self._timeout_s, pool=pool)
            try:
                return call.call("POST", f"{target.scheme}://{named}:{port}{path}", body.encode(), headers)
            except errors.OutcomeUnknown as unknown:
                # The receiver knows the id: calling again does no harm.
                raise errors.TryLater(unknown.code, unknown.detail) from unknown


def _data(text: OutgoingText) -> Mapping[str, Any]:
    """Answer what a call tells: a body that is a JSON object as it is, words with their language."""
    try:
        read = json.loads(text.body) if text.body.startswith("{") else None
    except ValueError:
        read = None
    if isinstance(read, dict):
        return {"id": text.id, **read}
    return {"id": text.id, "text": text.body, "language": text.language}


def _pool(more: Mapping[str, Any]) -> urllib3.PoolManager:
    return urllib3.PoolManager(num_pools=1, **more)


def resolved(host: str, port: int) -> Sequence[str]:
    """Answer every address of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


def is_public(address: str) -> bool:
    """Tell whether an address is one of the open internet, read as what it stands for if it wraps another."""
    read = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(read, ipaddress.IPv6Address):
        inner = read.ipv4_mapped or read.sixtofour or (read.teredo[1] if read.teredo else None)
        if inner is not None and not inner.is_global:
            return False
    return read.is_global and not read.is_multicast


def read_status(answer: wire.Answer) -> errors.ChannelError:
    """Read an answer that is no success: 410 ends the subscription, a redirect is never followed."""
    code = f"http:{answer.status}"
    if answer.status < _CLIENT_ERROR:
        return errors.Refused(code, "the receiver redirects, which is not followed")
    if answer.status == _GONE or provider_codes.is_permanent(code, answer.status):
        return errors.Refused(code)
    return errors.TryLater(code, retry_after_s=answer.retry_after_s)
