"""Identifiers: UUIDv7 for machines, a short number and an unguessable code for people."""

import secrets
from typing import NewType

import uuid_utils

CaseId = NewType("CaseId", str)
CrewId = NewType("CrewId", str)
AssignmentId = NewType("AssignmentId", str)
ReportId = NewType("ReportId", str)
MessageId = NewType("MessageId", str)
ClockId = NewType("ClockId", str)
EntryId = NewType("EntryId", str)
DeadlineId = NewType("DeadlineId", str)
UserId = NewType("UserId", str)
AreaId = NewType("AreaId", str)
AssetId = NewType("AssetId", str)

_UNAMBIGUOUS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new() -> str:
    """Make a UUIDv7 in its canonical 36 characters: unique, and sorting by the time of making."""
    return str(uuid_utils.uuid7())


def new_public_code() -> str:
    """Make a case code that a resident can read out on the telephone and nobody can guess.

    Ten characters of 30 give 49 bits; look-ups of unknown codes are rate-limited beside that.
    """
    return "".join(secrets.choice(_UNAMBIGUOUS) for _ in range(10))
