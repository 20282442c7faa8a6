"""Doubles of the chat vendors, of the second provider of texts and of a webhook's receiver, in one server.

Each refuses in its vendor's own manner: DingTalk and WeCom with an `errcode` behind HTTP 200, Telegram with
`retry_after` in the body, Aliyun with a `Code`. The control pages have no lock: loopback only.
"""

import errno
import json
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wrappers import Request, Response

from notifications import signatures, vendor_crypto
from notifications.double.faults import FaultSwitch
from notifications.double.handler import QuietHandler
from notifications.signatures import BadSignature

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_MAX_REQUEST = 256_000
_STOP_NOTICED_S = 0.02
_TOKEN_S = 7_200
_CHINA = ZoneInfo("Asia/Shanghai")
_URLS = Map(
    [
        Rule("/robot/send", endpoint="dingtalk_robot", methods=["POST"]),
        Rule("/v1.0/oauth2/accessToken", endpoint="dingtalk_token", methods=["POST"]),
        Rule("/v1.0/robot/oToMessages/batchSend", endpoint="dingtalk_chat", methods=["POST"]),
        Rule("/cgi-bin/gettoken", endpoint="wecom_token", methods=["GET"]),
        Rule("/cgi-bin/message/send", endpoint="wecom_chat", methods=["POST"]),
        Rule("/cgi-bin/webhook/send", endpoint="wecom_robot", methods=["POST"]),
        Rule("/bot<token>/sendMessage", endpoint="telegram", methods=["POST"]),
        Rule("/webhook", endpoint="webhook", methods=["POST"]),
        Rule("/", endpoint="aliyun", methods=["POST"]),
        Rule("/__faults", endpoint="change_faults", methods=["POST"]),
        Rule("/__received", endpoint="shown", methods=["GET"]),
    ]
)


@dataclass(frozen=True, slots=True)
class VendorConfig:
    """The secrets that the doubles believe; `known` are the people that the chat vendors have heard of."""

    clock: Callable[[], datetime]
    secret: str = field(default="SECdemo", repr=False)
    webhook_secret: str = field(default="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", repr=False)
    unknown: str = "nobody"
    blocked: str = "403"
    keep: int = 50_000


@dataclass(frozen=True, slots=True)
class Taken:
    """One message that a double took."""

    vendor: str
    to: str
    body: str
    id: str
    at: datetime


