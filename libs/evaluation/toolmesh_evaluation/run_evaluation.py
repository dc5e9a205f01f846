"""One evaluation from its options to its report."""

import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from toolmesh_core.errors import FailedPrecondition, InvalidInput
from toolmesh_evaluation.ask_platform import AskPlatform
from toolmesh_evaluation.case import Scored
from toolmesh_evaluation.evaluate import OnDone, ask_all, drawn, evaluate
from toolmesh_evaluation.evaluation_set import EvaluationSet, Tools
from toolmesh_evaluation.report.run_facts import RunFacts
from toolmesh_evaluation.report.write_report import write_report
from toolmesh_evaluation.services import ModelChoice
from toolmesh_evaluation.sets.by_name import MAIN_JOB, SETS, read_set
from toolmesh_evaluation.sets.main_job import read_main_job
from toolmesh_sdk import AsyncClient


@dataclass(frozen=True, slots=True)
class EvaluationOptions:
    """What is evaluated, and how.

    Attributes:
        out: folder of the report.
        limit: a random sample of so many cases; 0 takes all.
        parallel: cases asked at once; 0 takes 4, and 1 through a running platform, whose own speed is of interest.
        platform_url: of the running platform that main_job asks; empty takes TOOLMESH_URL.
        work: for the services' state and log; a kept one holds the tools' vectors, so that the next run starts sooner.
        command: as it is written into the report; empty takes this process's.
    """

    set_name: str
    out: Path
    data: Path | None = None
    choice: ModelChoice = field(default_factory=ModelChoice)
    tools: Tools | None = None
    told: bool = False
    limit: int = 0
    seed: int = 7
    parallel: int = 0
    controller: str = ""
    platform_url: str = ""
    work: Path | None = None
    show_failures: bool = False
    command: str = ""


async def run_evaluation(
    options: EvaluationOptions, *, on_ready: Callable[[int], None], on_done: OnDone
) -> dict[str, Any]:
    """Asks, judges, writes the report; gives what summary.json holds.

    Args:
        on_ready: called with the number of cases when the services run.
        on_done: called after each case.
    """
    _check(options)
    whole = _read(options)
    chosen = replace(whole, cases=drawn(whole.cases, options.limit, options.seed))
    began = time.monotonic()

    def ready() -> None:
        nonlocal began
        began = time.monotonic()
        on_ready(len(chosen.cases))

    if options.set_name == MAIN_JOB:
        scored = await _through_platform(chosen, options, ready, on_done)
    else:
        scored = await evaluate(
            chosen,
            options.choice,
            options.work or options.out / "services",
            controller=options.controller,
            parallel=options.parallel or 4,
            told=options.told,
            on_ready=ready,
            on_done=on_done,
        )
    facts = _facts(options, len(whole.cases), time.monotonic() - began)
    return write_report(options.out, facts, scored, chosen.headline, show_failures=options.show_failures)


def _check(options: EvaluationOptions) -> None:
    if options.choice.openai and not options.choice.model:
        raise InvalidInput("--openai needs --model: the model's name at that server")
    if options.set_name == MAIN_JOB and (options.controller or options.choice.openai or options.choice.settings()):
        raise InvalidInput(
            "main_job asks a running platform, which serves its own models: name a served model or adapter, and leave "
            "out --controller and --openai"
        )


def _read(options: EvaluationOptions) -> EvaluationSet:
    if options.set_name != MAIN_JOB:
        return read_set(options.set_name, options.data, options.tools)
    if options.data is None:
        raise InvalidInput(f"set {MAIN_JOB!r} is read from a folder or file, such as tests/e2e; give it with --data")
    return read_main_job(options.data)


async def _through_platform(
    chosen: EvaluationSet, options: EvaluationOptions, ready: Callable[[], None], on_done: OnDone
) -> list[Scored]:
    async with AsyncClient(options.platform_url or None) as client:
        if not await client.healthy():
            raise FailedPrecondition(
                f"no platform is ready at {client.base_url}; start one with `toolmesh up --detach`"
            )
        ask = AskPlatform(client, model=options.choice.model, adapter=options.choice.adapter)
        await ask.add_documents(chosen.cases)
        ready()
        return await ask_all(chosen.cases, ask, chosen.judge, parallel=options.parallel or 1, on_done=on_done)


def _facts(options: EvaluationOptions, cases_in_set: int, duration_s: float) -> RunFacts:
    entry = SETS.get(options.set_name)
    return RunFacts(
        command=options.command or shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        set_name=options.set_name,
        model=options.choice.model,
        adapter=options.choice.adapter,
        cases_in_set=cases_in_set,
        seed=options.seed,
        tools=options.tools or (entry.default_tools if entry else "retrieved"),
        told=options.told,
        parallel=options.parallel or (4 if entry else 1),
        duration_s=duration_s,
    )
