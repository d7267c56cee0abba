"""The exceptions of resdag.

Each of them is a sentence for a person: it names the value, what is allowed,
and the way out.  The command line prints the sentence and exits with 2; a
traceback means a bug in resdag.

    ResdagError
    ├── StudyError        a study file that cannot be run: unknown key, value out of range
    │   └── UnmadeError       a study with networks of others that cannot be made here: a package is missing
    ├── DatasetError      a dataset that is not there, incomplete, or not what it says
    │   └── BrokenImageError  an image that cannot be used, which a study may leave out
    ├── TransferError     a file that an address does not serve, or not as it should be
    ├── WeightsError      outside weights that do not fit, or that hold code
    ├── NetworkError      a network asked for something that it does not have
    ├── DamagedFileError  a result file that is truncated or not what it was
    ├── StaleStudyError   the study file or the code changed while the workflow ran
    ├── DeviceError       no device to run on
    ├── RankError         one of several processes that train together ended before the training did
    └── BusyError         another workflow runs in this checkout
"""


class ResdagError(Exception):
    """What every error of resdag is; its message is a sentence for a person."""


class StudyError(ResdagError, ValueError):
    """A study file that cannot be run as it stands."""


class UnmadeError(StudyError):
    """A study with networks of others that cannot be made here: a package may be missing."""


class DatasetError(ResdagError):
    """A dataset that is not there, is incomplete, or is not what it says."""


class BrokenImageError(DatasetError):
    """An image that cannot be read, or whose pixels cannot be used: where it lies, and why."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"{path} {reason}")
        self.path, self.reason = path, reason


class TransferError(ResdagError):
    """A file that an address does not serve, or serves otherwise than it should be."""


class WeightsError(ResdagError):
    """Weights from outside that do not fit the network, or that hold code."""


class NetworkError(ResdagError, ValueError):
    """A network asked for something that it does not have."""


class DamagedFileError(ResdagError):
    """A result file that is truncated, or not what it was when it was written."""


class StaleStudyError(ResdagError):
    """The study file or the code changed while the workflow ran."""


class DeviceError(ResdagError):
    """No device to run on."""


class RankError(ResdagError):
    """One of several processes that train a network together ended before the training did."""


class BusyError(ResdagError):
    """Another workflow already runs in this checkout."""
