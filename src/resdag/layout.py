"""Where do things lie?  Studies, results, the database; what each rule writes below them is its own to say."""

from collections.abc import Sequence
from pathlib import Path

CONFIG = Path("config")
RESULTS = Path("results")
DATABASE = Path("results.duckdb")

MANIFEST = "database/{fingerprint}.json"  # of a study's rows in the database


def base(study: str) -> str:
    """Folder of a study's results."""
    return f"{RESULTS}/{study}"


def pattern(rule: str, wildcards: Sequence[str], study: str, folder: str, suffix: str) -> str:
    """Pattern of a rule's log or benchmark file: `results/STUDY/logs/RULE/NETWORK-SEED-FINGERPRINT.log`."""
    name = "-".join(f"{{{key}}}" for key in (*wildcards, "fingerprint"))
    return f"{base(study)}/{folder}/{rule}/{name}{suffix}"
