"""Rehearsals that were asked for on a page: each in a child process, told of, and ended when cancelled.

A child, because a minute of judging in a thread of the serving process would slow everything beside it, and
because a process can be ended at any instruction: it only reads.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import structlog

from casework.domain.rulebook import Rehearsal, RehearsalState
from casework.services import rehearsal_orders, rule_texts
from casework.services.runtime import Runtime
from rules import canary
from rules.errors import RulesError

log = structlog.get_logger(__name__)

STALE = timedelta(seconds=30)
"""A rehearsal whose runner was not heard of for so long is begun again by another."""
_LOOK_S = 0.5
_ROOT = Path(__file__).resolve().parents[2]


def run_next(runtime: Runtime, stopping: threading.Event) -> int:
    """Run the rehearsal that waits longest, to its end; answer how many were run, 0 or 1."""
    rehearsal = _take(runtime)
    if rehearsal is None:
        return 0
    log.info("rehearsal_began", rehearsal_id=rehearsal.id, rule=rehearsal.rule_id)
    try:
        with _set_up(runtime, rehearsal) as child:
            _follow(runtime, rehearsal, child, stopping)
    except (RulesError, OSError) as error:
        _end(runtime, rehearsal, RehearsalState.FAILED, error=str(error)[:4_000])
    return 1


def _take(runtime: Runtime) -> Rehearsal | None:
    with runtime.uows(reading=True) as uow:
        if uow.rehearsals.take(runtime.clock() - STALE) is None:
            return None
    with runtime.uows() as uow:
        taken = uow.rehearsals.take(runtime.clock() - STALE)
        if taken is None:
            return None
        running = replace(taken, state=RehearsalState.RUNNING, beat_at=runtime.clock())
        uow.rehearsals.save(running)
        uow.commit()
    return running


@contextmanager
def _set_up(runtime: Runtime, rehearsal: Rehearsal) -> Iterator[subprocess.Popen[str]]:
    """Lay out both sets of rules, try the draft's, and start the child; it is gone when this is left."""
    with runtime.uows(reading=True) as uow:
        texts = runtime.rulebook.texts(uow)
    key = (rehearsal.pack, rehearsal.rule_id)
    folders = runtime.rulebook.folders
    with (
        rule_texts.composed(folders, texts) as live,
        rule_texts.composed(folders, {**texts, key: rehearsal.text}) as draft,
    ):
        canary.check([draft], prefer=runtime.settings.matcher)
        order = {
            "url": runtime.settings.database_url,
            "live": str(live),
            "draft": str(draft),
            "key": list(key),
            "from": rehearsal.starts_at.isoformat(),
            "to": rehearsal.ends_at.isoformat(),
            "zone": runtime.settings.timezone.key,
            "matcher": runtime.settings.matcher,
            "price": rehearsal_orders.text_price(runtime.settings.prices),
        }
        child = subprocess.Popen(
            [sys.executable, "-m", "casework.jobs.rehearsal_child"],
            cwd=_ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(_ROOT), os.environ.get("PYTHONPATH", "")])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            _give(child.stdin, order)
            yield child
        finally:
            child.kill()
            child.communicate()


def _give(pipe: IO[str] | None, order: dict[str, Any]) -> None:
    if pipe is not None:
        pipe.write(json.dumps(order) + "\n")
        pipe.flush()


def _follow(
    runtime: Runtime, rehearsal: Rehearsal, child: subprocess.Popen[str], stopping: threading.Event
) -> None:
    """Write down how far the child is, until it is done, or somebody cancels, or the service stops."""
    heard: dict[str, Any] = {}
    complaints: list[str] = []
    readers = [
        threading.Thread(target=_hear, args=(child.stdout, heard), daemon=True),
        threading.Thread(target=_collect, args=(child.stderr, complaints), daemon=True),
    ]
    for reader in readers:
        reader.start()
    while readers[0].is_alive():
        readers[0].join(_LOOK_S)
        if stopping.is_set():
            return  # another worker begins it again once this one was not heard of for a while
        if not _beat(runtime, rehearsal, heard):
            log.info("rehearsal_cancelled", rehearsal_id=rehearsal.id)
            return
    readers[1].join(_LOOK_S)
    if "report" in heard:
        _end(runtime, rehearsal, RehearsalState.DONE, report=heard["report"])
    else:
        said = "".join(complaints).strip().splitlines()[-1:] or ["the process ended without a word"]
        _end(runtime, rehearsal, RehearsalState.FAILED, error=said[0][:4_000])


def _hear(pipe: IO[str], heard: dict[str, Any]) -> None:
    for line in pipe:
        heard.update(json.loads(line))


def _collect(pipe: IO[str], lines: list[str]) -> None:
    for line in pipe:
        lines[:] = [*lines[-20:], line]


def _beat(runtime: Runtime, rehearsal: Rehearsal, heard: dict[str, Any]) -> bool:
    """Write how far it is; answer whether it is still wanted."""
    with runtime.uows() as uow:
        now = uow.rehearsals.get(rehearsal.id)
        if now.state is not RehearsalState.RUNNING:
            return False
        far = replace(
            now, part=heard.get("part", 0.0), events=heard.get("events", 0), beat_at=runtime.clock()
        )
        uow.rehearsals.save(far)
        uow.commit()
    return True


def _end(
    runtime: Runtime,
    rehearsal: Rehearsal,
    state: RehearsalState,
    *,
    report: dict[str, Any] | None = None,
    error: str | None = None,
) -> None:
    with runtime.uows() as uow:
        now = uow.rehearsals.get(rehearsal.id)
        if now.state is RehearsalState.RUNNING:
            part = 1.0 if report else now.part
            events = report["events"] if report else now.events
            ended = replace(
                now, state=state, part=part, events=events, ended_at=runtime.clock(), error=error,
                report=report or {},
            )  # fmt: skip
            uow.rehearsals.save(ended)
            uow.commit()
    log.info("rehearsal_ended", rehearsal_id=rehearsal.id, state=state.value)
