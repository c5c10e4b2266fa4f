from __future__ import annotations

import pandas as pd

from dsaudit.checks.audio.truncated_end import truncated_end


def table(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"{i}.wav" for i in range(n)], name="item_id"))


NO_COURSES = pd.DataFrame()
ITEMS = pd.DataFrame({"label": ["yes"] * 4}, index=[f"{i}.wav" for i in range(4)])


def measured(**changes: list[float]) -> pd.DataFrame:
    columns: dict[str, list[object]] = {
        "end_cut": [0.99, 0.97, 0.1, 0.99],
        "end_pad_ms": [0.0, 300.0, 0.0, 0.0],
        "end_step_db": [float("nan"), 45.0, float("nan"), float("nan")],
        "end_level_db": [-3.2, -6.0, -50.0, -1.0],
        "snr_db": [30.0, 30.0, 30.0, 2.0],
        "speech_share": [0.3, 0.3, 0.3, 0.0],
        "start_pad_ms": [0.0] * 4,
        "start_level_db": [-50.0] * 4,
    }
    return table(**(columns | changes))


def test_flags_cut_words_and_leaves_noise_alone() -> None:
    found = truncated_end(ITEMS, measured(), NO_COURSES)
    assert found["flagged"].to_dict() == {"0.wav": True, "1.wav": True, "2.wav": False}


def test_message_says_how_loud_and_where() -> None:
    how = truncated_end(ITEMS, measured(), NO_COURSES)["how"]
    assert how["0.wav"] == "the sound is 3 dB below its loudest when the clip ends"
    assert "at once, 6 dB below" in how["1.wav"]
    assert "300 ms" in how["1.wav"]


def test_a_missing_part_is_evidence_too_and_its_absence_speaks_for_a_hard_stop() -> None:
    measurements = measured(end_cut=[0.3, 0.6, 0.6, 0.01], snr_db=[40.0] * 4)
    columns = ["gain", "typical", "share", "frames"]
    rows = [(6.0, 0.1, 0.4, 12.0), (6.0, 0.1, 0.4, 12.0), (0.0, 0.1, 0.0, 0.0), (0.0, 0.1, 0.0, 0.0)]
    courses = pd.DataFrame(rows, index=ITEMS.index, columns=[f"end_{name}" for name in columns])
    found = truncated_end(ITEMS, measurements, courses)
    assert found["flagged"].to_dict() == {"0.wav": True, "1.wav": True, "2.wav": False, "3.wav": False}
    lacking = "compared with its class the last 40% of the sound is missing, about 192 ms"
    assert found["how"]["0.wav"] == lacking
    assert found["how"]["1.wav"].endswith("; " + lacking)
    assert "class" not in found["how"]["2.wav"]
    assert truncated_end(ITEMS, measurements, NO_COURSES)["flagged"]["2.wav"]


def test_what_lies_at_the_edge_beside_a_whole_word_does_not_tell_that_it_was_cut() -> None:
    n = 40
    columns: dict[str, list[object]] = {
        "end_cut": [0.99] * 4 + [0.01] * 36,
        "end_pad_ms": [0.0, 0.0, 300.0, 0.0] + [0.0] * 36,
        "end_step_db": [float("nan"), float("nan"), 45.0, float("nan")] + [float("nan")] * 36,
        "end_level_db": [-6.0] * n,
        "snr_db": [40.0] * n,
        "speech_share": [0.3] * n,
        "start_pad_ms": [0.0] * n,
        "start_level_db": [-50.0] * n,
    }
    items = pd.DataFrame({"label": ["yes"] * n}, index=[f"{i}.wav" for i in range(n)])
    names = [f"end_{name}" for name in ("gain", "typical", "share", "frames")]
    part, nothing = (12.0, 0.1, 0.4, 12.0), (0.6, 0.1, 0.1, 3.0)

    def flagged(cut: list[object]) -> list[int]:
        courses = pd.DataFrame([nothing, part, nothing] + [nothing] * 36, index=items.index[[0, 1, 2, *range(4, n)]])
        found = truncated_end(items, table(**columns | {"end_cut": cut}), courses.set_axis(names, axis=1))["flagged"]
        return [i for i, flag in enumerate(found.tolist()) if flag]

    assert flagged(columns["end_cut"]) == [1, 2, 3]  # 2 is not at the edge, 3 has no course to compare with
    assert flagged([0.99] * n) == list(range(n))  # so many: the class itself may have been cut


def test_silence_of_one_length_behind_most_of_a_set_is_how_it_was_made() -> None:
    n = 40
    columns: dict[str, list[object]] = {
        "end_cut": [0.95] * 4 + [0.0] * 24 + [0.95] * 12,
        "end_pad_ms": [301.0, 300.0, 302.0, 300.95] + [301.0] * 24 + [100.0 + 17 * i for i in range(11)] + [0.0],
        "end_step_db": [45.0, float("nan")] * 20,
        "end_level_db": [-7.0, -12.0] * 20,
        "snr_db": [30.0] * n,
        "speech_share": [0.3] * n,
        "start_pad_ms": [0.0] * n,
        "start_level_db": [-50.0] * n,
    }
    items = pd.DataFrame({"label": ["yes"] * n}, index=[f"{i}.wav" for i in range(n)])

    def flagged(**changes: list[object]) -> list[int]:
        found = truncated_end(items, table(**(columns | changes)), NO_COURSES)["flagged"].tolist()
        return [i for i, flag in enumerate(found) if flag]

    cut_elsewhere = [*range(28, 40)]
    assert flagged() == cut_elsewhere
    everywhere = [*range(4), *cut_elsewhere]
    assert flagged(end_level_db=[-45.0] * n) == everywhere  # they die away and then are silent: these do not
    assert flagged(end_pad_ms=[301.0] * 14 + [float(5 * i) for i in range(26)]) == everywhere  # not most of them
    assert flagged(end_pad_ms=[12.0] * n) == everywhere


def test_digital_silence_behind_the_sound_is_named() -> None:
    how = truncated_end(ITEMS, measured(end_pad_ms=[301.0, 300.0, 0.0, 0.0]), NO_COURSES)["how"]
    assert how["0.wav"] == "the sound is 3 dB below its loudest where 301 ms of digital silence begin"
