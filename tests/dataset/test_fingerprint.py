from __future__ import annotations

import pandas as pd

from dsaudit.dataset import fingerprint


def frame(**columns):
    return pd.DataFrame(columns, index=pd.Index(["a", "b"], name="item_id"))


def test_place_and_order_do_not_matter():
    one = frame(label=["x", None], uri=["/1/a", "/1/b"])
    two = frame(label=["x", None], uri=["/2/a", "/2/b"]).iloc[::-1]
    assert fingerprint(one) == fingerprint(two)
    assert len(fingerprint(one)) == 32


def test_kind_of_nothing_does_not_matter():
    assert fingerprint(frame(label=["x", None])) == fingerprint(frame(label=["x", float("nan")]))


def test_everything_else_does():
    prints = {
        fingerprint(f)
        for f in (
            frame(label=["x", "y"]),
            frame(label=["y", "x"]),
            frame(label=["x", "y"], split=["train", "test"]),
            frame(label=["x", "y"], group=["train", "test"]),
            frame(label=["x", "y"], content_hash=["train", "test"]),
            frame(label=["x", None]),
            frame(label=["x", ""]),
            frame(label=["x", "y"]).iloc[:1],
        )
    }
    assert len(prints) == 8
