"""Sources, areas, assets, parties, people, conversations, alarms and replayed answers."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from casework import ids
from casework.domain import errors
from casework.domain.people import Role, Session, Source, User
from casework.domain.places import Area, Asset, Party
from casework.store import register_tables, tables
from casework.store.casefile import upsert
from casework.store.rows import Rows


class Registers:
    """Sources, areas, assets and parties."""

    def __init__(self, connection: sa.Connection) -> None:
        self._sources = Rows(connection, tables.sources, Source)
        self._areas = Rows(connection, tables.areas, Area)
        self._assets = Rows(connection, tables.assets, Asset)
        self._parties = Rows(connection, register_tables.parties, Party)

    def source(self, name: str) -> Source | None:
        return self._sources.first(self._sources.select().where(tables.sources.c.name == name))

    def sources(self) -> list[Source]:
        return self._sources.many(self._sources.select().order_by(tables.sources.c.name))

    def put_source(self, source: Source) -> None:
        if self._sources.update(source) == 0:
            self._sources.insert([source])

    def areas(self) -> list[Area]:
        return self._areas.many(self._areas.select().order_by(tables.areas.c.id))

    def add_areas(self, areas: Iterable[Area]) -> None:
        self._areas.insert(areas)

    def assets(self, ids: Iterable[str]) -> Mapping[str, Asset]:
        query = self._assets.select().where(tables.assets.c.id.in_(list(ids)))
        return {asset.id: asset for asset in self._assets.many(query)}

    def add_assets(self, assets: Iterable[Asset]) -> None:
        self._assets.insert(assets)

    def set_asset_state(self, asset_id: str, state: str) -> bool:
        """Write an asset's state among its attributes; answer whether it is there."""
        own = tables.assets
        asset = self._assets.first(self._assets.select().where(own.c.id == asset_id).with_for_update())
        if asset is None:
            return False
        return self._assets.update(replace(asset, attributes={**asset.attributes, "state": state})) > 0

    def save_assets(self, assets: Iterable[Asset]) -> None:
        self._assets.update_all(assets)

    def parties(self, ids: Iterable[str]) -> Mapping[str, Party]:
        query = self._parties.select().where(register_tables.parties.c.id.in_(list(ids)))
        return {party.id: party for party in self._parties.many(query)}

    def put_parties(self, new: Iterable[Party], changed: Iterable[Party]) -> None:
        self._parties.insert(new)
        self._parties.update_all(changed)

    def is_empty(self) -> bool:
        """Whether nothing has been registered yet: the demo city goes into an empty database only."""
        return self._areas.first(self._areas.select()) is None and not self.sources()


class People:
    """Users and their sign-ins."""

    def __init__(self, connection: sa.Connection) -> None:
        self._users = Rows(connection, tables.users, User)
        self._sessions = Rows(connection, tables.sessions, Session)
        self._connection = connection
        self._by_role: dict[Role, list[User]] = {}

    def add(self, user: User) -> None:
        self._by_role.clear()
        self._users.insert([user])

    def find(self, name: str) -> User | None:
        return self._users.first(self._users.select().where(tables.users.c.name == name))

    def get(self, user_id: str) -> User:
        user = self._users.first(self._users.select().where(tables.users.c.id == user_id))
        if user is None:
            raise errors.NotFound
        return user

    def save(self, user: User) -> None:
        self._by_role.clear()
        self._users.update(user)

    def with_role(self, role: Role) -> list[User]:
        """List the active users of a role; asked once a transaction: a sweep wants it often."""
        if role not in self._by_role:
            users = tables.users.c
            query = self._users.select().where(users.role == role, users.active.is_(True))
            self._by_role[role] = self._users.many(query.order_by(users.name))
        return self._by_role[role]

    def open_session(self, session: Session) -> None:
        self._sessions.insert([session])

    def session(self, token_hash: str) -> Session | None:
        return self._sessions.first(self._sessions.select().where(tables.sessions.c.token_hash == token_hash))

    def touch_session(self, token_hash: str, at: datetime) -> None:
        own = tables.sessions
        self._connection.execute(sa.update(own).where(own.c.token_hash == token_hash).values(seen_at=at))

    def end_session(self, token_hash: str) -> None:
        own = tables.sessions
        self._connection.execute(sa.delete(own).where(own.c.token_hash == token_hash))


