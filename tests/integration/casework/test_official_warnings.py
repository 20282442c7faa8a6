"""CAP warnings through the hook: what is actual becomes an event once, exercises never do."""

import itertools

import pytest
import sqlalchemy as sa
from cast import SMALL_TOWN
from house import as_source, put

import app as application
from casework import settings
from casework.clock import FakeClock
from casework.domain.cap import Standing
from casework.domain.cases import CaseStatus
from casework.domain.people import Scope
from casework.domain.places import Area
from casework.domain.timeline import EntryKind
from casework.store import register_tables, tables

KEY = "key-of-the-weather-service"
SQUARE = [[[120.1, 30.2], [120.2, 30.2], [120.2, 30.3], [120.1, 30.3], [120.1, 30.2]]]
ELSEWHERE = [[[121.1, 30.2], [121.2, 30.2], [121.2, 30.3], [121.1, 30.3], [121.1, 30.2]]]


def message(name, kind="Alert", *, status="Actual", refs=(), expires="2099-01-01T00:00:00+08:00", area=None):
    hours = {"W-1": 1, "W-2": 2, "W-3": 3}
    at = {one: f"2026-05-04T0{hours[one]}:00:00+08:00" for one in hours}
    named = " ".join(f"met@example.org,{one},{at[one]}" for one in refs)
    references = f"<references>{named}</references>" if refs else ""
    zone = area or "<polygon>30.25,120.15 30.25,120.19 30.29,120.19 30.25,120.15</polygon>"
    return f"""<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{name}</identifier>
<sender>met@example.org</sender><sent>{at[name]}</sent><status>{status}</status><msgType>{kind}</msgType>
<scope>Public</scope>{references}<info><language>zh-CN</language><category>Met</category><event>暴雨</event>
<urgency>Immediate</urgency><severity>Severe</severity><certainty>Likely</certainty><expires>{expires}</expires>
<headline>暴雨红色预警</headline><area><areaDesc>拱墅</areaDesc>{zone}</area></info></alert>"""


@pytest.fixture
def house(database_url):
    parsed = settings.parse(
        {
            "GONGZHI_DATABASE_URL": database_url,
            "GONGZHI_DEMO": "1",
            "GONGZHI_MATCHER": "plain",
            "GONGZHI_SCENARIOS": str(SMALL_TOWN),
        }
    )
    clock = FakeClock()
    first = application.create_runtime(parsed, clock=clock)
    with first.uows() as uow:
        uow.registers.add_areas(
            Area(
                id=name,
                parent_id=parent,
                level=level,
                name_zh=name,
                name_en=name,
                boundary={"type": "Polygon", "coordinates": ring},
            )
            for name, parent, level, ring in (
                ("330105", None, "district", SQUARE),
                ("330105001", "330105", "street", SQUARE),
                ("330199", None, "district", ELSEWHERE),
            )
        )
        uow.commit()
    first.close()
    made = application.create_app(parsed, clock=clock)
    put(made.extensions["gongzhi"](), "weather", KEY, Scope.EVENTS)
    yield made
    made.extensions["gongzhi"]().close()


@pytest.fixture
def send(house):
    def post(text, key=KEY):
        return house.test_client().post(
            "/hooks/cap", data=text.encode(), headers=as_source(key), content_type="application/cap+xml"
        )

    return post


def events(house):
    with house.extensions["gongzhi"]().reading() as connection:
        own = tables.events.c
        return list(connection.execute(sa.select(own.type, own.subject, own.body).order_by(own.seq)))


def standings(house):
    with house.extensions["gongzhi"]().reading() as connection:
        own = register_tables.warnings.c
        return {
            row.identifier: row.standing
            for row in connection.execute(sa.select(own.identifier, own.standing))
        }


def test_an_actual_warning_becomes_an_alert_with_our_areas_and_a_place(house, send):
    answer = send(message("W-1"))

    assert (answer.status_code, answer.json["standing"]) == (202, "in_force")
    assert answer.json["areas"] == ["330105", "330105001"]
    ((kind, subject, body),) = events(house)
    assert (kind, subject) == ("alert", "met@example.org,W-1")
    for said in ('"event":"暴雨"', '"severity":"Severe"', '"areas":["330105","330105001"]', '"lat":30.2'):
        assert said in body


