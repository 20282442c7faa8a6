"""A provider's double on a free loopback port, and a listener where the product's hooks would be."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from notifications.double import DoubleConfig, Running, start
from notifications.double.listener import Listener
from notifications.twilio_sms import TwilioAccount, TwilioSms

TOKEN = "a-token"


@pytest.fixture
def product() -> Iterator[Listener]:
    with Listener("<Response><Message>已收到,案件 3021</Message></Response>") as listener:
        yield listener


@pytest.fixture
def double(product: Listener) -> Iterator[Running]:
    config = DoubleConfig(
        clock=lambda: datetime.now(UTC),  # noqa: TID251  (the double runs in real time here)
        auth_token=TOKEN,
        callback_delay_s=0.01,
        inbound_url=f"{product.url}/hooks/twilio/sms",
        keep=1_000,
    )
    with start(config) as running:
        yield running


@pytest.fixture
def make_sms(double: Running) -> Callable[..., TwilioSms]:
    def make(
        *,
        auth_token: str = TOKEN,
        service: str | None = None,
        api_base: str | None = None,
        timeout_s: float = 2.0,
    ) -> TwilioSms:
        account = TwilioAccount(
            double.double.config.account_sid, auth_token, None if service else "+15005550006", service
        )
        return TwilioSms(account, api_base=api_base or double.url, timeout_s=timeout_s)

    return make


@pytest.fixture
def sms(make_sms: Callable[..., TwilioSms]) -> TwilioSms:
    return make_sms()
