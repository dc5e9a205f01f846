"""Ratings against values worked out by hand, and against the strengths that battles were drawn from."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolmesh_arena.app.rank_agents import scores_of
from toolmesh_arena.domain.battle import JudgedPair, Outcome
from toolmesh_arena.domain.ratings import bradley_terry, count_votes, elo_ratings


def votes_of(*said: str) -> list[JudgedPair]:
    """ "x>y" or "x=y"."""
    pairs = [(text[0], text[2], Outcome.A if text[1] == ">" else Outcome.TIE) for text in said]
    return [JudgedPair(*pair) for pair in pairs]


def test_elo_by_hand() -> None:
    # 1000 + 32 * (1 - 1/2); then 1016 + 32 * (1 - 1/(1 + 10^(-32/400))) = 1016 + 32 * 0.453994.
    once, twice = elo_ratings(votes_of("x>y")), elo_ratings(votes_of("x>y", "x>y"))
    assert once == {"x": 1016.0, "y": 984.0}
    assert twice["x"] == pytest.approx(1030.5301, abs=1e-3)
    assert twice["x"] + twice["y"] == pytest.approx(2000)


def test_elo_depends_on_the_order_of_votes() -> None:
    assert elo_ratings(votes_of("x>y", "y>x"))["x"] < 1000 < elo_ratings(votes_of("y>x", "x>y"))["x"]


@pytest.mark.parametrize("outcome", [Outcome.TIE, Outcome.BOTH_BAD])
def test_a_tie_and_both_bad_move_the_stronger_down(outcome: Outcome) -> None:
    ratings = elo_ratings([*votes_of("x>y"), JudgedPair("x", "y", outcome)])
    assert 1000 < ratings["x"] < 1016


def test_a_win_of_the_second_side_is_its_win() -> None:
    assert elo_ratings([JudgedPair("x", "y", Outcome.B)]) == {"x": 984.0, "y": 1016.0}
    wins, _ = count_votes([JudgedPair("x", "y", Outcome.B)], ["x", "y"])
    assert wins.tolist() == [[0, 0], [1, 0]]


def test_bradley_terry_of_three_wins_to_one_is_odds_of_three() -> None:
    wins, ties = count_votes(votes_of("x>y", "x>y", "x>y", "y>x"), ["x", "y"])
    x, y = bradley_terry(wins, ties, virtual_draws=0)
    assert x - y == pytest.approx(400 * np.log10(3), abs=1e-3)


def test_a_tie_is_half_a_win_for_each() -> None:
    wins, ties = count_votes(votes_of("x>y", "x=y"), ["x", "y"])
    x, y = bradley_terry(wins, ties, virtual_draws=0)
    assert x - y == pytest.approx(400 * np.log10(3), abs=1e-3)


def test_who_has_never_lost_has_a_finite_rating_solved_by_hand() -> None:
    # One win, one virtual draw each: s = 1.5 / (1/(s + 1/s) + 1/(s + 1)) has the root 2.130395, which is 1131.384.
    wins, ties = count_votes(votes_of("x>y"), ["x", "y"])
    x, y = bradley_terry(wins, ties)
    assert x == pytest.approx(1131.384, abs=1e-3)
    assert x - 1000 == pytest.approx(1000 - y, abs=1e-3)


def drawn(strengths: dict[str, float], count: int, seed: int) -> list[JudgedPair]:
    rng = random.Random(seed)
    votes = []
    for _ in range(count):
        a, b = rng.sample(sorted(strengths), 2)
        a_wins = rng.random() < strengths[a] / (strengths[a] + strengths[b])
        votes.append(JudgedPair(a, b, Outcome.A if a_wins else Outcome.B))
    return votes


@settings(max_examples=15, deadline=None)
@given(order=st.permutations("vwxyz"), seed=st.integers(0, 2**32))
def test_the_order_of_agents_recovers_the_strengths_behind_the_votes(order: list[str], seed: int) -> None:
    votes = drawn({name: 4.0**place for place, name in enumerate(order)}, 600, seed)
    wins, ties = count_votes(votes, sorted(order))
    ratings = dict(zip(sorted(order), bradley_terry(wins, ties), strict=True))
    assert sorted(ratings, key=ratings.__getitem__) == order


def test_intervals_hold_the_rating_are_repeatable_and_narrow_with_votes() -> None:
    strengths = {"x": 1.0, "y": 2.0, "z": 4.0}
    few, many = (scores_of(drawn(strengths, count, 7), 200) for count in (60, 1500))
    assert few == scores_of(drawn(strengths, 60, 7), 200)
    for scores in (few, many):
        for score in scores.values():
            assert score.strength is not None
            assert score.strength.low <= score.strength.rating <= score.strength.high
    assert width(many["x"]) < width(few["x"]) / 2
    true_gap = 400 * np.log10(4)
    assert many["z"].strength.rating - many["x"].strength.rating == pytest.approx(true_gap, abs=40)


def width(score) -> float:
    return score.strength.high - score.strength.low


def test_counts_of_battles_wins_and_ties() -> None:
    scores = scores_of(votes_of("x>y", "x=y", "y>x", "x>z"), 100)
    assert {name: (s.battles, s.wins, s.ties) for name, s in scores.items()} == {
        "x": (4, 2, 1),
        "y": (3, 1, 1),
        "z": (1, 0, 0),
    }


def test_no_votes_no_scores() -> None:
    assert scores_of([], 100) == {}
