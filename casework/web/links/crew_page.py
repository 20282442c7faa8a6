"""The crew's action link: GET shows the task, POST does one step of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from casework.domain import errors
from casework.domain.assignments import AssignmentState
from casework.domain.cases import Disposition
from casework.services import field_work, photos, telling
from casework.services.field_work import CrewAction, CrewSays, LinkView
from casework.web.links import page, texts
from casework.web.links.guard import GuessBrake

MOST_PHOTOS = 4
LONGEST_NOTE = 1000
_MOST_BYTES = MOST_PHOTOS * photos.MAX_BYTES + 1_000_000

S = AssignmentState
A = CrewAction
NEXT: Mapping[AssignmentState, CrewAction] = {
    S.OFFERED: A.ACCEPT,
    S.ACKNOWLEDGED: A.EN_ROUTE,
    S.EN_ROUTE: A.ON_SCENE,
    S.ON_SCENE: A.DONE,
}
"""The one big verb of each state."""
_ALSO: Mapping[AssignmentState, tuple[CrewAction, ...]] = {
    S.OFFERED: (A.DECLINE,),
    S.ACKNOWLEDGED: (A.ON_SCENE, A.NEED_HELP, A.DECLINE),
    S.EN_ROUTE: (A.NEED_HELP, A.DECLINE),
    S.ON_SCENE: (A.NEED_HELP, A.DECLINE),
}
RESULTS = (
    Disposition.RESOLVED,
    Disposition.PARTLY_RESOLVED,
    Disposition.UNFOUNDED,
    Disposition.CANNOT_FIX,
)


@dataclass(slots=True)
class _Form:
    """What a crew filled in, kept so that nothing of it is lost when one field cannot be used."""

    note: str = ""
    kept: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)


def hang(links: Blueprint, guard: GuessBrake) -> None:
    """Add the page's address to the blueprint."""

    @links.get("/a/<token>")
    def show_task(token: str) -> Response:
        """Show the task; scanners and previews open links too, so this changes nothing."""
        try:
            return _task(_look(token, guard))
        except errors.CaseworkError as error:
            return page.refuse(error, "crew")

    @links.post("/a/<token>")
    def act_on_task(token: str) -> Response:
        """Do one step of the task, and show how it stands then."""
        request.max_content_length = _MOST_BYTES
        try:
            return _act(token, _look(token, guard))
        except RequestEntityTooLarge:
            return page.refuse(errors.TooLarge(), "crew")
        except errors.CaseworkError as error:
            return page.refuse(error, "crew")


def _look(token: str, guard: GuessBrake) -> LinkView:
    house = page.runtime()
    now = house.clock()
    page.brake(guard, now)
    try:
        view = field_work.look(token, uows=house.uows, clock=house.clock)
    except errors.LinkUnknown:
        guard.missed(page.client(), now)
        raise
    g.known_language = view.crew.language
    return view


def _act(token: str, before: LinkView) -> Response:
    house = page.runtime()
    form = _Form(note=request.form.get("note", "")[:LONGEST_NOTE].replace("\0", ""))
    says = _read(form, page.language(before.crew.language))
    if says is None:
        return _task(before, form=form, status=422)
    replayed = field_work.is_past(says.action, before.assignment.state)
    try:
        view = field_work.act(token, says, uows=house.uows, house=house.house(), clock=house.clock)
    except errors.Conflict:
        return _task(field_work.look(token, uows=house.uows, clock=house.clock), "conflict", status=409)
    house.bells.ring_all()
    return _task(view, f"{'again' if replayed else 'said'}_{says.action}")


def _read(form: _Form, lang: str) -> CrewSays | None:
    """Read the form; what cannot be used is named in `form.errors`, and then nothing is done at all."""
    lat, lon = _position(request.form.get("lat", ""), request.form.get("lon", ""))
    result = request.form.get("result", Disposition.RESOLVED)
    _keep_photos(form, lang)
    try:
        action = CrewAction(request.form.get("do", ""))
    except ValueError:
        form.errors["do"] = texts.TEXTS[lang]["unreadable"]
        return None
    if form.errors:
        return None
    return CrewSays(
        action=action,
        note=form.note.strip(),
        lat=lat,
        lon=lon,
        photos=tuple(form.kept),
        disposition=Disposition(result) if result in RESULTS else Disposition.RESOLVED,
    )


def _position(lat: str, lon: str) -> tuple[float | None, float | None]:
    """Read a position in degrees; a telephone's nonsense is no position and no reason to refuse the step."""
    try:
        north, east = float(lat), float(lon)
    except ValueError:
        return None, None
    if -90 <= north <= 90 and -180 <= east <= 180:  # noqa: PLR2004  (degrees)
        return north, east
    return None, None


def _keep_photos(form: _Form, lang: str) -> None:
    folder = page.runtime().settings.media
    words = texts.PHOTO_ERRORS[lang]
    for name in request.form.getlist("kept")[:MOST_PHOTOS]:
        if photos.is_name(name) and photos.path_of(name, folder).is_file():
            form.kept.append(name)
    files = [file for file in request.files.getlist("photo") if file.filename]
    for file in files:
        if len(form.kept) >= MOST_PHOTOS:
            form.errors["photo"] = words["too_many"]
            return
        try:
            name = photos.keep(file.stream.read(photos.MAX_BYTES + 1), folder)
        except photos.PhotoRefused as error:
            form.errors["photo"] = words[error.code]
        else:
            form.kept += [name] if name not in form.kept else []


def _task(view: LinkView, said: str = "", *, form: _Form | None = None, status: int = 200) -> Response:
    lang = page.language(view.crew.language)
    state = view.assignment.state
    return page.render(
        "task.html",
        status,
        lang=lang,
        view=view,
        form=form or _Form(),
        said=said,
        state=state.value,
        verb=NEXT.get(state),
        also=_ALSO.get(state, ()),
        results=RESULTS,
        on_scene=state is S.ON_SCENE,
        category=telling.category_title(page.runtime().house(), view.case.category, lang),
        place=telling.place_of(view.case, lang),
        geo=_geo(view),
        due=_due(view),
    )


def _geo(view: LinkView) -> str | None:
    """Make the address that opens the telephone's own map; no outside host is asked for anything."""
    if view.case.lat is None or view.case.lon is None:
        return None
    point = f"{view.case.lat:.6f},{view.case.lon:.6f}"
    return f"geo:{point}?q={point}({quote(view.case.address or str(view.case.number), safe='')})"


def _due(view: LinkView) -> tuple[str, str] | None:
    """Say by when the crew has to answer, or to be there."""
    zone = page.runtime().settings.timezone
    assignment = view.assignment
    if assignment.state is S.OFFERED:
        return "answer_by", page.local_time(assignment.expires_at, zone)
    if assignment.state in {S.ACKNOWLEDGED, S.EN_ROUTE} and assignment.sent_at is not None:
        within = timedelta(seconds=view.case.targets.get("arrival", 300.0))
        return "be_there", page.local_time(assignment.sent_at + within, zone)
    return None
