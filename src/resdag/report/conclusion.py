"""Is it the depth or the ensemble that makes residual networks strong?  What the study's own verdicts say.

Each piece of evidence is a claim that the study judged, and what its outcome speaks for.  An
ensemble of shallow networks would lose little with any one member, lose it in proportion to the
members lost, owe its strength to their number, and need no more in training than it uses.  Where
the outcome is the opposite, the evidence stands against that reading.  Nothing is weighed: the
reader sees which evidence stands on which side, which on neither, and what is open.  What a study did not ask is
counted and not listed.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from resdag.figures.words import counted as counted_as
from resdag.report.words import plain, quantity

FOR, AGAINST, NEITHER, OPEN = "for", "against", "neither", "open"


class Evidence(NamedTuple):
    """A claim, and what it says of the question when it is reproduced and when it is not.

    `if_so` and `if_not` are the sides that either outcome speaks for.
    """

    claim: str
    if_so: str
    so: str
    if_not: str
    otherwise: str


EVIDENCE = (
    Evidence(
        "single_deletion", FOR,
        "The median block that keeps its shape can go: an ensemble does not need a typical member.",
        AGAINST,
        "The median block is needed, as no typical member of a large ensemble is.",
    ),
    Evidence(
        "single_deletion_every_block", FOR,
        "Any one block that keeps its shape can go, whichever it is, as any member of an ensemble can.",
        AGAINST,
        "Not any one block can go: some are needed by themselves, as no member of a large ensemble is.",
    ),
    Evidence(
        "vgg_chance", FOR,
        "The same deletion takes a network without skips to chance, so it is the skips that make blocks expendable.",
        AGAINST,
        "A network without skips bears the same deletion, so expendable blocks are no mark of residual networks here.",
    ),
    Evidence(
        "random_deletion", FOR,
        "Error grows in small steps as blocks go, as it does when members leave an ensemble.",
        AGAINST,
        "Error does not grow in small steps as blocks go: it stays, and then falls off a cliff.",
    ),
    Evidence(
        "predicted_error", FOR,
        "How fast it grows follows from the share of paths that equation 8 leaves, with nothing fitted.",
        AGAINST,
        "How fast it grows does not follow from the share of paths that equation 8 leaves: "
        "an ensemble that only shrinks would err otherwise.",
    ),
    Evidence(
        "explicit_ensemble", FOR,
        "Halving the paths costs what halving the members of an explicit ensemble costs.",
        AGAINST,
        "Halving the paths does not cost what halving the members of an explicit ensemble costs.",
    ),
    Evidence(
        "multiplicity", FOR,
        "At equal depth and parameters, fewer paths bear deletions worse: their number matters, not depth alone.",
        AGAINST,
        "At equal depth and parameters, fewer paths do not bear deletions worse: their number is not what protects.",
    ),
    Evidence(
        "summed_window", FOR,
        "Short paths carry the gradient even when all paths of a length are added as vectors.",
        AGAINST,
        "When all paths of a length are added as vectors, the gradient does not come from short paths.",
    ),
    Evidence(
        "effective_training", FOR,
        "Training on the effective paths alone is as good as training on all.",
        AGAINST,
        "Training on the effective paths alone is not as good: the longer ones are needed in training.",
    ),
    Evidence(
        "blocks_per_batch", FOR,
        "Few blocks in each batch, and so short paths, are enough in training.",
        AGAINST,
        "Few blocks in each batch are not enough in training.",
    ),
    Evidence(
        "highway_frozen", FOR,
        "Gates frozen at one half, the same paths with other weights, train as well.",
        AGAINST,
        "Gates frozen at one half have the same paths and train to another error: paths cannot be counted alone.",
    ),
    Evidence(
        "depth", AGAINST,
        "Depth raises the training error less with skips than without: skips also make depth trainable, "
        "which is an effect of optimisation that no ensemble has.",
        NEITHER,
        "Depth raises the training error with skips as it does without: nothing shows that they make it trainable.",
    ),
    Evidence(
        "mean_field", NEITHER,
        "Random networks at initialisation agree with the mean-field recursion: that was tested. By the recursion, the "
        "cosine of two inputs reaches its limit at an exponential rate of depth without skips, and by a power with "
        "them; what that does to training was not tested.",
        NEITHER,
        "Random networks at initialisation do not agree with the mean-field recursion, so what it says of depth and "
        "skips cannot be used here.",
    ),
)  # fmt: skip

LIMITS = (
    "Paths are exact for gradients, since backpropagation is linear; forward, a branch is not linear in what enters "
    "it, and the network is no sum of 2ⁿ networks. What deletion shows is redundancy, which an ensemble has, but so "
    "has a chain of blocks that each refine a representation a little.",
    "All paths share their weights. That they act like independent members is a likeness, "
    "which explicit ensembles of separately trained networks test only at the sizes run here.",
    "Lesions are made to trained networks and nothing is trained again: they say what a network relies on, "
    "not what a network without these blocks could have learnt.",
    "The verdicts are those of this study's dataset, sizes and seeds, by rules fixed before the run.",
)


def conclusion(claims: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Evidence for and against, what stays open, a sentence that counts them, and what none of it can decide.

    The sentence is empty where a study asked nothing of it.
    """
    judged = {claim["claim"]: claim for claim in claims}
    known = [(evidence, judged[evidence.claim]) for evidence in EVIDENCE if evidence.claim in judged]
    asked = [each for each in known if each[1]["verdict"] != "not run"]
    sides: dict[str, list[dict[str, str]]] = {FOR: [], AGAINST: [], NEITHER: [], OPEN: []}
    for evidence, claim in asked:
        side, text = _weigh(evidence, claim)
        sides[side].append({"claim": evidence.claim, "text": text, "number": _number(claim)})
    answer = _answer(*map(len, sides.values()), unasked=len(known) - len(asked)) if asked else ""
    return {"sides": sides, "answer": answer, "limits": LIMITS}


