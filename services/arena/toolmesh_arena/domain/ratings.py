"""Ratings from votes: Elo in the order of votes, and Bradley-Terry over all of them at once."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from toolmesh_arena.domain.battle import JudgedPair, Outcome

START = 1000.0
SCALE = 400.0
ELO_K = 32.0
# One drawn battle with an average agent: keeps who never lost, or never won, at a finite strength.
VIRTUAL_DRAWS = 1.0
_TOLERANCE = 1e-7
_MOST_ITERATIONS = 2000
_SCORE_OF_A: Mapping[Outcome, float] = {Outcome.A: 1.0, Outcome.B: 0.0, Outcome.TIE: 0.5, Outcome.BOTH_BAD: 0.5}

Matrix = NDArray[np.float64]


def elo_ratings(votes: Iterable[JudgedPair]) -> dict[str, float]:
    """Elo after all votes, by agent (Elo 1978, logistic form, K = 32 from 1000)."""
    ratings: dict[str, float] = {}
    for vote in votes:
        a, b = ratings.get(vote.agent_a, START), ratings.get(vote.agent_b, START)
        expected = 1.0 / (1.0 + 10.0 ** ((b - a) / SCALE))
        change = ELO_K * (_SCORE_OF_A[vote.outcome] - expected)
        ratings[vote.agent_a], ratings[vote.agent_b] = a + change, b - change
    return ratings


def count_votes(votes: Iterable[JudgedPair], agents: Sequence[str]) -> tuple[Matrix, Matrix]:
    """How often each agent beat each other one, and how often two tied (counted once, the first named as the row).

    Returns:
        Wins and ties, each [agent, agent].
    """
    place = {name: number for number, name in enumerate(agents)}
    wins, ties = np.zeros((2, len(agents), len(agents)))
    for vote in votes:
        a, b = place[vote.agent_a], place[vote.agent_b]
        if vote.outcome is Outcome.A:
            wins[a, b] += 1
        elif vote.outcome is Outcome.B:
            wins[b, a] += 1
        else:
            ties[a, b] += 1
    return wins, ties


def bradley_terry(wins: Matrix, ties: Matrix, virtual_draws: float = VIRTUAL_DRAWS) -> Matrix:
    """Bradley-Terry strengths on Elo's scale by minorisation-maximisation (Hunter 2004, equation 3).

    A tie is half a win for each.

    Args:
        wins: [..., agent, agent], how often the row beat the column.
        ties: [..., agent, agent], how often they tied, counted once.
        virtual_draws: drawn battles with an agent of rating 1000 that each agent is given. With 0 only differences
            of ratings mean something, and only where each agent has won and lost.

    Returns:
        [..., agent].
    """
    scores = wins + (ties + np.swapaxes(ties, -1, -2)) / 2
    meetings = scores + np.swapaxes(scores, -1, -2)
    won = scores.sum(-1) + virtual_draws / 2
    strengths = np.ones(won.shape)
    for _ in range(_MOST_ITERATIONS):
        pairs = (meetings / (strengths[..., :, None] + strengths[..., None, :])).sum(-1)
        updated = won / (pairs + virtual_draws / (strengths + 1))
        settled = np.abs(np.log(updated / strengths)).max(initial=0.0) < _TOLERANCE
        strengths = updated
        if settled:
            break
    ratings: Matrix = START + SCALE * np.log10(strengths)
    return ratings
