"""Which processes the parent decides to run, and with which settings."""

import pytest

from casework.cli import plan
from casework.cli.plan import Options
from casework.settings import Settings

ON_SQLITE = Settings(database_url="sqlite:////srv/var/gongzhi.sqlite3")
ON_POSTGRESQL = Settings(
    database_url="postgresql+psycopg://localhost/gongzhi", web_processes=2, worker_processes=3
)
LOCAL = Options(host="127.0.0.1", port=8000)
DEMO = Options(host="127.0.0.1", port=8000, demo=True, simulation=True, sms_port=9123)


def test_on_sqlite_exactly_one_process_serves_and_works() -> None:
    specs = plan.processes(ON_SQLITE, LOCAL, {})

    assert [spec.name for spec in specs] == ["web"]
    assert specs[0].command[-2:] == ("--lock", "/srv/var/gongzhi.sqlite3.lock")


def test_on_postgresql_web_and_workers_are_many_and_hold_no_lock() -> None:
    specs = plan.processes(ON_POSTGRESQL, LOCAL, {})

    assert [spec.name for spec in specs] == ["web", "worker-1", "worker-2", "worker-3"]
    assert specs[0].command[-2:] == ("--processes", "2")
    assert "--lock" not in specs[0].command


def test_the_simulation_and_the_double_of_the_provider_run_beside_the_one_process() -> None:
    specs = plan.processes(ON_SQLITE, DEMO, {})

    assert [spec.name for spec in specs] == ["web", "fake-sms", "simulation"]
    assert specs[0].extra_environment["GONGZHI_TWILIO_API_BASE"] == "http://127.0.0.1:9123"


@pytest.mark.parametrize("name", ["GONGZHI_SMS", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"])
def test_an_operators_own_channel_is_never_given_to_the_simulation(name: str) -> None:
    specs = plan.processes(ON_SQLITE, DEMO, {name: "theirs"})

    assert [spec.name for spec in specs] == ["web"]
    assert not any(key.startswith("TWILIO") for key in specs[0].extra_environment)


def test_the_demo_leaves_what_the_operator_set() -> None:
    extra = plan.demo_environment(DEMO, {"GONGZHI_PUBLIC_URL": "https://gongzhi.example"})

    assert "GONGZHI_PUBLIC_URL" not in extra
    assert extra["GONGZHI_DEMO"] == "yes"


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104  (nothing is bound)
        ("::", "http://[::1]:8000"),
    ],
)
def test_an_address_that_means_every_interface_is_visited_on_the_loopback(host: str, url: str) -> None:
    assert Options(host=host, port=8000).url == url


def test_the_greeting_warns_when_public_passwords_can_be_tried_from_outside() -> None:
    outside = Options(host="0.0.0.0", port=8000, demo=True)  # noqa: S104  (nothing is bound)

    assert any("open to others" in line for line in plan.greeting(outside, {}))
    assert not any("open to others" in line for line in plan.greeting(DEMO, {}))
