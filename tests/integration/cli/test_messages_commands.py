"""`flask messages`: previews, wishes noted at the desk, costs."""

import pytest

import app
import migrations
from casework import settings
from casework.domain.addressees import Charge
from casework.ids import MessageId

RESIDENT = "+862600000777"


@pytest.fixture
def shell(sqlite_url):
    migrations.upgrade(sqlite_url)
    made = app.create_app(settings.parse({"GONGZHI_DATABASE_URL": sqlite_url, "GONGZHI_DEMO": "1"}))
    runner = made.test_cli_runner()

    def run(*words):
        return runner.invoke(args=["messages", *words])

    run.runtime = made.extensions["gongzhi"]
    yield run
    run.runtime().close()


def test_texts_are_previewed_with_their_segments_and_class(shell):
    shown = shell("preview", "crew_offer")

    assert shown.exit_code == 0
    assert "crew_offer [zh] duty: 1 x ucs2" in shown.output
    assert "道路积水" in shown.output
    assert shell("preview").exit_code == 0


def test_an_unknown_text_is_named(shell):
    shown = shell("preview", "no_such_text")

    assert shown.exit_code == 1
    assert "no_such_text" in shown.output


def test_a_stop_at_the_desk_is_kept_once_and_taken_back(shell):
    first = shell("stop", "sms", "+86 26 0000 0777", "--words", "by telephone")
    again = shell("stop", "sms", RESIDENT)
    with shell.runtime().uows(reading=True) as uow:
        stopped = uow.addressees.stopped([("sms", RESIDENT)])
    back = shell("start", "sms", RESIDENT)

    assert (first.output, again.output) == ("stop: noted\n", "stop: was so already\n")
    assert stopped == {("sms", RESIDENT)}
    assert back.output == "start: noted\n"
    with shell.runtime().uows(reading=True) as uow:
        assert [one.how for one in uow.addressees.history("sms", RESIDENT)] == ["desk", "desk"]


def test_quiet_hours_are_kept_and_nonsense_is_refused(shell):
    assert shell("quiet", "sms", RESIDENT, "21:00-08:00").exit_code == 0
    with shell.runtime().uows(reading=True) as uow:
        assert uow.addressees.quiet([("sms", RESIDENT)]) == {("sms", RESIDENT): "21:00-08:00"}

    assert shell("quiet", "sms", RESIDENT, "default").exit_code == 0
    assert "22:00-07:00" in shell("quiet", "sms", RESIDENT, "late").output
    assert shell("quiet", "sms", "12", "21:00-08:00").exit_code == 1


def test_costs_are_added_up(shell):
    runtime = shell.runtime()
    with runtime.uows() as uow:
        uow.ledger.add(
            Charge(
                id="c1",
                message_id=MessageId("m1"),
                at=runtime.clock(),
                channel="sms",
                provider="aliyun",
                segments=2,
                micros=90_000,
                currency="CNY",
            )
        )
        uow.commit()

    assert shell("costs", "--from", "2020-01-01").output == "sms aliyun: 1 texts, 2 segments, 0.0900 CNY\n"
