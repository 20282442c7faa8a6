import pytest

from notifications import provider_codes


@pytest.mark.parametrize("code", ["21211", "21610", "21614", "30005", "30007"])
def test_these_numbers_fail_again(code: str) -> None:
    assert provider_codes.is_permanent(code)


@pytest.mark.parametrize("code", ["20429", "30003", "30008"])
def test_these_numbers_may_pass(code: str) -> None:
    assert not provider_codes.is_permanent(code)


def test_an_unknown_number_is_judged_by_its_status() -> None:
    assert provider_codes.is_permanent("21999", 400)
    assert not provider_codes.is_permanent("21999", 429)
    assert not provider_codes.is_permanent("21999", 500)
    assert not provider_codes.is_permanent("39999")


def test_wrong_credentials_hold_the_texts_back_and_lose_none() -> None:
    assert not provider_codes.is_permanent("20003", 401)


def test_each_row_speaks_both_languages_and_names_its_source() -> None:
    rows = provider_codes.twilio_codes().values()

    assert len(rows) >= 25
    for row in rows:
        assert row.meaning.keys() == row.what_to_do.keys() == {"zh", "en"}
        assert row.source.endswith(row.code)
        assert row.concerns in {"address", "person", "content", "account", "network"}


def test_an_opt_out_concerns_the_person() -> None:
    row = provider_codes.find("21610")

    assert row is not None
    assert row.concerns == "person"
    assert provider_codes.find(None) is None


def test_the_other_vendors_words_are_data_too() -> None:
    rows = provider_codes.vendor_codes()

    assert not rows.keys() & provider_codes.twilio_codes().keys()
    assert rows.keys() >= {"telegram:403", "wecom:45009", "dingtalk:130101", "smtp:550", "opted_out"}
    for row in rows.values():
        assert row.meaning.keys() == row.what_to_do.keys() == {"zh", "en"}
        assert row.source
        assert row.concerns in {"address", "person", "content", "account", "network"}
