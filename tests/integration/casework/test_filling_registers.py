"""Lists of assets, devices, parties and sources: taken any number of times, nothing lost."""

import json

import pytest
from house import as_source, put

import app as application
from casework import settings
from casework.domain.people import Scope
from casework.services import foreign_rows
from casework.services.foreign_rows import Form, Row, Unreadable

KEY = "key-of-the-surveyors"
COVERS = """id,kind,name_zh,lat,lon,material
MH-1,manhole_cover,一号井盖,30.30,120.15,iron
MH-2,manhole_cover,二号井盖,30.31,120.16,
MH-3,Manhole Cover,三号井盖,30.31,120.16,iron
MH-4,manhole_cover,四号井盖,300,120.16,iron
MH-5,manhole_cover
MH-6,manhole_cover,"六号,井盖",30.32,120.17,iron
"""
SQUARES = {
    "type": "FeatureCollection",
    "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
    "features": [
        {
            "type": "Feature",
            "id": 7,
            "properties": {"kind": "square", "name": "湖滨"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[120, 30], [120.2, 30], [120.2, 30.4], [120, 30]]],
            },
        },
        {"type": "Feature", "properties": {"kind": "square"}, "geometry": None},
        {"type": "Nothing"},
    ],
}


@pytest.fixture
def house(database_url, clock):
    parsed = settings.parse(
        {"GONGZHI_DATABASE_URL": database_url, "GONGZHI_DEMO": "1", "GONGZHI_MATCHER": "plain"}
    )
    made = application.create_app(parsed, clock=clock)
    yield made
    made.extensions["gongzhi"]().close()


@pytest.fixture
def take(house, tmp_path):
    def run(register, text, *options, name="list.csv"):
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        answer = house.test_cli_runner().invoke(args=["registers", "import", register, str(file), *options])
        return answer.output

    return run


def _assets(house):
    with house.extensions["gongzhi"]().uows(reading=True) as uow:
        return uow.registers.assets(["MH-1", "MH-2", "MH-3", "MH-4", "MH-5", "MH-6", "7"])


def test_good_rows_are_taken_and_bad_ones_go_to_a_file_with_line_and_reason(house, take, tmp_path):
    said = take("assets", COVERS)

    assert "3 new, 0 changed, 0 as they were, 3 refused; 6 rows" in said
    found = _assets(house)
    assert sorted(found) == ["MH-1", "MH-2", "MH-6"]
    assert found["MH-1"].attributes == {"material": "iron"}
    assert found["MH-2"].name_en == "二号井盖"
    refused = [json.loads(line) for line in (tmp_path / "list.csv.refused.jsonl").read_text().splitlines()]
    assert [(one["line"], sorted(one["errors"])) for one in refused] == [
        (4, ["kind"]),
        (5, ["lat"]),
        (6, ["row"]),
    ]
    assert refused[1]["row"]["id"] == "MH-4"


def test_the_same_list_again_changes_nothing(take):
    take("assets", COVERS)

    assert "0 new, 0 changed, 3 as they were, 3 refused" in take("assets", COVERS)
    assert "0 new, 1 changed, 2 as they were, 3 refused" in take("assets", COVERS.replace("一号", "壹号"))


def test_a_clean_list_leaves_no_file_of_an_earlier_one_behind(take, tmp_path):
    take("assets", COVERS)

    take("assets", COVERS.splitlines()[0] + "\n" + COVERS.splitlines()[1] + "\n")

    assert not (tmp_path / "list.csv.refused.jsonl").exists()


def test_foreign_columns_are_renamed_and_constants_added(house, take):
    text = "编号,纬度,经度\nMH-1,30.3,120.1\n"
    columns = ("--column", "id=编号", "--column", "lat=纬度", "--column", "lon=经度")

    assert "1 new" in take("assets", text, *columns, "--set", "kind=manhole_cover")
    assert _assets(house)["MH-1"].kind == "manhole_cover"