def test_the_same_message_again_changes_nothing(house, send):
    first, again = send(message("W-1")), send(message("W-1"))

    assert (first.json["new"], again.json["new"]) == (True, False)
    assert len(events(house)) == 1


@pytest.mark.parametrize("status", ["Exercise", "Test", "System", "Draft"])
def test_what_is_not_actual_is_registered_and_no_rule_sees_it(house, send, status):
    answer = send(message("W-1", status=status))

    assert (answer.status_code, answer.json["standing"]) == (202, "not_actual")
    assert events(house) == []


def test_an_exercise_cancels_no_real_warning(house, send):
    send(message("W-1"))
    send(message("W-2", "Cancel", status="Exercise", refs=["W-1"]))

    assert standings(house) == {"W-1": Standing.IN_FORCE, "W-2": Standing.NOT_ACTUAL}


def test_another_source_cancels_nothing_of_the_weather_service(house, send):
    put(house.extensions["gongzhi"](), "somebody", "key-of-somebody-else", Scope.EVENTS)
    send(message("W-1"))
    send(message("W-2", "Cancel", refs=["W-1"]), key="key-of-somebody-else")

    assert standings(house)["W-1"] is Standing.IN_FORCE


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_in_any_order_the_same_stands_and_what_was_overtaken_opens_nothing(house, send, order):
    sent = [
        message("W-1"),
        message("W-2", "Update", refs=["W-1"]),
        message("W-3", "Cancel", refs=["W-1", "W-2"]),
    ]

    for number in order:
        send(sent[number])

    assert standings(house) == {
        "W-1": Standing.CANCELLED,
        "W-2": Standing.CANCELLED,
        "W-3": Standing.NOTED,
    }
    before_cancel = [number for number in order[: order.index(2)] if number < 2]
    spoken = [n for n in before_cancel if not (n == 0 and 1 in before_cancel[: before_cancel.index(0)])]
    assert len(events(house)) == len(spoken)


def test_a_warning_that_has_expired_opens_nothing(house, send):
    answer = send(message("W-1", expires="2026-01-01T00:00:00+08:00"))

    assert answer.json["standing"] == "expired"
    assert events(house) == []


def test_circles_and_codes_reach_our_areas_too(house, send):
    circle = send(message("W-1", area="<circle>30.25,121.15 1</circle>"))
    code = send(message("W-2", area="<geocode><valueName>adcode</valueName><value>330105</value></geocode>"))

    assert circle.json["areas"] == ["330199"]
    assert code.json["areas"] == ["330105"]


def test_a_cancel_is_noted_on_the_case_that_came_of_the_warning(house, send):
    runtime = house.extensions["gongzhi"]()
    send(message("W-1"))
    house.extensions["gongzhi_make_worker"]().triage()

    send(message("W-2", "Cancel", refs=["W-1"]))

    with runtime.reading() as connection:
        own = tables.timeline.c
        query = sa.select(own.cause, own.data).where(own.kind == EntryKind.NOTE_ADDED)
        ((cause, data),) = connection.execute(query).all()
        assert connection.execute(sa.select(tables.cases.c.status)).scalars().all() == [CaseStatus.FILED]
    assert cause == "warning:met@example.org/W-2"
    assert "W-1" in data["text"]


@pytest.mark.parametrize("status", ["Exercise", "Test"])
def test_an_exercise_never_opens_a_case(house, send, status):
    send(message("W-1", status=status))
    house.extensions["gongzhi_make_worker"]().triage()

    with house.extensions["gongzhi"]().reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.cases)).scalar() == 0


def test_without_a_key_no_warning_is_taken(send):
    assert send(message("W-1"), key="nobody").status_code == 401


def test_what_is_no_message_is_refused_in_words(send):
    assert send("<a/>").status_code == 422
    assert send("no xml").status_code == 400
    assert send("<a>" + " " * (1 << 20) + "</a>").status_code == 413


def test_a_warning_may_come_as_a_file(house, tmp_path):
    file = tmp_path / "warning.xml"
    file.write_text(message("W-1"), encoding="utf-8")
    run = house.test_cli_runner().invoke

    first = run(args=["events", "import", str(file), "--source", "weather"])
    again = run(args=["events", "import", str(file), "--source", "weather"])

    assert "W-1: in force, 1 events" in first.output
    assert "known already" in again.output
