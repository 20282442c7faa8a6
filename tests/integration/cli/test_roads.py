"""`flask roads`: a graph of a map, and streets that are closed for a time."""

import pytest

import app as application
from casework import settings
from routing.roads import RoadGraph

OSM = """<osm version="0.6">
<node id="1" lat="30.300" lon="120.150"/><node id="2" lat="30.300" lon="120.152"/>
<way id="10"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>
</osm>"""


class Shell:
    """Runs commands against one database, as `flask --app app` does."""

    def __init__(self, url):
        told = settings.parse({"GONGZHI_DATABASE_URL": url, "GONGZHI_DEMO": "1", "GONGZHI_MATCHER": "plain"})
        self.app = application.create_app(told)

    def run(self, *words):
        return self.app.test_cli_runner().invoke(args=[str(word) for word in words])


@pytest.fixture
def shell(database_url):
    made = Shell(database_url)
    yield made
    made.app.extensions["gongzhi"]().close()


def test_a_graph_is_built_and_says_how_to_put_it_to_use(shell, tmp_path):
    map_file, target = tmp_path / "map.osm", tmp_path / "out" / "roads.npz"
    map_file.write_text(OSM)

    done = shell.run("roads", "build", map_file, "--to", target)

    assert (done.exit_code, f"GONGZHI_ROADS={target}" in done.stdout) == (0, True)
    assert len(RoadGraph.load(target).lat) == 2


def test_a_map_without_streets_is_refused_in_a_sentence(shell, tmp_path):
    map_file = tmp_path / "map.osm"
    map_file.write_text('<osm version="0.6"><node id="1" lat="30.3" lon="120.1"/></osm>')

    done = shell.run("roads", "build", map_file)

    assert (done.exit_code, "holds no street" in done.stderr) == (1, True)


def test_a_street_is_closed_listed_and_opened(shell):
    closed = shell.run("roads", "close", "30.3", "120.15", "--hours", "2", "--reason", "burst main")
    closure_id = closed.stdout.splitlines()[-1].split()[0]
    listed = shell.run("roads", "closed").stdout
    assert listed.startswith(f"{closure_id}  30.30000 120.15000 within 30 m  until ")
    assert listed.endswith("burst main\n")

    assert shell.run("roads", "open", closure_id).exit_code == 0

    assert shell.run("roads", "closed").stdout == ""
    again = shell.run("roads", "open", closure_id)
    assert (again.exit_code, "no such closure" in again.stderr) == (1, True)


def test_what_cannot_be_closed_is_said(shell):
    done = shell.run("roads", "close", "130", "120.15", "--hours", "0")

    assert done.exit_code == 1
    assert "lat: lies between -90 and 90" in done.stderr
