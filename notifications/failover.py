"""Several providers behind one channel: the first whose circuit is closed sends, the next one stands by."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from notifications import errors, provider_codes
from notifications.channel import Accepted, Channel, OutgoingText
from notifications.circuit import Circuit, Standing

log = structlog.get_logger()

QUICKLY_S = 1.0
"""Only a provider that says no at once leaves time for another one within the length of one call."""
_PACE = frozenset({"20429", "http:429", "aliyun:isv.BUSINESS_LIMIT_CONTROL"})


@dataclass(frozen=True, slots=True)
class Provider:
    """A channel and the circuit that watches it."""

    channel: Channel
    circuit: Circuit = field(default_factory=Circuit)


class Failover:
    """Sends through the first provider that works.

    A text goes to another provider only where the one before certainly did not take it. What has an unknown
    outcome is looked for at every provider, and the outbox sends it again only if none holds it.
    """

    def __init__(
        self, name: str, providers: Sequence[Provider], *, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        if not providers:
            raise ValueError("a channel needs a provider")
        self.name = name
        self._providers = tuple(providers)
        self._elapsed = elapsed

    @property
    def can_reconcile(self) -> bool:
        """Whether any provider can be asked; of those that cannot, a lost answer stays a guess."""
        return any(one.channel.can_reconcile for one in self._providers)

    @property
    def reports_delivery(self) -> bool:
        """Whether any provider reports: a text is never taken for delivered because another one is silent."""
        return any(one.channel.reports_delivery for one in self._providers)

    def standings(self) -> Mapping[str, Standing]:
        """Answer how each provider stands, by its name."""
        return {one.channel.name: one.circuit.standing() for one in self._providers}

    def send(self, text: OutgoingText) -> Accepted:
        """Hand the text to the first provider that takes it; raises as a channel does."""
        began = self._elapsed()
        refusal: errors.ChannelError | None = None
        for one in self._providers:
            if refusal is not None and self._elapsed() - began > QUICKLY_S:
                break
            ticket = one.circuit.enter()
            if ticket is None:
                continue
            try:
                accepted = one.channel.send(text)
            except errors.ChannelError as error:
                one.circuit.leave(ticket, ok=not is_the_providers_fault(error))
                if not _may_go_elsewhere(error):
                    raise
                refusal = error
                log.warning("provider_passed_over", provider=one.channel.name, code=error.code)
            except Exception:
                one.circuit.leave(ticket, ok=False)
                raise
            else:
                one.circuit.leave(ticket, ok=True)
                return replace(accepted, provider=accepted.provider or one.channel.name)
        if refusal is not None:
            raise refusal
        wait_s = min(one.circuit.opens_in_s() for one in self._providers)
        raise errors.TryLater("no_provider", "every provider's circuit is open", retry_after_s=max(1, wait_s))

    def find(
        self, text: OutgoingText, *, since: datetime, claimed: Collection[str] | None = None
    ) -> Accepted | None:
        """Ask every provider that can tell; the first that holds the text has it."""
        unasked: errors.ChannelError | None = None
        for one in self._providers:
            if not one.channel.can_reconcile:
                continue
            try:
                found = one.channel.find(text, since=since, claimed=claimed)
            except errors.ChannelError as error:
                unasked = error
                continue
            if found is not None:
                return replace(found, provider=found.provider or one.channel.name)
        if unasked is not None:
            raise unasked
        return None


def is_the_providers_fault(error: errors.ChannelError) -> bool:
    """Tell a provider that does not work from an address or a wording that would fail anywhere.

    Being asked to slow down is neither: the pace answers that.
    """
    if error.code in _PACE or error.code.endswith(":429"):
        return False
    return not isinstance(error, errors.Refused) or _concerns_account(error)


def _may_go_elsewhere(error: errors.ChannelError) -> bool:
    return isinstance(error, errors.TryLater) or (
        isinstance(error, errors.Refused) and _concerns_account(error)
    )


def _concerns_account(error: errors.ChannelError) -> bool:
    row = provider_codes.find(error.code)
    return row is not None and row.concerns == "account"
