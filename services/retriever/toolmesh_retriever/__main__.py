"""Runs the retriever."""

from toolmesh_core.service import run_service
from toolmesh_retriever.bootstrap import bootstrap
from toolmesh_retriever.settings import RetrieverSettings

if __name__ == "__main__":
    run_service("retriever", RetrieverSettings, bootstrap)
