"""The contract that every tool keeps, as rules that the platform's tests and `toolmesh tools test` both run."""

from toolmesh_toolkit.contract.check_contract import CALL_RULES, check_calls, check_descriptions, problems_of
from toolmesh_toolkit.contract.description_rules import DESCRIPTION_RULES
from toolmesh_toolkit.contract.rule import Problem, Rule, Verdict
from toolmesh_toolkit.contract.served_tools import ServedTools

__all__ = [
    "CALL_RULES",
    "DESCRIPTION_RULES",
    "Problem",
    "Rule",
    "ServedTools",
    "Verdict",
    "check_calls",
    "check_descriptions",
    "problems_of",
]
