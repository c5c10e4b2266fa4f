from __future__ import annotations

import random

import pytest

from dsaudit.errors import ConfigError
from dsaudit.policy.accepted import merged, read_accepted, write_accepted
from dsaudit.types import Accepted

ONE = Accepted("AUD002", "1" * 32, "a quiet\troom", "ann", "2026-11-28", "2027-01-31", "a/\u202e\n,\ud800.wav")
TWO = Accepted("SPL001", "2" * 32, "“meant”", subject="set 1")


def test_whatever_the_order_the_file_is_the_same(tmp_path):
    path, many = (
        tmp_path / "accepted.jsonl",
        [Accepted("FIL001", f"{k:032x}", "known", subject=str(k)) for k in range(50)],
    )
    write_accepted(path, many)
    first = path.read_bytes()
    random.Random(0).shuffle(many)
    write_accepted(path, many + many)
    assert set(path.read_bytes().splitlines()) == set(first.splitlines())
    assert set(read_accepted(path)) == set(many)
    assert first.splitlines() == sorted(first.splitlines(), key=lambda line: line.rpartition(b'"subject"')[2])


def test_it_reads_what_it_writes(tmp_path):
    path = tmp_path / "new" / "accepted.jsonl"
    write_accepted(path, [TWO, ONE])
    assert len(path.read_text().splitlines()) == 2
    told = read_accepted(path)
    assert [one.fingerprint for one in told] == [ONE.fingerprint, TWO.fingerprint]
    assert told[0].reason == ONE.reason
    assert read_accepted(tmp_path / "none.jsonl") == ()


def test_two_branches_merged_line_by_line_are_one_file(tmp_path):
    left, right = tmp_path / "left", tmp_path / "right"
    write_accepted(left, [ONE])
    write_accepted(right, [TWO, Accepted("AUD002", ONE.fingerprint, "for good")])
    (tmp_path / "both").write_bytes(right.read_bytes() + left.read_bytes() + b"\n# a word\n" + left.read_bytes())
    assert [(one.code, one.expires) for one in read_accepted(tmp_path / "both")] == [("AUD002", ""), ("SPL001", "")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("<<<<<<< HEAD", "line 2: a merge was left half-done"),
        ("=======", "line 2: a merge was left half-done"),
        (">>>>>>> feature", "line 2: a merge was left half-done"),
        ("||||||| 1234567", "line 2: a merge was left half-done"),
        ("AUD002", "line 2 is no accepted finding"),
        ("[1]", "line 2 is no accepted finding"),
        ('{"code": "AUD002", "fingerprint": "12", "reason": "r"}', "line 2 is no accepted finding"),
        ('{"code": "AUD002", "fingerprint": "%s", "reason": " "}' % ("1" * 32), "line 2 is no accepted finding"),
        (
            '{"code": "AUD002", "fingerprint": "%s", "reason": "r", "expires": "soon"}' % ("1" * 32),
            "no accepted finding",
        ),
        ("[" * 100_000, "line 2 is no accepted finding"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path, line, message):
    path = tmp_path / "accepted.jsonl"
    write_accepted(path, [TWO])
    path.write_bytes(path.read_bytes() + line.encode())
    with pytest.raises(ConfigError) as refused:
        read_accepted(path)
    assert message in refused.value.message


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "accepted.jsonl"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError):
        read_accepted(path)


def test_the_new_word_on_a_finding_is_in_force():
    again = Accepted("SPL001", TWO.fingerprint, "on second thoughts", subject="set 1")
    assert merged([ONE, TWO], [again]) == (ONE, again)
