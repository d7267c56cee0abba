"""Run a command whose system call `flock` fails, as on file systems without locks: `python forbidden.py COMMAND ...`.

A filter of the kernel's (seccomp) answers that call with ENOSYS, and passes on to whatever the command starts.
"""

import ctypes
import errno
import os
import platform
import sys

FLOCK = {"x86_64": 73, "aarch64": 32}
"""Number of the system call by machine."""
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, FILTER = 38, 22, 2
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERROR = 0x7FFF0000, 0x00050000


class Step(ctypes.Structure):
    """One instruction: operation, how far to jump where it is true and where not, and its operand."""

    _fields_ = [("code", ctypes.c_ushort), ("true", ctypes.c_ubyte), ("false", ctypes.c_ubyte), ("k", ctypes.c_uint)]


class Program(ctypes.Structure):
    """Instructions, as the kernel takes them."""

    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.POINTER(Step))]


def forbid(call: int) -> None:
    """Here and in what is started from here this system call does not exist any more; OSError where filters do not."""
    answer, otherwise = Step(RETURN, 0, 0, ERROR | errno.ENOSYS), Step(RETURN, 0, 0, ALLOW)
    steps = (Step * 4)(Step(LOAD, 0, 0, 0), Step(EQUAL, 0, 1, call), answer, otherwise)
    libc = ctypes.CDLL(None, use_errno=True)
    program = Program(len(steps), steps)
    for arguments in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, FILTER, ctypes.byref(program), 0, 0)):
        if libc.prctl(*arguments):
            raise OSError(ctypes.get_errno(), "no filter of system calls")


if __name__ == "__main__":
    forbid(FLOCK[platform.machine()])
    os.execvp(sys.argv[1], sys.argv[1:])