class Talks:
    """Chat conversations, and inbound messages each taken once."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def state(self, channel: str, user_key: str) -> Mapping[str, Any]:
        own = tables.conversations.c
        query = sa.select(own.state).where(own.channel == channel, own.user_key == user_key)
        return self._connection.execute(query.with_for_update()).scalar() or {}

    def put_state(self, channel: str, user_key: str, state: Mapping[str, Any], at: datetime) -> None:
        statement = upsert(self._connection, tables.conversations).values(
            channel=channel, user_key=user_key, state=dict(state), updated_at=at
        )
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["channel", "user_key"],
                set_={"state": statement.excluded.state, "updated_at": statement.excluded.updated_at},
            )
        )

    def first_time(
        self, channel: str, message_id: str, user_key: str, at: datetime, body: Mapping[str, Any]
    ) -> bool:
        """Keep an inbound message; answer False when it was already taken."""
        statement = upsert(self._connection, tables.inbound).values(
            channel=channel, message_id=message_id, user_key=user_key, received_at=at, body=dict(body)
        )
        return self._connection.execute(statement.on_conflict_do_nothing()).rowcount == 1

    def answer_of(self, channel: str, message_id: str) -> Mapping[str, Any] | None:
        own = tables.inbound.c
        query = sa.select(own.answer).where(own.channel == channel, own.message_id == message_id)
        return self._connection.execute(query).scalar()

    def put_answer(self, channel: str, message_id: str, answer: Mapping[str, Any]) -> None:
        own = tables.inbound
        statement = sa.update(own).where(own.c.channel == channel, own.c.message_id == message_id)
        self._connection.execute(statement.values(answer=dict(answer)))


class Alarms:
    """What the house itself must be told of."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def raise_(self, kind: str, key: str, at: datetime, data: Mapping[str, Any]) -> bool:
        """Open an alarm unless one of that kind and key is open; answer whether it is new."""
        statement = upsert(self._connection, tables.alarms).values(
            id=ids.new(), at=at, kind=kind, key=key, data=dict(data)
        )
        return self._connection.execute(statement.on_conflict_do_nothing()).rowcount == 1

    def end(self, kind: str, key: str, at: datetime) -> bool:
        """End an alarm; answer whether it was open."""
        own = tables.alarms
        statement = sa.update(own).where(own.c.kind == kind, own.c.key == key, own.c.ended_at.is_(None))
        return self._connection.execute(statement.values(ended_at=at)).rowcount > 0

    def beat(self, process: str, role: str, started_at: datetime, at: datetime) -> None:
        """Write that a worker lives, for `/readyz`."""
        statement = upsert(self._connection, tables.heartbeats).values(
            process=process, role=role, started_at=started_at, beat_at=at
        )
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["process"], set_={"beat_at": at})
        )


class Replays:
    """Answers given under an Idempotency-Key."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def find(self, key: str, principal: str) -> tuple[str, int, str] | None:
        own = tables.idempotency.c
        query = sa.select(own.fingerprint, own.status, own.body).where(
            own.key == key, own.principal == principal
        )
        row = self._connection.execute(query).first()
        return None if row is None else (row[0], row[1], row[2])

    def add(self, key: str, principal: str, fingerprint: str, status: int, body: str, at: datetime) -> None:
        """Keep an answer; raises `Conflict` where another request with this key came first."""
        statement = upsert(self._connection, tables.idempotency).values(
            key=key, principal=principal, fingerprint=fingerprint, status=status, body=body, at=at
        )
        if self._connection.execute(statement.on_conflict_do_nothing()).rowcount == 0:
            raise errors.Conflict("another request with this Idempotency-Key came first")

    def purge(self, before: datetime, limit: int) -> int:
        """Forget some of the answers given before an instant; answer how many."""
        own = tables.idempotency.c
        old = sa.select(own.key, own.principal).where(own.at < before).order_by(own.at).limit(limit)
        named = sa.tuple_(own.key, own.principal).in_(old.with_for_update(skip_locked=True))
        return self._connection.execute(sa.delete(tables.idempotency).where(named)).rowcount
