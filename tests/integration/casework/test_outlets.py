"""What the console and the figures say of providers and costs, and `flask messages`, on both databases."""

from dataclasses import replace
from datetime import timedelta

import cast

from casework.analytics import outlets
from casework.domain.addressees import Charge, ProviderStanding
from casework.ids import MessageId


def stand(town, process, state, *, late=timedelta(), calls=4, failures=2):
    now = town.clock() - late
    with town.uows() as uow:
        one = ProviderStanding(
            process=process,
            channel="sms",
            provider="twilio",
            state=state,
            calls=calls,
            failures=failures,
            at=now,
        )
        uow.ledger.stand([one], now)
        uow.commit()


def charge(town, number, *, micros=45_000, currency="CNY", segments=2):
    with town.uows() as uow:
        uow.ledger.add(
            Charge(
                id=f"charge-{number}",
                message_id=MessageId(f"message-{number}"),
                at=town.clock(),
                channel="sms",
                provider="aliyun",
                segments=segments,
                micros=micros,
                currency=currency,
            )
        )
        uow.commit()


def test_the_worst_word_of_any_living_process_counts(town):
    stand(town, "a", "closed")
    stand(town, "b", "half_open")
    stand(town, "gone", "open", late=timedelta(minutes=2))
    stand(town, "a", "closed", calls=6, failures=0)

    with town.runtime.reading() as connection:
        (seen,) = outlets.standings(connection, town.clock())

    assert (seen.state, seen.calls, seen.failures) == ("half_open", 10, 2)


def test_costs_add_up_exactly_and_what_has_no_price_is_counted_apart(town):
    before = town.clock()
    for number in range(3):
        charge(town, number)
    charge(town, 4, micros=None, currency=None)

    with town.runtime.reading() as connection:
        rows = outlets.costs(connection, before)
        later = outlets.costs(connection, before + timedelta(seconds=1))

    assert {(row.currency, row.messages, row.segments, row.amount, row.unpriced) for row in rows} == {
        ("CNY", 3, 6, 0.135, 0),
        (None, 1, 2, 0.0, 1),
    }
    assert later == []


def test_a_text_for_a_category_outranks_the_common_one(town):
    house, own = town.house, {"zh": "漏水{code}", "en": "A leak! {code}"}
    messages = {**house.catalogue.messages, "resident_received-for-leak": own}
    object.__setattr__(house, "catalogue", replace(house.catalogue, messages=messages))

    case = town.report()
    town.turn()

    assert town.sms.texts_to(cast.RESIDENT)[0] == f"A leak! {case.public_code}"
