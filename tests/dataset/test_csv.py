from __future__ import annotations

import gzip

import pytest

from dsaudit.dataset.columns import Choice
from dsaudit.dataset.csv import csv_text
from dsaudit.errors import DatasetError


@pytest.fixture
def manifest(tmp_path, opened):
    def read(content, *, name="m.csv", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return opened(path, **options)

    return read


def test_all_columns(manifest, tmp_path):
    dataset = manifest("path,label,split,group,id\nb.wav,no,dev,anna,2\na.wav,yes,train,ben,1\n")
    assert dataset.items.to_dict("index") == {
        "1": {"uri": str(tmp_path / "a.wav"), "label": "yes", "split": "train", "group": "ben"},
        "2": {"uri": str(tmp_path / "b.wav"), "label": "no", "split": "validation", "group": "anna"},
    }
    assert (dataset.source, dataset.group_source) == ("csv", "column 'group'")
    assert "split 'dev' is read as 'validation' (1 item)" in dataset.notes


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("path;label\na.wav;yes, no\n", "m.csv"),
        ("path\tlabel\na.wav\tyes, no\n", "m.csv"),
        ("path\tlabel\na.wav\tyes, no\n", "m.tsv"),
        ('path,label\na.wav,"yes, no"\n', "m.tsv"),
        ('\ufeffpath,label\r\n\r\na.wav,"yes, no"\r\n', "M.CSV"),
        ('path,label,\na.wav,"yes, no",\n', "m.csv"),
    ],
)
def test_delimiters_and_encodings(manifest, content, name):
    dataset = manifest(content, name=name)
    assert dict(dataset.items["label"]) == {"a.wav": "yes, no"}
    assert dataset.source == name[-3:].lower()


def test_labels_exactly_as_given(manifest):
    dataset = manifest("path,label\na.wav, go\nb.wav,Go\nc.wav,  \nd.wav,\ne.wav,NA\nf.wav,007\n")
    assert dataset.items["label"].tolist() == [" go", "Go", None, None, "NA", "007"]


def test_numbers_with_gaps(manifest):
    assert manifest("path,label\na,3.0\nb,\nc,10.0\n").classes == ("10", "3")
    assert manifest("path,label\na,3.0\nb,3\n").classes == ("3",)
    assert manifest("path,label\na,3.5\nb,3.0\n").classes == ("3.0", "3.5")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "m.csv is empty"),
        ("\n\n", "m.csv is empty"),
        ("path,label\n", "m.csv has no rows"),
        ("path,label\na.wav,yes\nb.wav\n", "line 3: 1 field where the first line names 2 columns"),
        ('path,label\n"a\nb.wav",yes\nc.wav,no,x\n', "line 4: 3 fields"),
        ("path,label\n,yes\n", "line 2: column 'path' is empty"),
        ("wave,word\na.wav,yes\n", "no column 'path'; its columns are: 'wave', 'word'"),
        ("filename,wav,label\na,b,c\n", "path column of m.csv could be any of 'filename', 'wav'"),
        ("path,target,category\na,b,c\n", "label column of m.csv could be any of 'target', 'category'"),
        ("path,label,label\na,b,c\n", "more than one column 'label'"),
        ("path,label\na.wav,да\nb.wav,нет\n".encode("cp1251"), "line 2: byte 0xe4 is not UTF-8"),
        (b"\xff\xfep\0a\0t", "begins as UTF-16 text and is none"),
        (gzip.compress(b"path,label\na.wav,yes\n", mtime=0)[:-9], "cannot be unpacked"),
        (b"path,label\n\0\0,yes\n", "not a text file"),
        ("path,label,id\na,x,1\nb,x,2\na,x,1\n", "in column 'id' 1 id occurring more than once: '1'"),
        ("path,label,id\na,x,1\na,x,\n", "line 3: column 'id' is empty"),
    ],
)
def test_bad_manifests(manifest, content, says):
    with pytest.raises(DatasetError) as caught:
        manifest(content)
    assert says in str(caught.value)
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_an_id_that_comes_again_is_none_where_the_paths_are_unique(manifest):
    dataset = manifest("path,label,id\na.wav,x,1\nb.wav,x,2\nc.wav,x,1\n")
    assert list(dataset.items.index) == ["a.wav", "b.wav", "c.wav"]
    assert "column 'id' repeats values or has gaps, so it is not used as the id" in dataset.notes
    with pytest.raises(DatasetError, match="1 id occurring more than once"):
        manifest("path,label,id\na.wav,x,1\nb.wav,x,2\nc.wav,x,1\n", id_column="id")


def test_named_columns(manifest):
    content = "wave,word,who,part,key\na.wav,yes,anna,test,k1\n"
    dataset = manifest(
        content, path_column="wave", label_column="word", group_column="who", split_column="part", id_column="key"
    )
    assert dataset.items.drop(columns="uri").to_dict("index") == {
        "k1": {"label": "yes", "split": "test", "group": "anna"}
    }
    with pytest.raises(DatasetError, match="no column 'words'; its columns are: 'wave', 'word'") as caught:
        manifest(content, path_column="wave", label_column="words")
    assert "--label-column" in caught.value.hint