def test_features_are_taken_with_the_middle_of_their_geometry(house, take):
    said = take("assets", json.dumps(SQUARES), name="squares.geojson")

    assert "1 new, 0 changed, 0 as they were, 2 refused" in said
    assert (_assets(house)["7"].lat, _assets(house)["7"].lon) == (30.2, 120.1)


def test_features_in_another_datum_are_refused_as_a_whole(take):
    other = SQUARES | {"crs": {"type": "name", "properties": {"name": "EPSG:4490"}}}

    assert "0 new, 0 changed, 0 as they were, 1 refused" in take(
        "assets", json.dumps(other), name="s.geojson"
    )


def test_devices_stand_among_the_assets_and_keep_what_is_declared_of_their_working(house, take):
    names = "id,kind,lat,lon,senses,source,owner,interval_s,rate_per_s"
    text = f"{names}\nD-1,gauge,30,120,MH-1,gauges,drainage,600,2\n"

    assert "1 new" in take("devices", text)
    assert "1 as they were" in take("devices", text)
    assert "1 changed" in take("devices", text.replace("600", "300"))
    with house.extensions["gongzhi"]().uows(reading=True) as uow:
        asset, device = uow.registers.assets(["D-1"])["D-1"], uow.devices.named(["D-1"])["D-1"]
    assert (asset.kind, asset.senses) == ("gauge", "MH-1")
    assert (device.source, device.owner, device.interval_s, device.rate_per_s) == (
        "gauges",
        "drainage",
        300,
        2,
    )


def test_parties_and_sources_are_taken_too(house, take):
    rows = ("C-1,company,Spoil Ltd,,", "V-1,vehicle,Truck,C-1,A12345", "P-1,person,X,,")
    parties = "\n".join(("id,kind,name,belongs_to,plate", *rows, ""))
    sources = "name,title,owner,interval_s\ngauges,Gauges,drainage,600\n"

    assert "2 new, 0 changed, 0 as they were, 1 refused" in take("parties", parties)
    assert "2 as they were" in take("parties", parties)
    assert "1 new" in take("sources", sources)
    assert "1 as they were" in take("sources", sources)
    with house.extensions["gongzhi"]().uows(reading=True) as uow:
        assert uow.registers.parties(["V-1"])["V-1"].belongs_to == "C-1"
        assert uow.registers.source("gauges").interval_s == 600
        assert uow.registers.source("gauges").key_hashes == ()


def test_a_list_may_come_over_http_and_refused_rows_come_back(house):
    runtime = house.extensions["gongzhi"]()
    put(runtime, "surveyors", KEY, Scope.REGISTERS_WRITE, Scope.CASES_READ)
    client = house.test_client()

    answer = client.post(
        "/api/v1/registers/assets", data=COVERS.encode(), headers=as_source(KEY), content_type="text/csv"
    )

    assert answer.status_code == 200
    assert (answer.json["new"], [one["line"] for one in answer.json["refused"]]) == (3, [4, 5, 6])
    listed = client.get("/api/v1/assets?kind=manhole_cover&limit=2", headers=as_source(KEY)).json
    assert [asset["id"] for asset in listed["items"]] == ["MH-1", "MH-2"]
    assert listed["next"] == "MH-2"


def test_a_key_without_the_scope_may_not_write_registers(house):
    put(house.extensions["gongzhi"](), "gauges", KEY, Scope.EVENTS)

    answer = house.test_client().post(
        "/api/v1/registers/assets", data=b"id\n", headers=as_source(KEY), content_type="text/csv"
    )

    assert answer.status_code == 403


def test_every_line_of_a_broken_collection_is_either_a_row_or_said_to_be_unread():
    feature = b'{"type": "Feature", "properties": {}}'
    text = b'{"type": "FeatureCollection",\n"features": [\n' + feature + b',\n{"type": oops}]}'

    found = list(foreign_rows.read_lines(text.splitlines(keepends=True), Form.GEOJSON, "utf-8"))

    assert [type(one) for one in found] == [Row, Unreadable]
    assert (found[0].line, found[1].line) == (3, 4)
    assert "nothing after it" in found[1].reason
