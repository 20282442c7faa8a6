"""The telephones of the demo's crews and residents: they read texts, open links and press buttons."""

from collections import Counter
from collections.abc import Callable
from random import Random

import structlog

from casework.demo import accounts, errands
from casework.demo.agenda import Agenda
from casework.demo.city import DemoCity, DemoCrew
from casework.demo.errands import Act, Link, Point
from casework.demo.outsider import Outsider

_FIXED = {True: frozenset({"yes", "fixed", "true", "1"}), False: frozenset({"no", "not_fixed", "false", "0"})}
_REMEMBERED_LINKS = 5_000

log = structlog.get_logger(__name__)


class CrewPhones:
    """One telephone a crew; what it does with an offer is decided by `errands`."""

    def __init__(
        self, service: Outsider, city: DemoCity, agenda: Agenda, random: Random, counts: Counter[str]
    ) -> None:
        self._service = service
        self._agenda = agenda
        self._random = random
        self._counts = counts
        self._by_phone = {crew.phone: crew for crew in city.crews}
        self._at: dict[str, Point] = {crew.id: (crew.lat, crew.lon) for crew in city.crews}
        self._seen: dict[str, None] = {}

    def report_position(self, crew: DemoCrew) -> Callable[[], None]:
        """Answer a function that reports where the crew is by now."""

        def report() -> None:
            lat, lon = self._at[crew.id]
            answer = self._service.post_json(
                f"/api/v1/crews/{crew.id}/position", {"lat": lat, "lon": lon}, key=accounts.CREW_PHONES.key
            )
            self._counts["positions" if answer.ok else "positions_refused"] += 1

        return report

    def read(self, to: str, body: str, now_s: float) -> None:
        """Read a text; a link that is new is opened, and what follows is planned."""
        crew, link = self._by_phone.get(to), errands.find_link(body)
        if crew is None or link is None or link.kind != "a" or link.path in self._seen:
            return
        page = self._service.get(link.path)
        self._remember(link)
        offered = errands.buttons(page.text) if page.ok else frozenset()
        target = errands.find_place(page.text) or self._somewhere_near(crew)
        plan = errands.errand(self._at[crew.id], target, crew.language, self._random)
        self._counts["offers"] += bool(offered)
        for act in errands.still_open(plan, offered):
            self._agenda.add(now_s + act.after_s, self._doing(crew, link, act))

    def _doing(self, crew: DemoCrew, link: Link, act: Act | errands.Move) -> Callable[[], None]:
        def do() -> None:
            if act.at is not None:
                self._at[crew.id] = act.at
            if isinstance(act, Act):
                self._press(link, act)
            else:
                self.report_position(crew)()

        return do

    def _press(self, link: Link, act: Act) -> None:
        """Open the page again and press the button; without one, the errand was taken away meanwhile."""
        page = self._service.get(link.path)
        fields = errands.fill(page.text, {act.do}) if page.ok else None
        if fields is None:
            self._counts["came_too_late"] += 1
            return
        if act.note:
            fields["note"] = act.note
        if act.at is not None:
            fields["lat"], fields["lon"] = str(act.at[0]), str(act.at[1])
        answer = self._service.post_form(link.path, fields)
        self._counts[act.do if answer.ok else "presses_refused"] += 1
        if not answer.ok:
            log.info("press_refused", do=act.do, status=answer.status)

    def _somewhere_near(self, crew: DemoCrew) -> Point:
        lat, lon = self._at[crew.id]
        return (lat + self._random.uniform(-0.01, 0.01), lon + self._random.uniform(-0.01, 0.01))

    def _remember(self, link: Link) -> None:
        self._seen[link.path] = None
        if len(self._seen) > _REMEMBERED_LINKS:
            self._seen.pop(next(iter(self._seen)))


class ResidentPhones:
    """Residents who answer "is it fixed?" on their case's page."""

    def __init__(self, service: Outsider, agenda: Agenda, random: Random, counts: Counter[str]) -> None:
        self._service = service
        self._agenda = agenda
        self._random = random
        self._counts = counts

    def read(self, _to: str, body: str, now_s: float) -> None:
        """Read a text; when it asks for the result, some answer after a while."""
        link = errands.find_link(body)
        if link is None or link.kind != "r" or not errands.asks_if_fixed(body):
            return
        fixed = errands.is_satisfied(self._random)
        if fixed is not None:
            self._agenda.add(now_s + self._random.uniform(8, 60), lambda: self._answer(link, fixed=fixed))

    def _answer(self, link: Link, *, fixed: bool) -> None:
        page = self._service.get(link.path)
        fields = errands.fill(page.text, _FIXED[fixed]) if page.ok else None
        if fields is None:
            return
        answer = self._service.post_form(link.path, fields)
        word = "said_fixed" if fixed else "said_not_fixed"
        self._counts[word if answer.ok else "answers_refused"] += 1
