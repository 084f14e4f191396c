"""Which flow a message is about."""

from importlib import import_module

import numpy as np
import pytest

from soni.understanding.embedded.calibration import leave_one_out, quantile
from soni.understanding.embedded.classifier import MAX_EXAMPLES, Classifier, Example, fit
from soni.understanding.embedded.features import Features, Floats, similarities
from soni.understanding.embedded.languages import common_words

COMMON = common_words(("en",))
SAID = {
    "transfer": [
        "send money",
        "transfer some money",
        "I want to pay someone",
        "make a transfer",
        "wire cash to a friend",
    ],
    "balance": ["what is my balance", "how much money do I have", "check my balance", "how much is in my account"],
    "card": ["block my card", "my card was stolen", "I lost my credit card", "cancel my card", "stop the card"],
    "weather": ["will it rain tomorrow", "what is the weather like", "is it sunny today", "weather forecast please"],
}


def examples(said: dict[str, list[str]]) -> list[Example]:
    """The texts as examples."""
    return [Example(text, flow) for flow, texts in said.items() for text in texts]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """One that has learned four flows."""
    return Classifier(examples(SAID), COMMON)


@pytest.mark.parametrize(
    ("text", "flow"),
    [
        ("could you send some money please", "transfer"),
        ("I'd like to make a transfer", "transfer"),
        ("show me the balance", "balance"),
        ("how much do I have", "balance"),
        ("someone stole my card", "card"),
        ("I have lost my card!!", "card"),
        ("what's the weather", "weather"),
        ("is rain expected", "weather"),
        ("chek my balence", "balance"),
        ("trasnfer mony", "transfer"),
        ("WEATHER FORECAST", "weather"),
    ],
)
def test_what_is_said_in_other_words_is_recognised(classifier: Classifier, text: str, flow: str) -> None:
    """Other words, politeness, case and slips of the finger do not matter."""
    guess = classifier.guess(text)

    assert guess.shares[0][0] == flow
    assert guess.familiarity >= 0.6


@pytest.mark.parametrize("text", ["", "?!", "zxcv qwop", "order a pizza with olives", "who wrote the odyssey", "5 6 7"])
def test_what_is_about_nothing_known_is_not_familiar(classifier: Classifier, text: str) -> None:
    """A message of unknown words stays below the border."""
    assert classifier.guess(text).familiarity < 0.6


def test_shares_sum_to_one_and_confidence_is_a_part_of_familiarity(classifier: Classifier) -> None:
    """Familiarity is shared out between the flows."""
    guess = classifier.guess("send money")

    assert sum(share for _, share in guess.shares) == pytest.approx(1)
    assert sum(guess.confidence(flow) for flow in SAID) == pytest.approx(guess.familiarity)
    assert guess.confidence("nothing") == 0


def test_examples_themselves_are_sure(classifier: Classifier) -> None:
    """What the author has written is recognised without doubt."""
    sure = [classifier.guess(example.text).confidence(example.flow) for example in examples(SAID)]

    assert min(sure) > 0.8


def test_learning_twice_gives_the_same(classifier: Classifier) -> None:
    """The same examples make the same classifier, to the last digit."""
    again = Classifier(examples(SAID), COMMON)

    assert again.guess("pay for the card") == classifier.guess("pay for the card")


def test_a_single_flow_is_recognised_and_everything_else_is_not() -> None:
    """With one flow there is still none of them."""
    alone = Classifier(examples({"transfer": SAID["transfer"]}), COMMON)

    assert alone.guess("please send money").familiarity > 0.9
    assert alone.guess("will it rain tomorrow").familiarity < 0.6


def test_one_example_a_flow_is_enough_to_begin_with() -> None:
    """Nothing can be left out of one example; the prior calibrates alone."""
    few = Classifier([Example("send money", "transfer"), Example("check balance", "balance")], COMMON)

    assert few.guess("send some money").shares[0][0] == "transfer"
    assert few.guess("order a pizza").familiarity < 0.6


def test_only_names_and_descriptions_are_better_than_nothing() -> None:
    """Flows without examples are known by what they are called."""
    named = Classifier(
        [Example("send money to a friend", "transfer", spoken=False), Example("block card", "card", spoken=False)],
        COMMON,
    )

    assert named.guess("I want to send money").shares[0][0] == "transfer"


def test_without_flows_nothing_is_familiar() -> None:
    """An assistant without flows understands nothing, and does not fail."""
    assert Classifier([], COMMON).guess("send money").shares == ()


def test_too_many_examples_are_thinned_evenly() -> None:
    """Learning stays quick; every flow keeps its share."""
    many = [Example(f"word{flow} number{at}x", f"flow{flow}") for flow in range(3) for at in range(MAX_EXAMPLES // 2)]

    classifier = Classifier(many, COMMON)

    assert classifier.flows == ("flow0", "flow1", "flow2")
    assert classifier.guess("word1").shares[0][0] == "flow1"


def test_it_knows_whether_a_message_has_any_known_word(classifier: Classifier) -> None:
    """Everyday words and those of examples are known, slips of them too."""
    assert classifier.knows_any("trasnfer")
    assert classifier.knows_any("xyzzy the plugh")
    assert not classifier.knows_any("xyzzy plugh")
    assert not classifier.knows_any(" ".join(f"xyzzy{at}" for at in range(30)))


def learned(said: dict[str, list[str]]) -> tuple[Features, Floats, Floats]:
    """Features, similarities and targets of these examples."""
    texts = [text for each in said.values() for text in each]
    features = Features(texts, COMMON)
    meant = [at for at, each in enumerate(said.values()) for _ in each]
    return features, similarities(features.rows, len(features)), np.eye(len(said), dtype=np.float32)[meant]


def test_the_softmax_is_the_one_scikit_learn_finds() -> None:
    """Without the class for none of them, the scores are those of multinomial logistic regression."""
    features, alike, targets = learned(SAID)
    dense = np.zeros((len(targets), len(features)))
    for at, row in enumerate(features.rows):
        dense[at, row.ids] = row.weights
    oracle = import_module("sklearn.linear_model").LogisticRegression(
        C=1 / 0.1, fit_intercept=False, tol=1e-8, max_iter=2000
    )
    oracle.fit(dense, targets.argmax(axis=1))

    duals = fit(alike, targets, np.ones(len(targets), np.float32), regularisation=0.1, none=-np.inf, iterations=400)

    assert alike @ duals == pytest.approx(dense @ oracle.coef_.T, abs=0.02)


def test_leaving_one_out_in_closed_form_is_close_to_learning_without_it() -> None:
    """The scores of an example that was not learned come out as if it had really been left out."""
    _, alike, targets = learned(SAID)
    importance = np.ones(len(targets), np.float32)
    quick = leave_one_out(alike, fit(alike, targets, importance), 0.03)

    slow = []
    for at in range(len(targets)):
        rest = [other for other in range(len(targets)) if other != at]
        duals = fit(alike[np.ix_(rest, rest)], targets[rest], importance[rest])
        slow.append(alike[at, rest] @ duals)

    assert np.abs(quick - np.array(slow)).mean() < 0.15


@pytest.mark.parametrize("count", [1, 2, 5, 40])
@pytest.mark.parametrize("share", [0.03, 0.5, 0.9])
def test_quantiles_are_those_of_numpy(count: int, share: float) -> None:
    """The border and the typical score lie where NumPy's own function would put them."""
    scores = np.random.default_rng(count).random(count).astype(np.float32)

    assert quantile(scores, share) == pytest.approx(float(np.quantile(scores, share)), abs=1e-6)