class VendorDoubles:
    """A WSGI application that is all the vendors; `close` wakes every request that is made to wait."""

    def __init__(self, config: VendorConfig) -> None:
        self.config = config
        self.faults = FaultSwitch()
        self.taken: deque[Taken] = deque(maxlen=config.keep)
        self._token = "token-1"  # noqa: S105  (a double's)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._seen: set[tuple[str, str]] = set()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        request.max_content_length = _MAX_REQUEST
        try:
            endpoint, values = _URLS.bind_to_environ(environ).match()
            handler: Callable[..., Response] = getattr(self, f"_{endpoint}")
            response: Any = handler(request, **values)
        except HTTPException as error:
            response = error.get_response(environ)
        answered: Iterable[bytes] = response(environ, start_response)
        return answered

    def close(self) -> None:
        """Stop waiting."""
        self._stopping.set()

    def end_tokens(self) -> None:
        """Let every access token be over, as vendors do before its time."""
        with self._lock:
            self._token = f"token-{uuid.uuid4().hex[:8]}"

    def bodies(self, vendor: str) -> list[str]:
        """Answer what one vendor took, oldest first."""
        return [one.body for one in self.taken if one.vendor == vendor]

    def _fate(self, busy: Mapping[str, object], fast: Mapping[str, object]) -> Response | None:
        """Draw what happens: None to go on, or the refusal in the vendor's manner."""
        self._stopping.wait(self.faults.now.latency_s)
        fate = self.faults.draw()
        if fate == "unavailable":
            return _json(busy)
        if fate == "too_many":
            return _json(fast)
        self._hangs.value = fate == "hang"
        return None

    _hangs = threading.local()

    def _take(self, vendor: str, to: str, body: str, answer: Mapping[str, object], key: str = "") -> Response:
        taken = Taken(vendor, to, body, key or uuid.uuid4().hex, self.config.clock())
        self.taken.append(taken)
        if self._hangs.value:
            self._stopping.wait(self.faults.now.hang_s)
            raise ConnectionResetError(errno.ECONNRESET, "taken, and no answer given")
        return _json(answer)

    def _dingtalk_robot(self, request: Request) -> Response:
        try:
            vendor_crypto.verify_dingtalk(
                self.config.secret,
                request.args.get("timestamp"),
                request.args.get("sign"),
                now=self.config.clock(),
            )
        except BadSignature:
            return _json({"errcode": 310000, "errmsg": "sign not match"})
        refused = self._fate({"errcode": -1, "errmsg": "busy"}, {"errcode": 130101, "errmsg": "too fast"})
        if refused is not None:
            return refused
        body = _read(request).get("text", {}).get("content", "")
        return self._take("dingtalk", "group", body, {"errcode": 0, "errmsg": "ok"})

    def _dingtalk_token(self, request: Request) -> Response:
        if _read(request).get("appSecret") != self.config.secret:
            return _json({"code": "invalidClientIdOrSecret", "message": "no"}, 400)
        return _json({"accessToken": self._token, "expireIn": _TOKEN_S})

    def _dingtalk_chat(self, request: Request) -> Response:
        if request.headers.get("x-acs-dingtalk-access-token") != self._token:
            return _json({"code": "InvalidAuthentication", "message": "token"}, 401)
        sent = _read(request)
        to = str((sent.get("userIds") or [""])[0])
        refused = self._fate({"code": "-1"}, {"flowControlledStaffIdList": [to]})
        if refused is not None:
            return refused if "flow" in refused.get_data(as_text=True) else _json({"code": "-1"}, 503)
        if to == self.config.unknown:
            return _json({"invalidStaffIdList": [to], "processQueryKey": "k"})
        body = json.loads(sent["msgParam"])["content"]
        return self._take("dingtalk_chat", to, body, {"processQueryKey": uuid.uuid4().hex})

    def _wecom_token(self, request: Request) -> Response:
        if request.args.get("corpsecret") != self.config.secret:
            return _json({"errcode": 40001, "errmsg": "invalid credential"})
        return _json({"errcode": 0, "errmsg": "ok", "access_token": self._token, "expires_in": _TOKEN_S})

    def _wecom_chat(self, request: Request) -> Response:
        if request.args.get("access_token") != self._token:
            return _json({"errcode": 42001, "errmsg": "access_token expired"})
        refused = self._fate({"errcode": -1}, {"errcode": 45009})
        if refused is not None:
            return refused
        sent = _read(request)
        to, body = str(sent.get("touser")), sent.get("text", {}).get("content", "")
        if to == self.config.unknown:
            return _json({"errcode": 81013, "errmsg": "all invalid"})
        answer = {"errcode": 0, "errmsg": "ok", "msgid": uuid.uuid4().hex}
        with self._lock:
            seen = (to, body) in self._seen
            self._seen.add((to, body))
        if seen and sent.get("enable_duplicate_check") == 1:
            return _json(answer)  # the same again within the interval: accepted, and shown to nobody
        return self._take("wecom_chat", to, body, answer)

    def _wecom_robot(self, request: Request) -> Response:
        if request.args.get("key") != self.config.secret:
            return _json({"errcode": 93000, "errmsg": "invalid webhook url"})
        refused = self._fate({"errcode": -1}, {"errcode": 45009})
        if refused is not None:
            return refused
        body = _read(request).get("text", {}).get("content", "")
        return self._take("wecom", "group", body, {"errcode": 0, "errmsg": "ok"})

    def _telegram(self, request: Request, token: str) -> Response:
        if token != self.config.secret:
            return _json({"ok": False, "error_code": 401, "description": "Unauthorized"}, 401)
        slow = {"ok": False, "error_code": 429, "parameters": {"retry_after": 3}}
        refused = self._fate({"ok": False, "error_code": 502}, slow)
        if refused is not None:
            refused.status_code = 429 if "retry_after" in refused.get_data(as_text=True) else 502
            return refused
        sent = _read(request)
        to = str(sent.get("chat_id"))
        if to == self.config.blocked:
            refusal = {
                "ok": False,
                "error_code": 403,
                "description": "Forbidden: bot was blocked by the user",
            }
            return _json(refusal, 403)
        answer = {"ok": True, "result": {"message_id": len(self.taken) + 1}}
        return self._take("telegram", to, str(sent.get("text")), answer)

    def _webhook(self, request: Request) -> Response:
        try:
            signatures.verify_standard_webhook(
                [self.config.webhook_secret],
                dict(request.headers),
                request.get_data(),
                now=self.config.clock(),
            )
        except BadSignature:
            return _json({"detail": "signature"}, 401)
        refused = self._fate({"busy": True}, {"fast": True})
        if refused is not None:
            refused.status_code = 429 if "fast" in refused.get_data(as_text=True) else 500
            return refused
        sent = _read(request)
        key = request.headers["webhook-id"]
        return self._take(
            "webhook", request.host, sent["data"].get("text") or json.dumps(sent["data"]), {}, key
        )

    def _aliyun(self, request: Request) -> Response:
        fields = request.form.to_dict()
        given = fields.pop("Signature", "")
        if given != vendor_crypto.sign_aliyun(self.config.secret, "POST", fields):
            return _json({"Code": "SignatureDoesNotMatch", "Message": "no"}, 400)
        if fields.get("Action") == "QuerySendDetails":
            return self._aliyun_list(fields)
        refused = self._fate({"Code": "isp.SYSTEM_ERROR"}, {"Code": "isv.BUSINESS_LIMIT_CONTROL"})
        if refused is not None:
            return refused
        body = json.loads(fields["TemplateParam"])["content"]
        answer = {"Code": "OK", "Message": "OK", "BizId": uuid.uuid4().hex, "RequestId": uuid.uuid4().hex}
        return self._take("aliyun", fields["PhoneNumbers"], body, answer, fields.get("OutId", ""))

    def _aliyun_list(self, fields: Mapping[str, str]) -> Response:
        if self.faults.now.outage:
            return _json({"Code": "isp.SYSTEM_ERROR"}, 503)
        listed = [
            {"OutId": one.id, "Content": one.body, "PhoneNum": one.to}
            for one in self.taken
            if one.vendor == "aliyun"
            and one.to == fields.get("PhoneNumber")
            and one.at.astimezone(_CHINA).strftime("%Y%m%d") == fields.get("SendDate")
        ]
        size, page = int(fields.get("PageSize", "10")), int(fields.get("CurrentPage", "1"))
        shown = listed[(page - 1) * size : page * size]
        return _json({"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": shown}})

    def _change_faults(self, request: Request) -> Response:
        try:
            self.faults.change(_read(request))
        except ValueError as error:
            return _json({"detail": str(error)}, 422)
        return _json(self.faults.shown())

    def _shown(self, _request: Request) -> Response:
        rows = [{"vendor": one.vendor, "to": one.to, "body": one.body} for one in list(self.taken)[-1000:]]
        return _json({"total": len(self.taken), "received": rows})


class RunningVendors:
    """The doubles, serving from a thread of their own until `stop`; also a context manager."""

    def __init__(self, config: VendorConfig, *, port: int = 0) -> None:
        self.doubles = VendorDoubles(config)
        self._server: BaseWSGIServer = make_server(
            "127.0.0.1", port, self.doubles, threaded=True, request_handler=QuietHandler
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_STOP_NOTICED_S,), name="vendors", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and free the port."""
        self.doubles.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _read(request: Request) -> dict[str, Any]:
    try:
        sent = json.loads(request.get_data())
    except ValueError:
        return {}
    return sent if isinstance(sent, dict) else {}


def _json(shown: Mapping[str, object], status: int = 200) -> Response:
    return Response(json.dumps(shown, ensure_ascii=False), status, mimetype="application/json")
