"""Is it the depth or the ensemble that makes residual networks strong?  What the study's own verdicts say.

Each piece of evidence is a claim that the study judged, and what its outcome speaks for.  An
ensemble of shallow networks would lose little with any one member, lose it in proportion to the
members lost, owe its strength to their number, and need no more in training than it uses.  Where
the outcome is the opposite, the evidence stands against that reading.  Nothing is weighed: the
reader sees which evidence stands on which side, and what was inconclusive or not run.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from resdag.report.words import plain, quantity

FOR, AGAINST, OPEN = "for", "against", "open"


class Evidence(NamedTuple):
    """A claim, and what it says of the question when it is reproduced and when it is not.

    `if_so` is the side that the claim's being reproduced speaks for; the other outcome speaks for the other side,
    but where `otherwise` is empty it says nothing.
    """

    claim: str
    if_so: str
    so: str
    otherwise: str = ""


EVIDENCE = (
    Evidence(
        "single_deletion", FOR,
        "Any one block that keeps its shape can go: an ensemble does not need any one of its members.",
        "Single blocks are needed, as no one member of a large ensemble is.",
    ),
    Evidence(
        "vgg_chance", FOR,
        "The same deletion takes a network without skips to chance, so it is the skips that make blocks expendable.",
        "A network without skips bears the same deletion, so expendable blocks are no mark of residual networks here.",
    ),
    Evidence(
        "random_deletion", FOR,
        "Error grows step by step as blocks go, as it does when members leave an ensemble.",
        "Error does not grow as evenly as blocks go: which blocks they are matters beside how many.",
    ),
    Evidence(
        "predicted_error", FOR,
        "How fast it grows follows from the share of paths that equation 8 leaves, with nothing fitted.",
        "How fast it grows does not follow from the share of paths that equation 8 leaves: "
        "an ensemble that only shrinks would err otherwise.",
    ),
    Evidence(
        "explicit_ensemble", FOR,
        "Halving the paths costs what halving the members of an explicit ensemble costs.",
        "Halving the paths does not cost what halving the members of an explicit ensemble costs.",
    ),
    Evidence(
        "multiplicity", FOR,
        "At equal depth and parameters, fewer paths bear deletions worse: their number matters, not depth alone.",
        "At equal depth and parameters, fewer paths do not bear deletions worse: their number is not what protects.",
    ),
    Evidence(
        "summed_window", FOR,
        "Short paths carry the gradient even when all paths of a length are added as vectors.",
    ),
    Evidence(
        "effective_training", FOR,
        "Training on the effective paths alone is as good as training on all.",
        "Training on the effective paths alone is not as good: the longer ones are needed in training.",
    ),
    Evidence(
        "blocks_per_batch", FOR,
        "Few blocks in each batch, and so short paths, are enough in training.",
        "Few blocks in each batch are not enough in training.",
    ),
    Evidence(
        "highway_frozen", FOR,
        "Gates frozen at one half, the same paths with other weights, train as well.",
        "Gates frozen at one half have the same paths and train to another error: paths cannot be counted alone.",
    ),
    Evidence(
        "depth", AGAINST,
        "Depth that harms training without skips does not harm it with them: skips also make depth trainable, "
        "which is an effect of optimisation that no ensemble has.",
    ),
    Evidence(
        "mean_field", AGAINST,
        "At initialisation, skips alone keep signals and gradients from decaying exponentially with depth: "
        "they make depth trainable before any path is learnt.",
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
    """Evidence for and against, what stays open, a sentence that counts them, and what none of it can decide."""
    judged = {claim["claim"]: claim for claim in claims}
    known = [(evidence, judged[evidence.claim]) for evidence in EVIDENCE if evidence.claim in judged]
    sides: dict[str, list[dict[str, str]]] = {FOR: [], AGAINST: [], OPEN: []}
    for evidence, claim in known:
        side, text = _weigh(evidence, claim)
        sides[side].append({"claim": evidence.claim, "text": text, "number": _number(claim)})
    return {"sides": sides, "answer": _answer(*(len(sides[side]) for side in (FOR, AGAINST, OPEN))), "limits": LIMITS}


def _weigh(evidence: Evidence, claim: Mapping[str, Any]) -> tuple[str, str]:
    """The side that a claim's verdict speaks for, and the sentence that says so."""
    if claim["verdict"] == "reproduced":
        return evidence.if_so, evidence.so
    if claim["verdict"] == "not reproduced" and evidence.otherwise:
        return (AGAINST if evidence.if_so == FOR else FOR), evidence.otherwise
    return OPEN, f"{claim['statement'].rstrip('.')}: {claim['verdict']}."


def _number(claim: Mapping[str, Any]) -> str:
    """The measured number with its interval, or nothing."""
    if claim["ours"] is None:
        return ""
    ends = claim["low"], claim["high"]
    known = None not in ends
    between = f" ({plain(ends[0], claim['unit'])} to {plain(ends[1], claim['unit'])})" if known else ""
    return quantity(claim["ours"], claim["unit"]) + between


def _answer(supporting: int, opposing: int, undecided: int) -> str:
    """How the evidence stands, in one sentence or two."""
    if not supporting + opposing:
        return "This study ran too little to say."
    counted = (
        f"Of {supporting + opposing + undecided} findings that bear on the question, {supporting} speak for an "
        f"ensemble of short paths, {opposing} against it or for trainable depth, and {undecided} are open."
    )
    if supporting and opposing:
        return (
            f"{counted} Here it is both: residual networks are redundant as ensembles are, "
            "yet counting paths does not account for all that was measured."
        )
    return counted
