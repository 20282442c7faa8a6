"""The forms that change something; each answers a script with JSON and a plain form with a redirect."""

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from casework.web.console import commandline, permissions, words
from casework.web.console.commands import Done, Refused
from casework.web.console.parts import parts, viewer

TEXT_LIMIT = 2_000_000
ALARMS_LIMIT = 50


def add_to(blueprint: Blueprint) -> None:
    """Add the changing routes."""
    for rule, view, permission in (
        ("/cases/<case_id>/dispatch", dispatch, permissions.ACT_ON_CASES),
        ("/cases/<case_id>/assign", assign, permissions.ACT_ON_CASES),
        ("/cases/<case_id>/escalate", escalate, permissions.ACT_ON_CASES),
        ("/cases/<case_id>/withdraw", withdraw, permissions.ACT_ON_CASES),
        ("/cases/<case_id>/pause", pause, permissions.ACT_ON_CASES),
        ("/cases/<case_id>/resume", resume, permissions.ACT_ON_CASES),
        ("/cases/<case_id>/note", note, permissions.ACT_ON_CASES),
        ("/cases/<case_id>/file", file, permissions.ACT_ON_CASES),
        ("/cases/<case_id>/merge", merge, permissions.END_CASES),
        ("/cases/<case_id>/close", close, permissions.END_CASES),
        ("/cases/<case_id>/void", void, permissions.END_CASES),
        ("/cases/<case_id>/verify", verify, permissions.END_CASES),
        ("/cases/<case_id>/reopen", reopen, permissions.END_CASES),
        ("/alarms/end", end_alarms, permissions.ACT_ON_CASES),
        ("/undo", undo, permissions.ACT_ON_CASES),
        ("/command", command, permissions.ACT_ON_CASES),
        ("/crews/<crew_code>/status", crew_status, permissions.ACT_FOR_CREWS),
        ("/intake/quarantine/<quarantine_id>", resubmit, permissions.MEND_INTAKE),
        ("/intake/quarantine/<quarantine_id>/discard", discard, permissions.MEND_INTAKE),
    ):
        guarded = permissions.needs(permission)(view)
        blueprint.add_url_rule(rule, view_func=guarded, methods=["POST"])


def on_refused(refusal: Refused) -> Response | tuple[Response, int]:
    """Answer an order that was not carried out; registered as the blueprint's handler."""
    sentence = words.refused(refusal.why, refusal.params)
    if _wants_json():
        case_id = (request.view_args or {}).get("case_id")
        return jsonify(ok=False, message=sentence, case=case_id, rows=_rows(case_id, None)), refusal.status
    flash(sentence, "error")
    return _back()


def answer(done: Done) -> Response:
    """Answer an order that was carried out."""
    sentence = words.done(done.what, done.params)
    if _wants_json():
        crew = done.params.get("crew")
        return jsonify(
            ok=True, message=sentence, undo=done.undo, case=done.case_id, what=done.what, crew=crew,
            rows=_rows(done.case_id, crew),
        )  # fmt: skip
    flash(sentence, "done")
    if done.undo:
        flash(done.undo, "undo")
    return _back()


def _rows(case_id: str | None, crew: str | None) -> str:
    """Draw what the order changed, so that the page can paint it without asking again."""
    queries = parts().queries
    rows = queries.rows(viewer(), [case_id]) if case_id else []
    crews = queries.crews(viewer(), [crew]) if crew else []
    return render_template("console/_rows.html", rows=rows, crews=crews)


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _back() -> Response:
    """Go back to the page that the form stood on, if it is one of ours."""
    target = request.form.get("next", "")
    inside = target.startswith("/console/") and "\\" not in target
    return redirect(target if inside else url_for("console.board"), 303)


def _version() -> int | None:
    given = request.form.get("version", "")
    return int(given) if given.isdecimal() and len(given) < 16 else None  # noqa: PLR2004  (what a bigint holds)


def dispatch(case_id: str) -> Response:
    """Send the recommended crew."""
    return answer(parts().commands.dispatch_recommended(viewer(), case_id, _version()))


def assign(case_id: str) -> Response:
    """Send the crew that the person chose."""
    crew_code = request.form.get("crew", "").strip()[:40]
    return answer(parts().commands.assign(viewer(), case_id, crew_code, _version()))


