"""The rules that `resdag run` knows: what each says for people, and what tells its jobs apart."""

from collections.abc import Mapping


def rules() -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Rule -> what it does, and what tells its jobs apart."""
    from resdag.planning import registry

    return {
        name: (f"{rule.says[0].lower()}{rule.says[1:-1]}", rule.wildcards) for name, rule in registry.rules().items()
    }
