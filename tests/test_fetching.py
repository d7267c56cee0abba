"""What is fetched, from a server on this machine: whole and right, or not there; what breaks off goes on."""

import hashlib
import threading
from pathlib import Path

import pytest

from resdag import fetching
from resdag.errors import TransferError
from resdag.fetching import Sum, check_reachable, fetch
from served import Server, served

CONTENT = bytes(range(256)) * 40
SUM = Sum("sha256", hashlib.sha256(CONTENT).hexdigest()[:8])


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints" / "file.bin"


def fetched(server: Server, target: Path, expected: Sum = SUM) -> list[str]:
    """What was said on the way; the file is there, whole, and nothing beside it."""
    said: list[str] = []
    fetch(server.address, target, expected, said.append)
    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    return said


def left(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
@pytest.mark.parametrize("digits", [8, None])
def test_a_file_is_fetched_and_held_to_its_sum_or_to_how_it_begins(algorithm, digits, target) -> None:
    expected = Sum(algorithm, hashlib.new(algorithm, CONTENT).hexdigest()[:digits])
    with served(CONTENT) as server:
        fetched(server, target, expected)
        fetched(server, target, expected)
    assert server.asked == [None]  # a file that is there and right is not fetched


def test_a_file_of_another_sum_is_named_with_both_and_does_not_stay(target) -> None:
    with served(b"<html>try later</html>") as server, pytest.raises(TransferError) as refused:
        fetch(server.address, target, SUM, print)
    found = hashlib.sha256(b"<html>try later</html>").hexdigest()
    assert str(refused.value) == (
        f"what {server.address} serves was refused: its SHA-256 should begin with {SUM.digits} and is {found}"
    )
    assert left(target) == []


def test_another_file_of_that_name_stays_until_the_right_one_is_whole(target) -> None:
    target.parent.mkdir()
    target.write_bytes(b"of somebody else")
    with served(b"wrong") as server, pytest.raises(TransferError):
        fetch(server.address, target, SUM, print)
    assert target.read_bytes() == b"of somebody else"


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(target) -> None:
    with served(CONTENT, breaks_after=4000) as server:
        said = fetched(server, target)
    assert server.asked == [None, "bytes=4000-", "bytes=8000-"]
    assert f"{server.address}: the transfer ended after 4000 of 10240 bytes; going on" in said


def test_a_transfer_that_breaks_off_begins_anew_where_the_server_knows_no_ranges(target) -> None:
    target.parent.mkdir()
    target.with_name("file.bin.part").write_bytes(CONTENT[:100])
    with served(CONTENT, ranges=False) as server:
        fetched(server, target)
    assert server.asked == ["bytes=100-"]


def test_a_transfer_that_brings_nothing_more_is_given_up_and_keeps_what_it_has(target) -> None:
    with served(CONTENT, breaks_after=4000, ranges=False) as server:
        with pytest.raises(TransferError, match=r"ended after 4000 of 10240 bytes; .*part keeps 4000 bytes"):
            fetch(server.address, target, SUM, print)
        assert server.asked == [None, "bytes=4000-"]
        assert left(target) == ["file.bin.part"]
        server.ranges, server.breaks_after = True, None
        fetched(server, target)
    assert server.asked[2:] == ["bytes=4000-"]


def test_a_transfer_that_was_whole_when_it_was_killed_is_used(target) -> None:
    target.parent.mkdir()
    target.with_name("file.bin.part").write_bytes(CONTENT)
    with served(CONTENT) as server:
        fetched(server, target)
    assert server.asked == [f"bytes={len(CONTENT)}-"]


@pytest.mark.parametrize("size", [100, len(CONTENT), 20_000])
def test_what_an_earlier_try_left_of_another_file_is_fetched_from_its_beginning(size: int, target) -> None:
    target.parent.mkdir()
    target.with_name("file.bin.part").write_bytes(b"x" * size)
    with served(CONTENT) as server:
        said = fetched(server, target)
    assert server.asked == [f"bytes={size}-", None]
    assert any("no part of it" in line for line in said)


def test_redirects_are_followed_also_by_what_goes_on(target) -> None:
    target.parent.mkdir()
    target.with_name("file.bin.part").write_bytes(CONTENT[:100])
    with served(CONTENT) as server:
        server.address = server.address.replace("/file.bin", "/elsewhere/file.bin")
        fetched(server, target)
    assert server.asked == ["bytes=100-"] * 2


@pytest.mark.parametrize(("status", "reason"), [(404, "HTTP Error 404: Not Found"), (503, "HTTP Error 503")])
def test_an_address_that_refuses_is_told_with_its_reason(status: int, reason: str, target) -> None:
    with served(CONTENT, status=status) as server:
        with pytest.raises(TransferError, match=reason):
            fetch(server.address, target, SUM, print)
        with pytest.raises(TransferError, match=reason):
            check_reachable(server.address)
    assert server.asked == [None, "bytes=0-0"]  # a refusal is not asked again
    assert left(target) == []


def test_a_server_that_hangs_is_given_up(target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "TIMEOUT_SECONDS", 0.1)
    with served(CONTENT, hangs=1.0) as server, pytest.raises(TransferError, match=r"\(no answer in time\)"):
        fetch(server.address, target, SUM, print)


def test_a_server_that_sends_a_byte_now_and_then_is_given_up(target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(fetching, "TRIES", 1)
    with served(CONTENT, hangs=0.02) as server, pytest.raises(TransferError, match=r"\(it broke off 1 times"):
        fetch(server.address, target, SUM, print)


def test_an_address_that_nobody_answers_is_named(target) -> None:
    with served(b"") as server:
        pass  # closed again: the port is free
    with pytest.raises(TransferError, match=rf"{server.address} could not be fetched \(.*refused\)"):
        fetch(server.address, target, SUM, print)
    with pytest.raises(TransferError, match=rf"{server.address} does not answer \(.*refused\)"):
        check_reachable(server.address)


def test_a_long_transfer_says_its_pace_and_the_time_left(target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "REPORT_SECONDS", 0.0)
    monkeypatch.setattr(fetching, "CHUNK_BYTES", 1024)
    with served(CONTENT) as server:
        said = fetched(server, target)
    assert said[1].startswith("0.0 of 0.0 MB, ")
    assert fetching._how_far(30_000_000, 170_500_000, 2.5e6) == "30.0 of 170.5 MB, 2.5 MB/s, 56 s left"
    assert fetching._how_far(30_000_000, 0, 2.5e6) == "30.0 MB, 2.5 MB/s"


def test_two_that_want_one_file_fetch_it_once(target) -> None:
    with served(CONTENT) as server:
        threads = [threading.Thread(target=fetch, args=(server.address, target, SUM, str)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.asked == [None]
    assert left(target) == ["file.bin"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(TransferError, match=rf"{tmp_path / 'data'}.* cannot be written to"):
        fetch("http://127.0.0.1:9/x", tmp_path / "data" / "x", SUM, print)


# Passwords in addresses


def test_a_password_in_an_address_is_for_its_server_alone(target) -> None:
    with served(CONTENT, password="me:s3cret") as server:
        said: list[str] = []
        fetch(server.address_with_password, target, SUM, said.append)
        check_reachable(server.address_with_password)
        with pytest.raises(TransferError, match="401"):
            check_reachable(server.address)
    assert target.read_bytes() == CONTENT
    assert said and not any("s3cret" in line for line in said)


def test_errors_name_the_address_without_its_password(target) -> None:
    with served(CONTENT, password="me:s3cret", status=404) as server:
        addresses = [
            server.address_with_password,
            server.address.replace("://", "://me:wr0ng@"),
            "http://me:wr0ng@[::/x",
        ]
        for address in addresses:
            for ask in (check_reachable, lambda address: fetch(address, target, SUM, print)):
                with pytest.raises(TransferError) as refused:
                    ask(address)
                assert "s3cret" not in str(refused.value) and "wr0ng" not in str(refused.value)
                assert "***@" in str(refused.value)


def test_a_password_does_not_follow_a_redirect(target) -> None:
    with served(CONTENT) as server:
        server.password = "me:s3cret"
        elsewhere = server.address_with_password.replace("/file.bin", "/elsewhere/file.bin")
        server.password = None
        fetch(elsewhere, target, SUM, print)
    assert server.asked_as[0] is not None and server.asked_as[1:] == [None]
