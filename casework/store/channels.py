"""What people want of our messages, what messages cost, and how providers stand."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from casework.domain.addressees import Charge, Consent, Preference, ProviderStanding, Will
from casework.store import channel_tables as tables
from casework.store.casefile import upsert
from casework.store.rows import Rows

C, P = tables.consents.c, tables.preferences.c
_MOST_AT_ONCE = 200
_FORGOTTEN_AFTER = timedelta(days=1)


class Addressees:
    """Who wants no messages, or none at night."""

    def __init__(self, connection: sa.Connection) -> None:
        self._consents = Rows(connection, tables.consents, Consent)
        self._preferences = Rows(connection, tables.preferences, Preference)
        self._connection = connection

    def say(self, consent: Consent) -> bool:
        """Keep a word of STOP or START; answer False where it only repeats what holds already."""
        stopped = (consent.channel, consent.address) in self.stopped([(consent.channel, consent.address)])
        if stopped == (consent.will is Will.STOP):
            return False
        self._consents.insert([consent])
        return True

    def stopped(self, who: Collection[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        """Answer those channels and addresses whose newest word is STOP."""
        found: dict[tuple[str, str], Consent] = {}
        for part in _parts(who):
            query = self._consents.select().where(_any_of(C.channel, C.address, part)).order_by(C.id)
            for consent in self._consents.many(query):
                found[consent.channel, consent.address] = consent
        return frozenset(key for key, consent in found.items() if consent.will is Will.STOP)

    def history(self, channel: str, address: str) -> list[Consent]:
        """List everything that somebody said, oldest first."""
        query = self._consents.select().where(C.channel == channel, C.address == address)
        return self._consents.many(query.order_by(C.id).limit(_MOST_AT_ONCE))

    def prefer(self, preference: Preference) -> None:
        """Keep when somebody wants quiet, in place of what was known before."""
        if self._preferences.update(preference) == 0:
            self._preferences.insert([preference])

    def forget_preference(self, channel: str, address: str) -> None:
        """Let the house's own quiet hours hold again."""
        own = tables.preferences
        self._connection.execute(sa.delete(own).where(P.channel == channel, P.address == address))

    def quiet(self, who: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        """Answer the quiet hours of those who have their own."""
        found: dict[tuple[str, str], str] = {}
        for part in _parts(who):
            for one in self._preferences.many(
                self._preferences.select().where(_any_of(P.channel, P.address, part))
            ):
                found[one.channel, one.address] = one.quiet
        return found


class Ledger:
    """What messages cost, and how providers stand."""

    def __init__(self, connection: sa.Connection) -> None:
        self._charges = Rows(connection, tables.charges, Charge)
        self._connection = connection
        self.flush = self._charges.flush

    def add(self, charge: Charge) -> None:
        """Book one sending."""
        self._charges.later(charge)

    def stand(self, standings: Iterable[ProviderStanding], now: datetime) -> None:
        """Keep how providers stand in the eyes of a process, and forget processes that are long gone."""
        own = tables.provider_standings
        for one in standings:
            statement = upsert(self._connection, own).values(
                process=one.process,
                channel=one.channel,
                provider=one.provider,
                state=one.state,
                calls=one.calls,
                failures=one.failures,
                at=one.at,
            )
            new = {name: statement.excluded[name] for name in ("state", "calls", "failures", "at")}
            self._connection.execute(
                statement.on_conflict_do_update(index_elements=["process", "channel", "provider"], set_=new)
            )
        self._connection.execute(sa.delete(own).where(own.c.at < now - _FORGOTTEN_AFTER))


def _parts(who: Collection[tuple[str, str]]) -> Iterable[list[tuple[str, str]]]:
    listed = sorted(set(who))
    for start in range(0, len(listed), _MOST_AT_ONCE):
        yield listed[start : start + _MOST_AT_ONCE]


def _any_of(
    channel: sa.ColumnElement[str], address: sa.ColumnElement[str], who: Collection[tuple[str, str]]
) -> sa.ColumnElement[bool]:
    # Row values in IN use the index on neither database for long lists; one OR of equalities each does.
    return sa.or_(*(sa.and_(channel == one, address == other) for one, other in who))
