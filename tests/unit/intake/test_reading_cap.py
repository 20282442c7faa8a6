"""CAP 1.2 out of XML: the standard's own examples, and everything that is not one, refused by its element."""

from datetime import UTC, datetime

import pytest

from casework.domain import cap, errors
from casework.services import cap_xml

MESSAGE = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>W-1</identifier><sender>met@example.org</sender><sent>2026-05-04T10:00:00+08:00</sent>
  <status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
  <info><language>zh-CN</language><category>Met</category><event>暴雨</event><urgency>Immediate</urgency>
    <severity>Severe</severity><certainty>Likely</certainty><expires>2026-05-04T16:00:00+08:00</expires>
    <area><areaDesc>拱墅</areaDesc><polygon>30.1,120.0 30.1,120.2 30.4,120.2 30.1,120.0</polygon>
      <circle>30.25,120.15 2.5</circle>
      <geocode><valueName>adcode</valueName><value>330105</value></geocode></area>
  </info>
  <info><language>en</language><category>Met</category><event>Rainstorm</event><urgency>Immediate</urgency>
    <severity>Severe</severity><certainty>Likely</certainty></info>
</alert>"""


def read(text):
    return cap_xml.read(text.encode())


def test_a_whole_message_is_read():
    alert = read(MESSAGE)

    assert (alert.sender, alert.identifier, alert.kind, alert.actual) == (
        "met@example.org",
        "W-1",
        "Alert",
        True,
    )
    assert alert.sent == datetime(2026, 5, 4, 2, tzinfo=UTC)
    (zone,) = alert.infos[0].zones
    assert zone.polygons[0][1] == (30.1, 120.2)
    assert zone.circles == [(30.25, 120.15, 2.5)]
    assert zone.geocodes == [("adcode", "330105")]


def test_the_infos_of_one_language_are_spoken_the_wanted_one_first():
    alert = read(MESSAGE)

    assert [info.event for info in cap.spoken(alert, "en")] == ["Rainstorm"]
    assert [info.event for info in cap.spoken(alert, "fr")] == ["暴雨"]


@pytest.mark.parametrize("name", ["Oasis_HomelandAlert", "Oasis_ThunderstormWarning"])
def test_the_examples_of_the_standard_are_read(shared_data, name):
    alert = cap_xml.read((shared_data / "08_clients" / "cap12" / f"{name}.xml").read_bytes())

    assert alert.actual
    assert alert.infos[0].severity == "Severe"


@pytest.mark.parametrize(
    ("element", "before", "after"),
    [
        ("identifier", "<identifier>W-1</identifier>", ""),
        ("identifier", "W-1", "W,1"),
        ("sent", "2026-05-04T10:00:00+08:00", "2026-05-04T10:00:00"),
        ("status", "Actual", "Real"),
        ("msgType", ">Alert<", ">Alarm<"),
        ("references", ">Alert<", ">Cancel<"),
        ("severity", "Severe", "Bad"),
        ("polygon", "30.4,120.2 30.1,120.0", "30.4,120.2"),
        ("polygon", "30.4,120.2", "north,120.2"),
        ("circle", "30.25,120.15 2.5", "30.25 120.15"),
        ("expires", "2026-05-04T16:00:00+08:00", "soon"),
        ("references", "<scope>", "<references>met@example.org,W-0</references><scope>"),
    ],
)
def test_what_is_wrong_is_named_by_its_element(element, before, after):
    with pytest.raises(errors.InvalidInput) as refused:
        read(MESSAGE.replace(before, after))

    assert element in refused.value.errors


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no xml",
        '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        "<a>" * 5_000,
    ],
)
def test_bombs_and_foreign_entities_are_no_messages(text):
    with pytest.raises(errors.MalformedBody):
        read(text)


def test_another_root_is_refused():
    with pytest.raises(errors.InvalidInput):
        read("<alert/>")


def test_more_than_a_mebibyte_is_not_even_looked_at():
    with pytest.raises(errors.TooLarge):
        cap_xml.read(b" " * (cap_xml.LONGEST + 1))