def escalate(case_id: str) -> Response:
    """Take the next step of the escalation chain."""
    return answer(parts().commands.escalate(viewer(), case_id, request.form.get("note", "")[:2000]))


def merge(case_id: str) -> Response:
    """Merge the case into the one with the given number."""
    number = request.form.get("into", "").strip()
    usable = number.isdecimal() and len(number) < 16  # noqa: PLR2004  (what a bigint holds)
    into_id = parts().queries.case_id_by_number(viewer(), int(number)) if usable else None
    if into_id is None:
        raise Refused("unknown_case", status=404)
    return answer(parts().commands.merge(viewer(), case_id, into_id, _version()))


def close(case_id: str) -> Response:
    """Close the case with its disposition."""
    disposition = request.form.get("disposition", "")
    if disposition not in words.DISPOSITION:
        raise Refused("reason_needed", status=422)
    note = request.form.get("note", "")[:2000]
    return answer(parts().commands.close(viewer(), case_id, disposition, note, _version()))


def void(case_id: str) -> Response:
    """Void the case."""
    return answer(parts().commands.void(viewer(), case_id, request.form.get("reason", "")[:2000], _version()))


def _said(name: str) -> str:
    return request.form.get(name, "")[:2000]


def withdraw(case_id: str) -> Response:
    """Take the case away from its crew."""
    return answer(parts().commands.withdraw(viewer(), case_id, _said("reason")))


def verify(case_id: str) -> Response:
    """Confirm the crew's result."""
    return answer(parts().commands.verify(viewer(), case_id))


def reopen(case_id: str) -> Response:
    """Take a done case up again."""
    return answer(parts().commands.reopen(viewer(), case_id, _said("reason")))


def pause(case_id: str) -> Response:
    """Let the clocks stand still."""
    return answer(parts().commands.pause(viewer(), case_id, _said("reason")))


def resume(case_id: str) -> Response:
    """Let the clocks run again."""
    return answer(parts().commands.resume(viewer(), case_id))


def note(case_id: str) -> Response:
    """Add a remark."""
    return answer(parts().commands.note(viewer(), case_id, _said("text")))


def file(case_id: str) -> Response:
    """Give a collected case its place, written as two numbers in degrees."""
    try:
        lat, lon = (float(part) for part in _said("place").replace(",", " ").split())
    except ValueError as error:
        raise Refused("place_unclear", status=422) from error
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):  # noqa: PLR2004  (what degrees can be; NaN is neither)
        raise Refused("place_unclear", status=422)
    return answer(parts().commands.file(viewer(), case_id, lat, lon, _said("address")[:500]))


def discard(quarantine_id: str) -> Response:
    """Set an event in quarantine aside."""
    return answer(parts().commands.discard(viewer(), quarantine_id))


def end_alarms() -> Response:
    """End the alarms of a kind that the person saw."""
    keys = [key[:500] for key in request.form.getlist("key")][:ALARMS_LIMIT]
    return answer(parts().commands.end_alarms(viewer(), request.form.get("kind", "")[:64], keys))


def undo() -> Response:
    """Take back the last order."""
    return answer(parts().commands.undo(viewer(), request.form.get("token", "")[:1000]))


def command() -> Response:
    """Carry out a command line."""
    text = request.form.get("text", "")[:400]
    done = commandline.run(text, viewer(), parts().queries, parts().commands)
    if done.what == "open" and not _wants_json():
        return redirect(url_for("console.case", case_id=done.case_id), 303)
    return answer(done)


def crew_status(crew_code: str) -> Response:
    """Set a crew's status on its behalf."""
    status = request.form.get("status", "")
    if status not in words.CREW_STATUS:
        raise Refused("unknown_command", status=422, text=status)
    return answer(parts().commands.crew_status(viewer(), crew_code, status))


def resubmit(quarantine_id: str) -> Response | tuple[str, int]:
    """Hand a mended event to intake again; what still fails is shown with the text as typed."""
    row = parts().queries.quarantined(viewer(), quarantine_id)
    if row is None:
        abort(404)
    text = request.form.get("text", "")[:TEXT_LIMIT]
    try:
        done = parts().commands.resubmit(viewer(), quarantine_id, text)
    except Refused as refusal:
        problem = words.refused(refusal.why, refusal.params)
        return render_template("console/mend.html", row=row, text=text, problem=problem), refusal.status
    flash(words.done(done.what, done.params), "done")
    return redirect(url_for("console.quarantine"), 303)
