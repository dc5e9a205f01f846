"""The plan of a platform on one machine."""

from pathlib import Path

from toolmesh_cli.supervisor.plan import NEIGHBOURS, PlatformPaths, plan_platform

PATHS = PlatformPaths(Path("/data"), Path("/sockets"))
PORTS = {name: 10_000 + number for number, name in enumerate(NEIGHBOURS)}


SQL = {"TOOLMESH_TOOL_SQL_DATABASES_FILE": "/data/databases.yaml"}


def test_each_service_is_told_the_address_that_its_neighbour_listens_on() -> None:
    plans = {plan.name: plan for plan in plan_platform(PATHS, PORTS, SQL)}
    for name, neighbours in NEIGHBOURS.items():
        for neighbour in neighbours:
            told = plans[name].env[f"TOOLMESH_{name.upper()}_{neighbour.upper()}_ADDRESS"]
            assert told == plans[neighbour].env[f"TOOLMESH_{neighbour.upper()}_LISTEN"]


def test_the_router_is_told_every_tool_service() -> None:
    plans = {plan.name: plan for plan in plan_platform(PATHS, PORTS, SQL)}
    told = dict(item.split("=") for item in plans["tool_router"].env["TOOLMESH_TOOL_ROUTER_TOOL_SERVICES"].split(","))
    assert told == {
        "calculation": plans["tool_calculation"].address,
        "code": plans["tool_code"].address,
        "data": plans["tool_data"].address,
        "sql": plans["tool_sql"].address,
        "web": plans["tool_web"].address,
    }


def test_no_process_is_run_for_databases_that_nobody_named() -> None:
    plans = {plan.name: plan for plan in plan_platform(PATHS, PORTS, {})}
    assert "tool_sql" not in plans
    assert "sql=" not in plans["tool_router"].env["TOOLMESH_TOOL_ROUTER_TOOL_SERVICES"]


def test_what_the_operator_has_set_wins() -> None:
    environment = {"TOOLMESH_MEMORY_LISTEN": "127.0.0.1:7001", "TOOLMESH_PLANNER_METRICS_LISTEN": "127.0.0.1:9999"}
    plans = {plan.name: plan for plan in plan_platform(PATHS, PORTS, environment)}
    assert plans["planner"].env["TOOLMESH_PLANNER_MEMORY_ADDRESS"] == "127.0.0.1:7001"
    assert plans["planner"].metrics_url == "http://127.0.0.1:9999/metrics"


def test_every_service_keeps_its_state_in_a_folder_of_its_own() -> None:
    folders = [plan.env[f"TOOLMESH_{plan.name.upper()}_DATA_DIR"] for plan in plan_platform(PATHS, PORTS, {})]
    assert len(set(folders)) == len(folders)
    assert all(folder.startswith("/data/") for folder in folders)
