"""What tests may ask for: a standing clock, an empty database of either kind, the shared data, a browser."""

import os
import shutil
import sys
from collections.abc import Generator, Iterator
from itertools import count
from pathlib import Path

import pytest
import structlog

import migrations
from casework.clock import FakeClock

PROJECT = Path(__file__).parents[1]
SHARED_DATA = PROJECT.parent / "shared" / "data"
NEEDS = ("postgresql", "mosquitto", "browser", "shared_data")
# Not a GONGZHI_ name: the product refuses to start on one that it does not know.
EVERYTHING = os.environ.get("CASEWORK_TESTS") == "all"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Tests are collected by path; what they share is found here.
sys.path.insert(0, str(PROJECT / "tests" / "support"))

import mosquitto_broker  # noqa: E402  (the path must be known first)
import postgresql_server  # noqa: E402  (as above)

_numbers = count(1)


# Once for all tests, and kept by the product's own set-up: a used logger stays with the processors that it
# was given. A traceback with all its locals takes seconds to draw.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ],
    logger_factory=structlog.PrintLoggerFactory(sys.stderr),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with what it needs, and take the network from it: all of it from a unit test."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        for need, fixture in (
            ("postgresql", "postgresql_url"),
            ("mosquitto", "mosquitto"),
            ("browser", "chromium"),
            ("shared_data", "shared_data"),
        ):
            if fixture in fixtures:
                item.add_marker(need)
        room = item.path.relative_to(PROJECT / "tests").parts[0]
        if room in {"unit", "properties"}:
            item.add_marker("disable_socket")
        else:
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "::1", "localhost"]))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that is left out for want of a server, browser or data when everything is asked for."""
    report = yield
    left_out = report.skipped and not hasattr(report, "wasxfail")
    if EVERYTHING and left_out and any(item.get_closest_marker(need) for need in NEEDS):
        report.outcome = "failed"
        report.longrepr = (
            f"everything was asked for, and this was left out: {call.excinfo and call.excinfo.value}"
        )
    return report


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Undo what a test's own program does to the log lines of its whole process."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the public data set is not at {SHARED_DATA.name} beside the checkout")
    return SHARED_DATA


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the system's Chromium, for Playwright's `executable_path`."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    return found


@pytest.fixture(scope="session")
def mosquitto() -> str:
    """The path of the message broker's program."""
    found = mosquitto_broker.find()
    if found is None:
        pytest.skip("no Mosquitto is installed")
    return found


@pytest.fixture(scope="session")
def postgresql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of our own, with durability on; one a test process, stopped at the end."""
    binaries = postgresql_server.find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed")
    with postgresql_server.running(binaries, tmp_path_factory.mktemp("postgresql")) as url:
        yield url


@pytest.fixture(scope="session")
def _postgresql_template(postgresql_url: str) -> str:
    migrations.upgrade(postgresql_server.make_database(postgresql_url, "gongzhi_template"))
    return "gongzhi_template"


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sqlite")
    migrations.upgrade(f"sqlite:///{folder / 'template.db'}")
    return folder


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """The address of an empty, migrated SQLite database: a copy of one that was migrated once."""
    for file in _sqlite_template.iterdir():
        shutil.copy(file, tmp_path / file.name.replace("template", "gongzhi"))
    return f"sqlite:///{tmp_path / 'gongzhi.db'}"


@pytest.fixture
def postgresql_database_url(postgresql_url: str, _postgresql_template: str) -> Iterator[str]:
    """The address of an empty, migrated PostgreSQL database, dropped after the test."""
    name = f"test_{next(_numbers)}"
    yield postgresql_server.make_database(postgresql_url, name, template=_postgresql_template)
    postgresql_server.drop_database(postgresql_url, name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty, migrated database; a test that asks for it runs on both kinds."""
    fixtures = {"sqlite": "sqlite_url", "postgresql": "postgresql_database_url"}
    url: str = request.getfixturevalue(fixtures[request.param])
    return url
