"""The pages of the registers: who sends, what senses, what stands in the city, and how payloads are read."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from casework.analytics.registers import Sought
from casework.domain.mappings import Mapping, Topic
from casework.services.mapping import LONGEST_TEXT
from casework.services.mapping_payloads import LONGEST_SAMPLE
from casework.web.console import permissions
from casework.web.console.parts import parts, viewer
from casework.web.console.register_desk import RegisterDesk

STARTER = """\
id: message_id            # tells messages apart; or only `time`
type: {value: reading}
subject: device
time: {path: at, as: time}
data:
  quantity: {value: water_level}
  value: {path: level, as: number}
  unit: {value: cm}
"""
SAMPLE = '{"message_id": "17", "device": "WL-1", "at": "2026-05-01T08:00:00+08:00", "level": "12.5"}'


def add_to(blueprint: Blueprint) -> None:
    """Add the pages."""
    read, change = permissions.needs(permissions.READ), permissions.needs(permissions.KEEP_REGISTERS)
    for rule, view in (
        ("/register", devices),
        ("/register/<any(assets, parties):register>", placed),
        ("/register/sources", sources),
        ("/register/mappings", mappings),
        ("/register/warnings", warnings),
    ):
        blueprint.add_url_rule(rule, view_func=read(view))
    for rule, view_, methods in (
        ("/register/mappings/<source>/<name>", mapping, ["GET", "POST"]),
        ("/register/mappings/<source>/<name>/preview", mapping_preview, ["POST"]),
        ("/register/topics", put_topic, ["POST"]),
        ("/register/topics/drop", drop_topic, ["POST"]),
        ("/register/held", judge_held, ["POST"]),
    ):
        blueprint.add_url_rule(rule, view_func=change(view_), methods=methods)


def _desk() -> RegisterDesk:
    desk = parts().registers
    if desk is None:
        abort(404)
    return desk


def _sought() -> Sought:
    """Read out of the address what a page is narrowed to."""
    given = {name: request.args.get(name, "").replace("\0", "")[:100] for name in ("q", "kind", "state")}
    cursor = request.args.get("cursor", "").replace("\0", "")[:200]
    return Sought(given["q"].strip(), given["kind"], given["state"], cursor or None)


def devices() -> str:
    """Show the devices with their signs of life."""
    sought = _sought()
    return render_template(
        "console/register_devices.html",
        page=_desk().devices(sought),
        sought=sought,
        summary=_desk().summary(),
        kinds=_desk().kinds("devices"),
    )


def placed(register: str) -> str:
    """Show assets, or companies, vehicles and sites."""
    sought = _sought()
    page, kinds = _desk().placed(register, sought), _desk().kinds(register)
    return render_template(
        "console/register_placed.html", page=page, sought=sought, kinds=kinds, register=register
    )


def sources() -> str:
    """Show the systems that may send."""
    sought = _sought()
    return render_template("console/register_sources.html", page=_desk().sources(sought), sought=sought)


def warnings() -> str:
    """Show the official warnings and how they stand."""
    sought = _sought()
    return render_template("console/register_warnings.html", page=_desk().warnings(sought), sought=sought)


def mappings() -> str:
    """Show how foreign payloads are read, and which topics bring them."""
    found, topics = _desk().mappings()
    known = _desk().sources(Sought()).rows
    return render_template("console/register_mappings.html", mappings=found, topics=topics, sources=known)


def mapping(source: str, name: str) -> Response | str | tuple[str, int]:
    """Show a mapping to be edited, or keep it."""
    if request.method == "GET":
        kept = _desk().mapping(source, name)
        return _editor(source, name, kept.text if kept else STARTER, kept.sample if kept else SAMPLE, kept)
    text, sample = _typed()
    problems = _desk().save(viewer(), source, name, text, sample)
    if problems:
        return _editor(source, name, text, sample, _desk().mapping(source, name), problems), 422
    flash(gettext("The mapping is kept and in force within seconds."), "done")
    return redirect(url_for("console.mapping", source=source, name=name), 303)


def _editor(
    source: str, name: str, text: str, sample: str, kept: Mapping | None, problems: object = ()
) -> str:
    return render_template(
        "console/register_mapping.html",
        source=source,
        name=name,
        text=text,
        sample=sample,
        kept=kept,
        problems=problems,
        preview=_desk().preview(text, sample, source, _topic()),
        topic=_topic(),
    )


def mapping_preview(source: str, name: str) -> str:
    """Show what the mapping as typed makes of the sample as typed."""
    del name
    text, sample = _typed()
    made = _desk().preview(text, sample, source, _topic())
    return render_template("console/_mapping_preview.html", preview=made)


def _typed() -> tuple[str, str]:
    def typed(name: str, longest: int) -> str:
        return request.form.get(name, "")[: longest + 1].replace("\r\n", "\n").replace("\0", "")

    return typed("text", LONGEST_TEXT), typed("sample", LONGEST_SAMPLE)


def _topic() -> str:
    return request.values.get("topic", "")[:500]


def put_topic() -> Response:
    """Take in what comes on a topic filter."""
    topic = Topic(
        filter=request.form.get("filter", "").strip()[:501],
        source=request.form.get("source", "")[:200],
        mapping=request.form.get("mapping", "").strip()[:64] or None,
    )
    problems = _desk().put_topic(viewer(), topic)
    flash(
        "; ".join(problems) or gettext("The topic is taken in within seconds."),
        "error" if problems else "done",
    )
    return redirect(url_for("console.mappings"), 303)


def drop_topic() -> Response:
    """Take in no more what comes on a topic filter."""
    dropped = _desk().drop_topic(viewer(), request.form.get("filter", "")[:500])
    if dropped:
        flash(gettext("The topic is no longer taken in."), "done")
    return redirect(url_for("console.mappings"), 303)


def judge_held() -> Response:
    """Let what was held back of a device be judged after all."""
    source, device = request.form.get("source", "")[:200], request.form.get("device", "")[:256]
    count = _desk().judge_held(viewer(), source, device)
    sentence = ngettext("%(num)s held event is judged now.", "%(num)s held events are judged now.", count)
    flash(sentence, "done")
    return redirect(url_for("console.devices", q=device), 303)
