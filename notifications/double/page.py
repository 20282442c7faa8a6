"""A page to read texts on, like the phones they would arrive on; it asks no other host for anything."""

import re
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

import jinja2
from markupsafe import Markup, escape
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from notifications import segments
from notifications.double.book import Book, Entry
from notifications.double.config import DoubleConfig

_LINK = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&*+,;=%]+")
_TRAILING = ".,;:!?"
_CONVERSATIONS, _SHOWN = 200, 100
_ASSETS = {"page.css": "text/css", "page.js": "text/javascript"}
_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'"
_ZONE = ZoneInfo("Asia/Shanghai")
_WORDS = {
    "zh": {
        "title": "短信模拟器",
        "empty": "还没有短信。产品发出的短信会出现在这里。",
        "choose": "选择一个号码查看短信",
        "people": "号码",
        "reply": "以此号码回复",
        "send": "发送",
        "note": "模拟服务商:不会发出真实短信",
        "segments": "条",
        "other": "English",
        "queued": "排队",
        "sent": "已发出",
        "delivered": "已送达",
        "undelivered": "未送达",
        "failed": "失败",
        "received": "已收到",
        "late": "产品没有回应",
    },
    "en": {
        "title": "Text messages",
        "empty": "No texts yet. What the product sends appears here.",
        "choose": "Choose a number to read its texts",
        "people": "Numbers",
        "reply": "Reply as this number",
        "send": "Send",
        "note": "A double of the provider: no real text is sent",
        "segments": "SMS",
        "other": "中文",
        "queued": "queued",
        "sent": "sent",
        "delivered": "delivered",
        "undelivered": "not delivered",
        "failed": "failed",
        "received": "received",
        "late": "The product did not answer",
    },
}


def show(request: Request, book: Book, config: DoubleConfig) -> Response:
    """Answer the page: all conversations, and the one asked for with `?person=`."""
    language = _language(request)
    conversations = book.conversations(_CONVERSATIONS)
    person = request.args.get("person") or (conversations[0].person if conversations else None)
    html = _template().render(
        words=_WORDS[language],
        language=language,
        other="en" if language == "zh" else "zh",
        person=person,
        conversations=conversations,
        entries=book.newest_first(person)[:_SHOWN][::-1] if person else [],
        can_reply=config.inbound_url is not None,
    )
    headers = {
        "Content-Security-Policy": _POLICY,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
    }
    return Response(html, mimetype="text/html", headers=headers)


def asset(name: str) -> Response:
    """Answer the page's own style or script."""
    if name not in _ASSETS:
        raise NotFound
    return Response(_read(name), mimetype=_ASSETS[name])


def link(body: str) -> Markup:
    """Answer a body as HTML with its addresses to click; everything else is escaped."""
    parts, end = [], 0
    for found in _LINK.finditer(body):
        url = found.group().rstrip(_TRAILING)
        parts += [escape(body[end : found.start()]), _anchor(url)]
        end = found.start() + len(url)
    return Markup().join([*parts, escape(body[end:])])


def _anchor(url: str) -> Markup:
    return Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>').format(url)


def _language(request: Request) -> str:
    asked = request.args.get("lang")
    return asked if asked in _WORDS else request.accept_languages.best_match(["zh", "en"], default="zh")


def _clock_time(entry: Entry) -> str:
    return entry.created_at.astimezone(_ZONE).strftime("%H:%M:%S")


@cache
def _read(name: str) -> str:
    return resources.files("notifications.double").joinpath(f"static/{name}").read_text(encoding="utf-8")


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters |= {"link": link, "clock_time": _clock_time, "size": segments.count}
    return environment.from_string(_read("page.html"))
