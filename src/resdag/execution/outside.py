"""What comes from outside, images and weights: there, or to be had?  Asked before the first job.

Weights by address are fetched at once, being small; an archive of images is left to its job, which takes
an hour where its author's address is slow, and only asked for here.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from resdag.addresses import without_password
from resdag.config.study import Study
from resdag.config.weights import Address
from resdag.datasets.available import address_to_fetch, check_available, folder_of
from resdag.datasets.published import CIFAR
from resdag.errors import DatasetError, TransferError, WeightsError
from resdag.fetching import Sum, check_reachable, fetch


def check_images(study: Study) -> None:
    """Return if the images are there, or their address answers; DatasetError says every way to them."""
    dataset = study.dataset
    root, archive = getattr(dataset, "root", None), getattr(dataset, "archive", None)
    download = getattr(dataset, "download", False)
    check_available(dataset.kind, root, archive, download)
    address = address_to_fetch(dataset.kind, root, archive, download)
    if address is not None:
        try:
            check_reachable(address)
        except TransferError as error:
            raise DatasetError(f"{error}. {CIFAR[dataset.kind].three_ways(folder_of(dataset.kind, root))}") from None


def have_weights(study: Study, names: Iterable[str], progress: Callable[[str], None]) -> None:
    """Return when the weights by address of these networks are there and right; WeightsError where they cannot be had.

    A file that is there is held to the sum, and not fetched again.
    """
    given = {name: study.networks[name].weights for name in names}
    addresses = {name: weights for name, weights in given.items() if isinstance(weights, Address)}
    for name, address in addresses.items():
        _check(name, address)
    missing = {name: address for name, address in addresses.items() if not Path(address.path).exists()}
    for name, address in missing.items():
        try:
            fetch(address.url, Path(address.path), _sum(address), progress)
        except TransferError as error:
            raise WeightsError(_missing(name, address, error, missing.values())) from None


def _sum(address: Address) -> Sum:
    return Sum("sha256", address.sha256)


def _check(name: str, address: Address) -> None:
    path = Path(address.path)
    if not path.exists():
        return
    if not path.is_file():
        raise WeightsError(
            f"networks.{name}.weights: {path} is no file: move it away, and {without_password(address.url)} is fetched"
        )
    try:
        _sum(address).check(path)
    except TransferError as error:
        raise WeightsError(
            f"networks.{name}.weights: {path} is another file: {error}; "
            f"move it away, and {without_password(address.url)} is fetched, or mend sha256"
        ) from None


def _missing(name: str, address: Address, error: TransferError, missing: Iterable[Address]) -> str:
    """What failed, and by hand: every file that is still to come, and where it goes."""
    rest = [each for each in missing if each != address and not Path(each.path).exists()]
    further = "".join(f"\n  likewise {each.path}, from {without_password(each.url)}" for each in rest)
    return (
        f"networks.{name}.weights: {address.path} is not there, and {error}; "
        f"put the file there by hand, or name a local copy as weights{further}"
    )
