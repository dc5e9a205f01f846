"""How the scores of the choice and a trained model's verdict are weighed into one decision about a tool."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from toolmesh_controller.domain.conversation import ChoiceScore


@dataclass(frozen=True, slots=True)
class LedWeights:
    """All in log-odds of "this tool fits" over "it does not", but where said.

    By `training/fit_led.py` on 220 held-out requests, half of them with a tool that does not fit, the scores add
    nothing to what the adapter says (right tools that pass 0.94, wrong ones 0.08; by the scores alone 0.67 and 0.23).
    A little is left to them, to tell apart tools that both fit.

    Where the retriever scored the tools, the scores say more (its figures are calibrated probabilities); that weight is
    a judgement, not a fit.

    Attributes:
        prior, verdict, bias: weights of the scores and of the model's verdict, and what is added.
        prior_retrieved: in place of `prior` where the retriever scored the tools.
        plain: prior from which a retrieved tool whose arguments the words decide is called without asking the model.
        most_prior: beyond it, what the scores say counts no more.
        certain, certain_retrieved: from here no further tool is looked at; the second where the retriever scored them.
        hopeless: a tool whose prior is below is not shown to the model.
        most_weighed: most tools that are shown to the model for one wish.
        most_retrieved: the same where the retriever scored them: its order is less sure than that of a caller's few.
        least_share: of the best tool's probability, that another one must have to be shown.
        ask_above: probability of a missing value from which the user is asked.
    """

    prior: float = 0.1
    prior_retrieved: float = 0.5
    plain: float = 4.5
    verdict: float = 1.0
    bias: float = 0.0
    most_prior: float = 4.0
    certain: float = 2.0
    certain_retrieved: float = 3.0
    hopeless: float = -6.0
    most_weighed: int = 3
    most_retrieved: int = 6
    least_share: float = 0.1
    ask_above: float = 0.5

    def prior_of(self, score: ChoiceScore, scores: Sequence[ChoiceScore]) -> float:
        """What the scores say of a tool against "no tool"; 0 where that is no choice."""
        none = next((other.probability for other in scores if not other.tool), None)
        if none is None:
            return 0.0
        return math.log(max(score.probability, 1e-9)) - math.log(max(none, 1e-9))

    def logit(self, prior: float, verdict: float, *, retrieved: bool) -> float:
        """Over 0 where the tool fits."""
        weight = self.prior_retrieved if retrieved else self.prior
        return weight * max(-self.most_prior, min(self.most_prior, prior)) + self.verdict * verdict + self.bias

    def worth_weighing(self, scores: Sequence[ChoiceScore], *, retrieved: bool) -> list[ChoiceScore]:
        """The tools to show to the model, best first."""
        tools = [score for score in scores if score.tool]
        if not tools:
            return []
        if retrieved:
            return tools[: self.most_retrieved]
        least = self.least_share * tools[0].probability
        near = [score for score in tools if score.probability >= least][: self.most_weighed]
        return [score for score in near if self.prior_of(score, scores) >= self.hopeless]
