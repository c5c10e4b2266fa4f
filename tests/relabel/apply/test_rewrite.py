"""Repairs of items that are cells of a manifest: a new manifest in which they alone are changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.parquet as pq
import pytest

import dsaudit
from dsaudit.cli import run
from dsaudit.dataset.inline import inline_uri
from dsaudit.media.file import identify
from dsaudit.relabel.apply.apply import apply_decisions
from dsaudit.types import Decision

if TYPE_CHECKING:
    from pathlib import Path

MEND = {"mend_encoding": True, "strip_markup": True, "plain_characters": True, "redact": True}
CSV = (
    '\ufeff# exported\r\nid;text;label;"a ""remark"""\r\n'
    'a;"Is it; open?";hours;x\r\nb;<b>GrÃ¼ÃŸe</b>;greeting;"y;z"\r\nc;ask me@example.com;hours;\r\n'
)


def mended(path: Path, **more: object) -> Path:
    done = apply_decisions(path, decisions=[], repairs=MEND, modality="text", **more)
    assert done.manifest is not None
    return done.manifest


def test_a_csv_keeps_all_else_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_bytes(CSV.encode())
    new = mended(path)
    assert new.name == "texts.corrected.csv"
    assert new.read_bytes().decode() == CSV.replace("<b>GrÃ¼ÃŸe</b>", "Grüße").replace("me@example.com", "[e-mail]")
    assert path.read_bytes() == CSV.encode()


def test_json_lines_keep_the_spelling_of_what_stays(tmp_path: Path) -> None:
    lines = [
        '{"text": "Gr\\u00fc\\u00dfe",  "label":"greeting", "n": 1.50}',
        '{"label": "hours", "text": "open\\u200b at <i>nine</i>?", "more": {"text": "<b>"}}',
    ]
    path = tmp_path / "texts.jsonl"
    path.write_text("\n".join(lines) + "\n")
    found = mended(path).read_text(encoding="utf-8").splitlines()
    assert found[0] == lines[0]
    assert found[1] == '{"label": "hours", "text": "open at nine?", "more": {"text": "<b>"}}'


def test_parquet_and_frames(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": ["AT&amp;T", "plain"], "label": ["a", "b"], "n": [1, 2]})
    frame.to_parquet(tmp_path / "texts.parquet")
    pd.testing.assert_frame_equal(
        pd.read_parquet(mended(tmp_path / "texts.parquet")), frame.assign(text=["AT&T", "plain"])
    )
    new = mended(frame, output=tmp_path / "new.csv")  # type: ignore[arg-type]
    assert pd.read_csv(new)["text"].tolist() == ["AT&T", "plain"]


@pytest.mark.parametrize("format", ["jsonl", "parquet", "frame"])
def test_what_is_said_in_a_conversation_is_mended_turn_by_turn(tmp_path: Path, format: str) -> None:
    turns = [[{"role": "user", "content": said}, {"role": "bot", "content": "fine"}] for said in ("AT&amp;T", "plain")]
    frame = pd.DataFrame({"messages": turns, "label": ["a", "b"]})
    source: object = tmp_path / f"chat.{format}"
    if format == "frame":
        source = frame
    else:
        frame.to_parquet(source) if format == "parquet" else frame.to_json(source, orient="records", lines=True)
    new = mended(source, output=tmp_path / "new.jsonl")  # type: ignore[arg-type]
    said = [json.loads(line)["messages"] for line in new.read_text().splitlines()]
    assert said == [[{"role": "user", "content": "AT&T"}, turns[0][1]], turns[1]]
    if format == "parquet":
        assert pq.read_schema(mended(source)).field("messages") == pq.read_schema(source).field("messages")


def test_of_two_columns_that_are_one_item_each_gets_its_own(tmp_path: Path) -> None:
    lines = ["premise,hypothesis,label", "It&amp;s on,fine,yes", "a  b,<b>x</b>,no", '"plain, as is",,no']
    path = tmp_path / "pairs.csv"
    path.write_text("\n".join(lines) + "\n")
    expected = ["premise,hypothesis,label", "It&s on,fine,yes", "a b,x,no", '"plain, as is",,no']
    assert mended(path).read_text().splitlines() == expected


def test_a_dry_run_says_before_and_after_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_bytes(CSV.encode())
    done = apply_decisions(path, decisions=[], repairs=MEND, modality="text", dry_run=True)
    said = {item: (one.before, one.after) for item, one in done.rewritten.items()}
    assert said == {"b": ("<b>GrÃ¼ÃŸe</b>", "Grüße"), "c": ("ask me@example.com", "ask [e-mail]")}
    assert done.n_to_repair == 3
    assert [p.name for p in tmp_path.iterdir()] == ["texts.csv"]


def test_a_dry_run_says_so_of_files_too(tmp_path: Path) -> None:
    for name, text in (("a/x.txt", "AT&amp;T"), ("b/y.txt", "fine")):
        (tmp_path / "d" / name).parent.mkdir(parents=True)
        (tmp_path / "d" / name).write_text(text)
    options = {"decisions": [], "repairs": MEND, "tree": tmp_path / "tree", "modality": "text"}
    done = apply_decisions(tmp_path / "d", dry_run=True, **options)
    assert {i: one.after for i, one in done.rewritten.items()} == {"a/x.txt": "AT&T"}
    assert not (tmp_path / "tree").exists()
    grown = apply_decisions(tmp_path / "d", **options).grown
    assert grown.repairs == {"a/x.txt": ("markup stripped",)}
    assert (tmp_path / "tree" / grown.paths["a/x.txt"]).read_text() == "AT&T"


def test_decisions_and_repairs_go_together(tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_bytes(CSV.encode())
    mark = str(identify(inline_uri("Is it; open?"))["content_hash"])
    said = Decision("ana", "relabel", "a", mark, old_label="hours", new_label="greeting", seq=1)
    done = apply_decisions(path, decisions=[said], repairs=MEND, modality="text")
    table = pd.read_csv(done.manifest, sep=";", comment="#", encoding="utf-8-sig")
    assert table["text"].tolist() == ["Is it; open?", "Grüße", "ask [e-mail]"]
    assert table["corrected_label"].tolist() == ["greeting", "greeting", "hours"]


def test_only_what_a_rule_found(tmp_path: Path) -> None:
    texts = ["<b>same</b>", "<b>same</b>", "<i>other</i>", "AT&amp;T"]
    pd.DataFrame({"text": texts, "label": list("aabb")}).to_csv(tmp_path / "texts.csv", index=False)
    audited = dsaudit.audit(tmp_path / "texts.csv", modality="text", select=["DUP001"], out=tmp_path / "out")
    done = apply_decisions(audited, decisions=[], repairs=MEND, only=["exact-duplicate"], dry_run=True)
    assert sorted(done.rewritten) == ["row-00001", "row-00002"]


def test_json_of_the_command_holds_all_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "texts.csv"
    path.write_bytes(CSV.encode())
    assert run(["apply", str(path), "--redact", "--dry-run", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rewritten"] == [{"item_id": "c", "before": "ask ••@•••••••.•••", "after": "ask [e-mail]"}]
