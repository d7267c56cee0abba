"""What does each engine gain over the plain way?  Both sides in one process, in turn, several times.

    make bench                     all of them; writes benchmarks/results/*.json and docs/benchmarks.md
    python -m benchmarks single    one of them

The plain way is written plainly in `plain.py`: a loop that runs the whole network for every
lesion, autograd with one way detached for every sampled path, a standard training loop.
"""
