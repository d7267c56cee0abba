"""What several tests of claims look at."""

from pathlib import Path

import pytest

from resdag.config.load import load_study
from resdag.planning.plan import Plan, plan_study

TINY = Path(__file__).parents[2] / "config" / "tiny.yaml"


@pytest.fixture(scope="session")
def plan_of_tiny() -> Plan:
    """The jobs of the smallest study."""
    return plan_study(load_study(TINY))
