"""The same run on several machines: Ray Train starts the workers, each runs the loop on its part of every step."""

from typing import Any

from toolmesh_core.errors import FailedPrecondition, Internal
from toolmesh_training.train_run import Outcome, train
from toolmesh_training.train_settings import TrainSettings
from toolmesh_training.workers import DistributedWorkers


def train_by_ray(settings: TrainSettings, workers: int, *, resume: bool) -> Outcome:
    """Trains on `workers` workers of the Ray cluster that RAY_ADDRESS names, or of one started here.

    settings.data and settings.out must be folders that all machines share. The outcome is the first worker's.

    Raises:
        FailedPrecondition: Ray is not installed.
        Internal: a worker failed; Ray's own error is its cause.
    """
    try:
        from ray.train import RunConfig, ScalingConfig
        from ray.train.torch import TorchConfig, TorchTrainer
    except ModuleNotFoundError as error:
        raise FailedPrecondition(
            "--ray needs Ray: run `pip install 'toolmesh-training[train,ray]'`, or train here without --ray"
        ) from error

    def on_worker(_: dict[str, Any]) -> None:
        import ray.train

        outcome = train(settings, resume=resume, workers=DistributedWorkers())
        ray.train.report(outcome.to_json())

    trainer = TorchTrainer(
        on_worker,
        train_loop_config={},
        torch_config=TorchConfig(backend="gloo"),
        scaling_config=ScalingConfig(num_workers=workers, use_gpu=False),
        run_config=RunConfig(storage_path=str(settings.out / "ray")),
    )
    result = trainer.fit()
    if result.error or not result.metrics:
        raise Internal(f"a worker of the run {settings.out} failed: {result.error}") from result.error
    return Outcome(**{name: result.metrics[name] for name in Outcome.__slots__})
