"""The walk finds what a full evaluation finds, with fewer passes of the model."""

import itertools
import math
import random

import pytest

from toolmesh_inference.domain.continuation_search import ContinuationSearch, Tokens


class ToyModel:
    """Next-token log-probabilities that depend on all tokens before."""

    def __init__(self, seed: int, vocabulary: int = 8, sharpness: float = 1.0) -> None:
        self._seed, self._vocabulary, self._sharpness = seed, vocabulary, sharpness
        self.asked: list[Tokens] = []

    def after(self, prefix: Tokens) -> dict[int, float]:
        draw = random.Random(f"{self._seed} {prefix}")
        logits = [draw.gauss(0, self._sharpness) for _ in range(self._vocabulary)]
        total = math.log(sum(math.exp(value) for value in logits))
        return {token: value - total for token, value in enumerate(logits)}

    def of(self, path: Tokens, among: list[Tokens]) -> float:
        """The sum over the tokens that another of the paths contests."""
        total = 0.0
        for i, token in enumerate(path):
            if len({other[i : i + 1] for other in among if other[:i] == path[:i]}) > 1:
                total += self.after(path[:i])[token]
        return total


def walked(model: ToyModel, paths: list[Tokens]) -> tuple[float, ...]:
    search = ContinuationSearch(paths)
    while (prefix := search.next_prefix()) is not None:
        model.asked.append(prefix)
        wanted = search.wanted_after(prefix)
        search.record(prefix, {token: value for token, value in model.after(prefix).items() if token in wanted})
    return search.log_probabilities()


@pytest.mark.parametrize("seed", range(20))
def test_the_walk_agrees_with_a_full_evaluation(seed: int) -> None:
    draw = random.Random(seed)
    paths = list({tuple(draw.randrange(4) for _ in range(draw.randint(1, 5))) for _ in range(8)})
    model = ToyModel(seed)
    full = [model.of(path, paths) for path in paths]
    total = math.log(sum(math.exp(value) for value in full))
    for found, exact in zip(walked(model, paths), full, strict=True):
        assert math.exp(found) == pytest.approx(math.exp(exact - total), abs=0.005)


def test_the_figures_sum_to_one() -> None:
    paths = [tuple(path) for path in itertools.product(range(3), repeat=2)]
    assert sum(math.exp(value) for value in walked(ToyModel(1), paths)) == pytest.approx(1)


def test_what_all_have_in_common_is_not_asked_for() -> None:
    model = ToyModel(2)
    walked(model, [(5, 6, 1), (5, 6, 2)])
    assert model.asked == [(5, 6)]


def test_one_continuation_needs_no_pass() -> None:
    model = ToyModel(3)
    assert walked(model, [(1, 2, 3)]) == (0.0,)
    assert model.asked == []


def test_the_same_place_is_asked_for_once() -> None:
    model = ToyModel(4)
    walked(model, [(1, 2), (1, 3), (2, 2), (2, 3)])
    assert len(model.asked) == len(set(model.asked))


def test_what_none_contests_is_not_asked_for() -> None:
    model = ToyModel(6)
    walked(model, [(1, 7, 7, 7), (2, 7, 7), (3, 5, 1), (3, 5, 2)])
    assert model.asked in ([()], [(), (3, 5)])


def test_hopeless_continuations_are_not_walked_to_their_end() -> None:
    search = ContinuationSearch([(1,), (2, 1), (2, 2)])
    search.record((), {1: -0.001, 2: -12.0})
    assert search.next_prefix() is None
    sure, *hopeless = search.log_probabilities()
    assert sure == pytest.approx(0, abs=1e-4)
    assert hopeless == pytest.approx([-12, -12], abs=0.01)


def test_a_continuation_that_begins_another_is_at_least_as_likely() -> None:
    short, long = walked(ToyModel(5), [(1, 2), (1, 2, 3)])
    assert short >= long