def test_same_path_twice(manifest):
    dataset = manifest("path,label\na.wav,yes\na.wav,no\nb.wav,no\n")
    assert dict(dataset.items["label"]) == {"a.wav": "yes", "a.wav#2": "no", "b.wav": "no"}
    assert "1 row naming a file again, under an id that ends in #2, #3 …" in dataset.notes


def test_guessed_id_that_repeats_is_left_alone(manifest):
    dataset = manifest("path,label,uid\na.wav,yes,1\nb.wav,no,1\n")
    assert list(dataset.items.index) == ["a.wav", "b.wav"]
    assert any("'uid' repeats values" in note for note in dataset.notes)


def test_paths_from_windows_and_networks(manifest, tmp_path):
    (tmp_path / "yes").mkdir()
    (tmp_path / "yes" / "a.wav").touch()
    dataset = manifest(f"path,label\nyes\\a.wav,yes\nhttps://host/b.wav,no\nfile://{tmp_path}/c.wav,no\n")
    assert "yes/a.wav" in dataset.items.index
    assert "backslashes are read as '/' in 1 path" in dataset.notes
    assert "nothing is fetched from a network, as 1 path would need" in dataset.notes


def test_what_stands_for_no_value_is_no_label_and_no_split(manifest):
    rows = "a.wav,yes,train\nb.wav,NaN,nan\nc.wav,n/a,-\nd.wav,none,test\n"
    dataset = manifest("path,label,split\n" + rows)
    assert list(dataset.items["label"]) == ["yes", None, None, "none"]
    assert list(dataset.items["split"]) == ["train", None, None, "test"]
    assert "no label is what stands for a missing value: 'NaN' (1 item), 'n/a' (1 item)" in dataset.notes
    assert "no split is what stands for none: 'nan' (1 item), '-' (1 item)" in dataset.notes


def test_words_for_nothing_are_words_where_empty_cells_stand_for_it(manifest):
    rows = "".join(f"{k}.wav,{('null', 'yes', 'no', '')[k % 4]}\n" for k in range(40))
    dataset = manifest("path,label\n" + rows)
    assert dataset.items["label"].value_counts().to_dict() == {"null": 10, "yes": 10, "no": 10}
    assert any(
        note.startswith("read as a class, for a label that is missing is an empty cell") for note in dataset.notes
    )
    assert manifest("path,label\n" + rows + "x.wav,nan\n").classes == ("no", "null", "yes")


def test_a_proposed_column_can_be_pasted(manifest):
    rows = "".join(f"{i}.wav,{'yes' if i % 2 else 'no'},{i}\n" for i in range(8))
    dataset = manifest("path,What it is,n\n" + rows)
    assert any("--label-column 'What it is'" in note for note in dataset.notes)


def test_root_and_missing_files(manifest, tmp_path):
    (tmp_path / "audio").mkdir()
    (tmp_path / "audio" / "a.wav").touch()
    content = "path,label\na.wav,yes\ngone.wav,no\n"
    there = manifest(content, root=tmp_path / "audio")
    assert list(there.items.index) == ["a.wav", "gone.wav"]
    assert [note.partition(" below")[0] for note in there.notes] == ["missing 1 file"]
    assert list(manifest(content).items.index) == ["audio/a.wav", "gone.wav"]


def test_unlabelled(manifest):
    assert any("no label column" in note for note in manifest("path\na.wav\n").notes)
    assert any("empty throughout" in note for note in manifest("path,label\na.wav,\n").notes)


def test_prose_is_said_to_lack_columns_and_not_to_be_ragged(manifest):
    with pytest.raises(DatasetError, match="has no column 'path'"):
        manifest("Read me\n\nThese, then, are words.\nAll of them, or so.\nSaid, by all, of us.\n", name="README.txt")


@pytest.mark.parametrize(
    ("head", "line", "n"),
    [
        ("text,label", "well, {k}, it rains,{label}", 12),
        ("label,text", "{label},well, {k}, it rains", 12),
        ("id,text,label", "{k},well, {k}, it rains,{label}", 12),
        ("text,label", "well, {k}, it rains,x{k}", 0),
    ],
)
def test_delimiters_in_a_text_without_quotes_are_part_of_it(tmp_path, head, line, n):
    lines = [line.format(k=k, label="ab"[k % 2]) for k in range(12)]
    text = "".join(f"{one}\n" for one in [head, *lines])
    choice = Choice(inline=True)
    if not n:
        with pytest.raises(DatasetError, match="4 fields"):
            csv_text(text, "m.csv", ".csv", choice)
        return
    found = csv_text(text, "m.csv", ".csv", choice)
    assert found.column("text") == [f"well, {k}, it rains" for k in range(12)]
    assert found.column("label") == ["ab"[k % 2] for k in range(12)]
    assert any("read as part of the text, which is not quoted: 12 lines" in note for note in found.notes)
    with pytest.raises(DatasetError, match="fields"):
        csv_text(text.replace("text", "path"), "m.csv", ".csv", Choice())
