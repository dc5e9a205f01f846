"""Front door: `python -m toolmesh_inference`."""

from toolmesh_core.service import run_service
from toolmesh_inference.bootstrap import bootstrap
from toolmesh_inference.settings import InferenceSettings

if __name__ == "__main__":
    run_service("inference", InferenceSettings, bootstrap)