def _weigh(evidence: Evidence, claim: Mapping[str, Any]) -> tuple[str, str]:
    """The side that a claim's verdict speaks for, and the sentence that says so."""
    if claim["verdict"] == "reproduced":
        return evidence.if_so, evidence.so
    if claim["verdict"] == "not reproduced":
        return evidence.if_not, evidence.otherwise
    return OPEN, f"{claim['statement'].rstrip('.')}: {claim['verdict']}."


def _number(claim: Mapping[str, Any]) -> str:
    """The measured number with its interval, or nothing."""
    if claim["ours"] is None:
        return ""
    ends = claim["low"], claim["high"]
    known = None not in ends
    between = f" ({plain(ends[0], claim['unit'])} to {plain(ends[1], claim['unit'])})" if known else ""
    return quantity(claim["ours"], claim["unit"]) + between


def _answer(supporting: int, opposing: int, neither: int, undecided: int, *, unasked: int) -> str:
    """How the evidence stands, in one sentence or two."""
    if not supporting + opposing:
        return "This study ran too little to say."
    more = f"; {unasked} more {_was(unasked)} not asked here" if unasked else ""
    counted = (
        f"Of {counted_as(supporting + opposing + neither + undecided, 'finding')} that bear on the question, "
        f"{supporting} {'speaks' if supporting == 1 else 'speak'} for an ensemble of short paths, {opposing} against "
        f"it or for trainable depth, {neither} for neither, and {undecided} {'is' if undecided == 1 else 'are'} "
        f"open{more}."
    )
    if supporting and opposing:
        return (
            f"{counted} Here it is both: residual networks are redundant as ensembles are, "
            "yet counting paths does not account for all that was measured."
        )
    return counted


def _was(many: int) -> str:
    return "was" if many == 1 else "were"
