"""The pages that only read."""

from dataclasses import fields

from flask import Blueprint, abort, render_template, request, send_file
from werkzeug.wrappers import Response

from casework.analytics.filters import BoardFilters
from casework.analytics.inbox import OUTCOMES, EventFilter
from casework.services import photos
from casework.web.console import permissions
from casework.web.console.parts import listed, parts, viewer


def add_to(blueprint: Blueprint) -> None:
    """Add the reading pages."""
    for rule, view in (
        ("/", board),
        ("/rows", rows),
        ("/cases/<case_id>", case),
        ("/cases/<case_id>/photos/<name>", photo),
        ("/crews", crews),
        ("/intake", intake),
        ("/alarms", alarms),
        ("/intake/events/<int:seq>", event),
        ("/intake/quarantine", quarantine),
        ("/intake/rules", rules),
        ("/intake/quarantine/<quarantine_id>", mend),
        ("/messages", messages),
        ("/messages/outlets", outlets),
        ("/help", help_page),
    ):
        blueprint.add_url_rule(rule, view_func=permissions.needs(permissions.READ)(view))


def is_partial() -> bool:
    """Whether htmx asks for a piece of a page, not the whole."""
    return bool(request.headers.get("HX-Request"))


def filters() -> BoardFilters:
    """Read the filters of the board out of the address; what is unusable narrows nothing."""
    priority = request.args.get("priority", "")
    return BoardFilters(
        text=request.args.get("q", "")[:100],
        priority=int(priority) if priority in {"1", "2", "3", "4"} else None,
        category=request.args.get("category", "")[:60],
        status=request.args.get("status", "")[:40],
        area=request.args.get("area", "")[:60],
        light=request.args.get("light", "")[:10],
    )


def board() -> str:
    """Show what must be done now."""
    asked = filters()
    found = parts().queries.board(viewer(), asked, request.args.get("cursor"), _rows_wanted())
    if is_partial():
        return render_template("console/_queue.html", board=found, filters=asked)
    return render_template(
        "console/board.html",
        board=found,
        filters=asked,
        crews=parts().queries.crews(viewer()),
        categories=parts().queries.categories(),
        streets=parts().queries.streets(),
        alarms=parts().queries.alarms(viewer()),
        lite="lite" in request.args.get("map", ""),
    )


def _rows_wanted() -> int:
    """Read how many rows a page that is refreshed has on it already."""
    given = request.args.get("rows", "")
    return int(given) if given.isdecimal() and len(given) < 4 else 0  # noqa: PLR2004  (hundreds)


def rows() -> str:
    """Give the present rows of some cases, for the live cells; a closed case is left out."""
    ids, codes = listed("ids"), listed("crews")
    rows_now = parts().queries.rows(viewer(), ids) if ids else []
    crews_now = parts().queries.crews(viewer(), codes) if codes else []
    return render_template("console/_rows.html", rows=rows_now, crews=crews_now)


def case(case_id: str) -> str:
    """Show one case: what happened, what runs, what is next."""
    page = parts().queries.case(viewer(), case_id)
    if page is None:
        abort(404)
    template = "console/_case.html" if is_partial() else "console/case.html"
    crews_now = parts().queries.crews(viewer())
    return render_template(template, page=page, now=parts().clock(), crews=crews_now, drawer=is_partial())


def photo(case_id: str, name: str) -> Response:
    """Give a photo that belongs to the case, small with `?size=small`; anything else is not there."""
    if not photos.is_name(name) or all(one.what != name for one in parts().queries.photos(viewer(), case_id)):
        abort(404)
    path = photos.path_of(name, parts().media)
    if not path.is_file():
        abort(404)
    if request.args.get("size") == "small":
        path = photos.thumbnail(name, parts().media)
    response = send_file(path, mimetype="image/jpeg", conditional=True)
    response.headers["Cache-Control"] = "private, no-cache"  # asked for again each time: rights may be gone
    return response


def crews() -> str:
    """Show who can go."""
    return render_template("console/crews.html", crews=parts().queries.crews(viewer()))


def intake() -> str:
    """Show what came in and what became of it."""
    which = EventFilter(
        **{field.name: request.args.get(field.name, "").strip()[:200] for field in fields(EventFilter)}
    )
    return render_template(
        "console/intake.html",
        page=parts().queries.events(viewer(), which, request.args.get("cursor")),
        which=which,
        types=parts().queries.event_types(viewer()),
        outcomes=OUTCOMES,
        counts=parts().queries.intake_counts(viewer()),
    )


def rules() -> str:
    """Show what each rule led to."""
    return render_template(
        "console/rule_counts.html",
        found=parts().queries.rule_counts(viewer()),
        counts=parts().queries.intake_counts(viewer()),
    )


def event(seq: int) -> str:
    """Show one event: what it said, what the rules made of it, and why."""
    page = parts().queries.event(viewer(), seq)
    if page is None:
        abort(404)
    return render_template("console/event.html", page=page)


def alarms() -> str:
    """Give the strip of open alarms, for the live board."""
    return render_template("console/_alarms.html", alarms=parts().queries.alarms(viewer()))


def quarantine() -> str:
    """Show the events that failed their checks."""
    page = parts().queries.quarantine(viewer(), request.args.get("cursor"))
    counts = parts().queries.intake_counts(viewer())
    return render_template("console/quarantine.html", page=page, counts=counts)


def mend(quarantine_id: str) -> str:
    """Show one event in quarantine with what is wrong, to be mended."""
    row = parts().queries.quarantined(viewer(), quarantine_id)
    if row is None:
        abort(404)
    return render_template("console/mend.html", row=row, text=row.raw, problem=None)


def messages() -> str:
    """Show what went out, what failed, and who is unanswered."""
    page = parts().queries.messages(viewer(), request.args.get("cursor"))
    return render_template("console/messages.html", page=page)


def outlets() -> str:
    """Show how providers stand, what messages cost, and how every text will look."""
    return render_template("console/outlets.html", page=parts().queries.outlets(viewer()))


def help_page() -> str:
    """Show every key and command."""
    return render_template("console/help.html")
