"""The pages of the registers on a running house: what is shown, found, tried and kept."""

from dataclasses import replace

import pytest

from casework.domain.devices import Device
from casework.domain.events import NewEvent
from casework.domain.mappings import Topic
from casework.domain.places import Party, PartyKind

TEXT = """\
id: msg
type: {value: reading}
data:
  quantity: {value: water_level}
  value: {path: level, as: number}
  unit: {value: cm}
"""
SOURCE = "demo-gauges"


@pytest.fixture
def filled(house):
    device = Device(
        id="WL-900",
        source=SOURCE,
        owner="drainage",
        interval_s=600.0,
        rate_per_s=0.01,
        registered_at=house.clock(),
    )
    with house.runtime.uows() as uow:
        uow.devices.put(
            [
                replace(device, last_seen_at=house.clock(), battery=12.0),
                replace(device, id="WL-901", offline_since=house.clock(), last_seen_at=house.clock()),
                replace(device, id="WL-902"),
            ],
            [],
        )
        uow.registers.put_parties(
            [
                Party(
                    id="C-1",
                    kind=PartyKind.COMPANY,
                    name_zh="渣土公司",
                    name_en="Spoil Ltd",
                    belongs_to=None,
                    lat=None,
                    lon=None,
                    area_id=None,
                    attributes={"licence": "A-1"},
                )
            ],
            [],
        )
        uow.commit()
    return house


def test_devices_show_when_they_were_heard_and_what_is_the_matter(filled, dispatcher):
    page = dispatcher.get("/register")

    assert "WL-900" in page
    assert "12 %" in page
    assert ">offline<" in page
    assert ">never heard<" in page


def test_devices_are_narrowed_by_state_and_by_words(filled, dispatcher):
    assert "WL-900" not in dispatcher.get("/register?state=offline")
    assert "WL-901" in dispatcher.get("/register?state=offline")
    assert "WL-902" in dispatcher.get("/register?q=WL-902")
    assert "WL-900" not in dispatcher.get("/register?q=WL-902")
    assert "No device is like that" in dispatcher.get("/register?q=%25")


def test_a_register_is_paged_and_each_row_stands_on_one_page(filled, dispatcher):
    with filled.runtime.uows() as uow:
        uow.registers.put_parties(
            [
                Party(
                    id=f"V-{number:03}",
                    kind=PartyKind.VEHICLE,
                    name_zh="车",
                    name_en="Truck",
                    belongs_to="C-1",
                    lat=None,
                    lon=None,
                    area_id=None,
                    attributes={},
                )
                for number in range(150)
            ],
            [],
        )
        uow.commit()

    first = dispatcher.get("/register/parties?kind=vehicle")
    second = dispatcher.get("/register/parties?kind=vehicle&cursor=V-099")

    assert "V-099" in first
    assert "V-100" not in first
    assert "cursor=V-099" in first
    assert "V-100" in second
    assert "Further" not in second


def test_assets_parties_sources_and_warnings_have_their_pages(filled, dispatcher):
    assert "Spoil Ltd" in dispatcher.get("/register/parties")
    assert "licence A-1" in dispatcher.get("/register/parties?kind=company")
    assert SOURCE in dispatcher.get("/register/sources")
    assert "No official warning has come" in dispatcher.get("/register/warnings")
    assert "underpass" in dispatcher.get("/register/assets?kind=underpass")


def test_a_mapping_is_tried_on_a_sample_before_it_is_kept(filled, dispatcher):
    page = dispatcher.get(f"/register/mappings/{SOURCE}/default")
    assert "every check passed" in page

    tried = dispatcher.post(
        f"/register/mappings/{SOURCE}/default/preview", text=TEXT, sample='{"msg": 1, "level": "high"}'
    ).get_data(as_text=True)
    assert "data.value" in tried
    assert "must be a number" in tried

    broken = dispatcher.post(
        f"/register/mappings/{SOURCE}/default/preview", text=TEXT.replace("path", "pth"), sample="{}"
    ).get_data(as_text=True)
    assert "did you mean" in broken


def test_a_mapping_is_kept_and_one_that_cannot_be_used_is_not(filled, dispatcher):
    address = f"/register/mappings/{SOURCE}/default"

    assert dispatcher.post(address, text=TEXT, sample="{}").status_code == 303
    refused = dispatcher.post(address, text=TEXT.replace("id: msg", ""), sample="{}")

    assert refused.status_code == 422
    with filled.runtime.uows(reading=True) as uow:
        assert uow.mappings.find(SOURCE, "default").text == TEXT
        assert uow.mappings.find(SOURCE, "default").changed_by == "user:lead"


def test_topics_are_taken_in_and_dropped(filled, dispatcher):
    dispatcher.get("/register/mappings")
    dispatcher.post("/register/topics", filter="gauges/#/x", source=SOURCE)
    dispatcher.post("/register/topics", filter="gauges/+/level", source=SOURCE)
    with filled.runtime.uows(reading=True) as uow:
        assert uow.mappings.topics() == [Topic(filter="gauges/+/level", source=SOURCE, mapping=None)]

    assert "gauges/+/level" in dispatcher.get("/register/mappings")
    dispatcher.post("/register/topics/drop", filter="gauges/+/level")
    with filled.runtime.uows(reading=True) as uow:
        assert uow.mappings.topics() == []


def test_a_storm_is_an_alarm_on_the_board_and_may_be_judged_after_all(filled, dispatcher):
    events = [
        NewEvent(
            source=SOURCE,
            event_id=f"s-{number}",
            type="reading",
            subject="WL-900",
            time=None,
            received_at=filled.clock(),
            body='{"quantity":"temperature","value":1,"unit":"C"}',
        )
        for number in range(40)
    ]
    filled.runtime.inbox.put(events, [], live=True)

    assert "Device WL-900 sends too much" in dispatcher.get("/alarms")
    assert "judge them" in dispatcher.get("/register?state=storm")
    dispatcher.post("/register/held", source=SOURCE, device="WL-900")
    filled.worker.triage()
    assert "<td>held back" not in dispatcher.get("/intake")


def test_a_storm_of_a_device_that_nobody_registered_is_shown_too(filled, dispatcher):
    events = [
        NewEvent(
            source=SOURCE,
            event_id=f"u-{number}",
            type="reading",
            subject="stranger-1",
            time=None,
            received_at=filled.clock(),
            body='{"quantity":"temperature","value":1,"unit":"C"}',
        )
        for number in range(1_020)
    ]
    filled.runtime.inbox.put(events, [], live=True)

    page = dispatcher.get("/register?state=storm")

    assert "stranger-1" in page
    assert ">20 <" in page or ">20<" in page


def test_odd_words_and_cursors_end_in_no_error(filled, dispatcher):
    for odd in ("%00", "%5C", "%27", "_", "x" * 500):
        for page in ("/register", "/register/assets", "/register/parties", "/register/sources"):
            dispatcher.get(f"{page}?q={odd}&cursor={odd}&kind={odd}&state={odd}")
        dispatcher.get(f"/register/warnings?cursor={odd}")
