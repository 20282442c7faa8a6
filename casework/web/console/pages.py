"""The pages that only read."""

from flask import Blueprint, abort, render_template, request

from casework.analytics.filters import BoardFilters
from casework.web.console import permissions
from casework.web.console.parts import parts, viewer

ROW_IDS_LIMIT = 200


def add_to(blueprint: Blueprint) -> None:
    """Add the reading pages."""
    for rule, view in (
        ("/", board),
        ("/rows", rows),
        ("/cases/<case_id>", case),
        ("/crews", crews),
        ("/intake", intake),
        ("/alarms", alarms),
        ("/intake/events/<int:seq>", event),
        ("/intake/quarantine", quarantine),
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
    found = parts().queries.board(viewer(), asked, request.args.get("cursor"))
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


def rows() -> str:
    """Give the present rows of some cases, for the live cells; a closed case is left out."""
    ids = [one for one in request.args.get("ids", "").split(",") if one][:ROW_IDS_LIMIT]
    codes = [one for one in request.args.get("crews", "").split(",") if one][:ROW_IDS_LIMIT]
    crews_now = parts().queries.crews(viewer(), codes) if codes else []
    return render_template("console/_rows.html", rows=parts().queries.rows(viewer(), ids), crews=crews_now)


def case(case_id: str) -> str:
    """Show one case: what happened, what runs, what is next."""
    page = parts().queries.case(viewer(), case_id)
    if page is None:
        abort(404)
    template = "console/_case.html" if is_partial() else "console/case.html"
    crews_now = parts().queries.crews(viewer())
    return render_template(template, page=page, now=parts().clock(), crews=crews_now, drawer=is_partial())


def crews() -> str:
    """Show who can go."""
    return render_template("console/crews.html", crews=parts().queries.crews(viewer()))


def intake() -> str:
    """Show what came in and what became of it."""
    page = parts().queries.events(viewer(), request.args.get("cursor"))
    held = parts().queries.quarantine(viewer(), None)
    return render_template("console/intake.html", page=page, held=held.total or len(held.rows))


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
    return render_template("console/quarantine.html", page=page)


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
