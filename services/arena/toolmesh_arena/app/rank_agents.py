"""The leaderboard: Elo, Bradley-Terry with bootstrap intervals, counts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from toolmesh_arena.app.ports import AgentStore, VoteStore
from toolmesh_arena.domain.agent import Agent
from toolmesh_arena.domain.battle import JudgedPair
from toolmesh_arena.domain.ratings import START, Matrix, bradley_terry, count_votes, elo_ratings

# Fixed, so that the same votes give the same intervals.
_SEED = 20230909
_INTERVAL = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Strength:
    """A Bradley-Terry rating with its 95% interval."""

    rating: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Score:
    """What the votes say of one agent."""

    elo: float = START
    strength: Strength | None = None
    battles: int = 0
    wins: int = 0
    ties: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """One agent's place."""

    place: int
    agent: Agent
    score: Score


@dataclass
class RankAgents:
    """Ranks agents; scores are made again only when there are new votes."""

    votes: VoteStore
    agents: AgentStore
    rounds: int
    _scored: int = field(default=-1, init=False)
    _scores: dict[str, Score] = field(default_factory=dict, init=False)
    _scoring: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def __call__(self) -> tuple[list[Standing], int]:
        """All agents, best first, and how many votes there are; retired ones only where they have been judged."""
        async with self._scoring:
            if await self.votes.count() != self._scored:
                votes = await self.votes.judged()
                self._scores = await asyncio.to_thread(scores_of, votes, self.rounds)
                self._scored = len(votes)
        scores, voted = self._scores, self._scored
        agents = [agent for agent in await self.agents.all() if not agent.retired or agent.name in scores]
        return standings_of(agents, scores), voted


def standings_of(agents: Sequence[Agent], scores: dict[str, Score]) -> list[Standing]:
    """The agents in order of strength; those without votes share the place after."""
    judged = sorted((agent for agent in agents if agent.name in scores), key=lambda agent: _key(scores[agent.name]))
    places = [Standing(place, agent, scores[agent.name]) for place, agent in enumerate(judged, 1)]
    return places + [Standing(len(judged) + 1, agent, Score()) for agent in agents if agent.name not in scores]


def _key(score: Score) -> float:
    return -score.strength.rating if score.strength else 0.0


def scores_of(votes: Sequence[JudgedPair], rounds: int) -> dict[str, Score]:
    """The score of each agent that has been judged.

    Args:
        rounds: how often the votes are drawn again, with replacement, for the intervals.
    """
    names = sorted({name for vote in votes for name in (vote.agent_a, vote.agent_b)})
    if not names:
        return {}
    elo = elo_ratings(votes)
    wins, ties = count_votes(votes, names)
    ratings = bradley_terry(wins, ties)
    low, high = np.percentile(bradley_terry(*_drawn_again(wins, ties, rounds)), _INTERVAL, axis=0)
    won, lost, tied = wins.sum(1), wins.sum(0), ties.sum(0) + ties.sum(1)
    return {
        name: Score(
            elo=elo[name],
            strength=Strength(float(ratings[i]), float(low[i]), float(high[i])),
            battles=int(won[i] + lost[i] + tied[i]),
            wins=int(won[i]),
            ties=int(tied[i]),
        )
        for i, name in enumerate(names)
    }


def _drawn_again(wins: Matrix, ties: Matrix, rounds: int) -> tuple[Matrix, Matrix]:
    """Wins and ties of as many votes, drawn with replacement, [round, agent, agent] each."""
    counts = np.stack([wins, ties])
    total = counts.sum()
    drawn = np.random.default_rng(_SEED).multinomial(int(total), counts.ravel() / total, size=rounds)
    shaped = drawn.reshape(rounds, *counts.shape).astype(np.float64)
    return shaped[:, 0], shaped[:, 1]
