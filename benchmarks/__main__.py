"""Run benchmarks by name, or all of them, and write the table in docs/benchmarks.md."""

import sys

from benchmarks import decoding, engines, reading, scaling
from benchmarks.measure import write
from benchmarks.page import write_page

ALL = {
    **{
        name: getattr(engines, name)
        for name in ("single", "random", "reorder", "pairs", "paths", "step", "effective", "precision")
    },
    **{name: getattr(reading, name) for name in ("predictions", "help", "job_start")},
    "decoding": decoding.decoding,
    "scaling": scaling.scaling,
}


def main(names: list[str]) -> None:
    unknown = sorted(set(names) - set(ALL))
    if unknown:
        sys.exit(f"unknown benchmark {', '.join(unknown)}; there are {', '.join(ALL)}")
    for name in names or ALL:
        print(f"{name} ...", end=" ", flush=True)
        pair = ALL[name]()
        write(pair)
        print(pair.row() if pair.plain_seconds else pair.notes, flush=True)
    write_page()


if __name__ == "__main__":
    main(sys.argv[1:])
