"""Settings: each thing wrong stops the start with a sentence of its own."""

import pytest

from casework import settings

SECRET = {"GONGZHI_SECRET_KEY": "0123456789abcdef0123456789abcdef"}


def _refusal(environment):
    with pytest.raises(settings.SettingsError) as refused:
        settings.parse(environment)
    return refused.value.sentences


def test_an_unknown_name_is_refused_and_the_known_ones_are_named():
    (sentence,) = _refusal(SECRET | {"GONGZHI_DATABSE_URL": "sqlite:///x"})

    assert sentence.startswith("GONGZHI_DATABSE_URL is no setting")
    assert "GONGZHI_DATABASE_URL" in sentence


def test_names_of_others_are_left_alone():
    assert (
        settings.parse(SECRET | {"PATH": "/bin", "FLASK_DEBUG": "1"}).secret_key
        == SECRET["GONGZHI_SECRET_KEY"]
    )


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("GONGZHI_DATABASE_URL", "mysql://x/y", "sqlite:/// or postgresql://"),
        ("GONGZHI_PUBLIC_URL", "gongzhi.example", "http or https://"),
        ("GONGZHI_PUBLIC_URL", "http://[", ""),
        ("GONGZHI_TIMEZONE", "Asia/Hangzhou", "no time zone"),
        ("GONGZHI_LANGUAGE", "de", "zh, en"),
        ("GONGZHI_SCENARIOS", "/no/such/folder", "is no folder"),
        ("GONGZHI_SMS", "pigeon", "console, twilio"),
        ("GONGZHI_DEMO", "maybe", "yes or no"),
        ("GONGZHI_PROXIES", "9", "0 to 8"),
        ("GONGZHI_WEB_PROCESSES", "0", "1 to 64"),
        ("GONGZHI_WEB_PROCESSES", "two", "1 to 64"),
        ("GONGZHI_WEB_PROCESSES", "²", ""),
        ("GONGZHI_MATCHER", "magic", "durable, plain"),
    ],
)
def test_an_unusable_value_is_refused_by_name(name, value, says):
    (sentence,) = _refusal(SECRET | {name: value})

    assert sentence.startswith(f"{name}=")
    assert says in sentence


def test_all_that_is_wrong_is_said_at_once():
    assert len(_refusal(SECRET | {"GONGZHI_LANGUAGE": "de", "GONGZHI_SMS": "pigeon", "GONGZHI_X": "1"})) == 3


def test_a_secret_is_required_outside_the_demo_and_not_inside():
    (sentence,) = _refusal({})

    assert sentence.startswith("GONGZHI_SECRET_KEY must be set outside the demo")
    assert settings.parse({"GONGZHI_DEMO": "1"}).demo


def test_twilio_wants_its_account_and_one_of_two_senders():
    needed = _refusal(SECRET | {"GONGZHI_SMS": "twilio"})

    assert [sentence.partition(" needs ")[2] for sentence in needed] == [
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID",
    ]


def test_a_password_in_an_unusable_address_is_not_repeated():
    (sentence,) = _refusal(SECRET | {"GONGZHI_DATABASE_URL": "mysql://me:hush@host/db"})

    assert "hush" not in sentence


@pytest.mark.parametrize(("url", "one"), [("sqlite:////tmp/x.db", True), ("postgresql://h/d", False)])
def test_one_process_is_for_sqlite_alone(url, one):
    assert settings.parse(SECRET | {"GONGZHI_DATABASE_URL": url}).one_process is one
