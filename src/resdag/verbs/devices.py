"""`resdag devices`: the devices that jobs can have."""

from argparse import ArgumentParser, Namespace

from resdag.verbs.run import positive

EXAMPLES = """examples:
  resdag devices                  each device by its name
  resdag devices --at-once 8      how many torch jobs can run at once on a machine of 8 cores
"""


def options(parser: ArgumentParser) -> None:
    parser.add_argument("--at-once", type=positive, metavar="CORES", help="print only how many torch jobs can run")


def run(arguments: Namespace) -> int:
    """Show the devices, or how many jobs they take at once."""
    from resdag.execution.devices import slots_per_device, visible_devices

    devices = visible_devices()
    if arguments.at_once:
        print(len(devices) * slots_per_device() or arguments.at_once)
    else:
        print("\n".join(devices) or "none: jobs run on the CPU")
    return 0
