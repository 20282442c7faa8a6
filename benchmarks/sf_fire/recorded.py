"""The replay of what was recorded: every call, crew and tap at its own instant."""

from functools import partial

from sf_fire.house import House
from sf_fire.outside import Outside
from sf_fire.record import Call, Record
from sf_fire.stage import Stage


def replay(house: House, record: Record, *, progress: bool = False) -> Stage:
    """Play the whole record and answer the stage."""
    outside = Outside(house)
    stage = Stage(house, after_work=outside.read_texts)
    for call in record.calls:
        stage.plan(call.filed_at, partial(_file, stage, outside, call))
    stage.play(record.ends_at, progress=progress)
    return stage


def _file(stage: Stage, outside: Outside, call: Call) -> None:
    outside.report(call)
    if call.dispatched_at is not None:
        stage.plan(call.dispatched_at, partial(_dispatch, stage, outside, call))


def _dispatch(stage: Stage, outside: Outside, call: Call) -> None:
    outside.dispatch(outside.case_of(call), call.crew)
    taps = (("en_route", call.en_route_at), ("on_scene", call.on_scene_at), ("done", call.done_at))
    for do, at in taps:
        if at is not None:
            stage.plan(at, partial(outside.tap, call.crew, do))
