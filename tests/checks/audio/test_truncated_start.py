from __future__ import annotations

import pandas as pd

from dsaudit.checks.audio.truncated_start import truncated_start


def table(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"{i}.wav" for i in range(n)], name="item_id"))


NO_COURSES = pd.DataFrame()
ITEMS = pd.DataFrame({"label": ["yes"] * 4}, index=[f"{i}.wav" for i in range(4)])


def measured(**changes: list[float]) -> pd.DataFrame:
    columns: dict[str, list[object]] = {
        "start_cut": [0.99, 0.97, 0.1, 0.99],
        "start_pad_ms": [0.0, 300.0, 0.0, 0.0],
        "start_step_db": [float("nan"), 45.0, float("nan"), float("nan")],
        "start_level_db": [-3.2, -6.0, -50.0, -1.0],
        "snr_db": [30.0, 30.0, 30.0, 2.0],
        "speech_share": [0.3, 0.3, 0.3, 0.0],
        "end_pad_ms": [0.0] * 4,
        "end_level_db": [-50.0] * 4,
    }
    return table(**(columns | changes))


def test_flags_cut_words_and_leaves_noise_alone() -> None:
    found = truncated_start(ITEMS, measured(), NO_COURSES)
    assert found["flagged"].to_dict() == {"0.wav": True, "1.wav": True, "2.wav": False}


def test_message_says_how_loud_and_where() -> None:
    how = truncated_start(ITEMS, measured(), NO_COURSES)["how"]
    assert how["0.wav"] == "the sound is 3 dB below its loudest when the clip begins"
    assert "at once, 6 dB below" in how["1.wav"]
    assert "300 ms" in how["1.wav"]


def test_a_missing_part_is_evidence_too_and_its_absence_speaks_for_a_hard_onset() -> None:
    measurements = measured(start_cut=[0.3, 0.6, 0.6, 0.01], snr_db=[40.0] * 4)
    columns = ["gain", "typical", "share", "frames"]
    rows = [(6.0, 0.1, 0.4, 12.0), (6.0, 0.1, 0.4, 12.0), (0.0, 0.1, 0.0, 0.0), (0.0, 0.1, 0.0, 0.0)]
    courses = pd.DataFrame(rows, index=ITEMS.index, columns=[f"start_{name}" for name in columns])
    found = truncated_start(ITEMS, measurements, courses)
    assert found["flagged"].to_dict() == {"0.wav": True, "1.wav": True, "2.wav": False, "3.wav": False}
    lacking = "compared with its class the first 40% of the sound is missing, about 192 ms"
    assert found["how"]["0.wav"] == lacking
    assert found["how"]["1.wav"].endswith("; " + lacking)
    assert "class" not in found["how"]["2.wav"]
    assert truncated_start(ITEMS, measurements, NO_COURSES)["flagged"]["2.wav"]


def test_a_synthesisers_sounds_begin_at_once_and_what_their_class_has_and_they_lack_still_tells() -> None:
    n = 40
    columns: dict[str, list[object]] = {
        "start_cut": [1.0] * n,
        "start_pad_ms": [0.0] * 36 + [200.0 + i for i in range(4)],
        "start_step_db": [float("nan")] * n,
        "start_level_db": [-6.0] * n,
        "snr_db": [60.0] * n,
        "speech_share": [0.5] * n,
        "end_pad_ms": [301.0] * 30 + [10.0 * i for i in range(10)],
        "end_level_db": [-9.0] * n,
    }
    index = [f"{i}.wav" for i in range(n)]
    items = pd.DataFrame({"label": ["up"] * n}, index=index)
    lacks = [(0.0, 0.1, 0.0, 0.0)] * 35 + [(9.0, 0.1, 0.4, 12.0)]
    names = [f"start_{name}" for name in ("gain", "typical", "share", "frames")]
    courses = pd.DataFrame(lacks, index=index[:36], columns=names)

    def flagged(**changes: list[object]) -> list[str]:
        found = truncated_start(items, table(**(columns | changes)), courses)["flagged"]
        return found.index[found].tolist()

    assert flagged() == index[35:]
    assert flagged(end_level_db=[-45.0] * n) == index  # most of the set dies away before its silence
    assert flagged(end_pad_ms=[301.0] * 12 + [10.0 * i for i in range(28)]) == index
