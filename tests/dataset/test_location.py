from __future__ import annotations

import os

import pytest

from dsaudit.dataset.location import locate

SUFFIXES = frozenset({".wav", ".mp3"})
CAFE, CAFE_APART = "caf\u00e9.wav", "cafe\u0301.wav"
NUMBERED = ("fold1/a.wav", "fold2/b.wav")


def found(root, *paths, **options):
    return locate(paths, root, suffixes=SUFFIXES, **options)


@pytest.mark.parametrize(
    ("files", "paths", "ids"),
    [
        (["yes/a.wav"], ["yes/a.wav"], ["yes/a.wav"]),
        # names without a suffix, also where they hold a dot or another file bears the whole name
        (["clips/7.wav", "clips/7.txt"], ["7"], ["clips/7.wav"]),
        (["a.1.wav"], ["a.1"], ["a.1.wav"]),
        (["7/x.mp3", "clips/7.wav"], ["7"], ["clips/7.wav"]),
        # bare names, their files in numbered folders
        (NUMBERED, ["a.wav", "b.wav"], NUMBERED),
        # folders beside the manifest
        (["clips/x.mp3"], ["x.mp3"], ["clips/x.mp3"]),
        (["data/wavs/s1/x.wav"], ["s1/x.wav"], ["data/wavs/s1/x.wav"]),
        # another machine: the longest common end
        (["train/yes/1.wav", "test/yes/1.wav"], ["/home/ann/sc/train/yes/1.wav"], ["train/yes/1.wav"]),
        (["yes/1.wav", "no/1.wav"], [r"C:\data\yes\1.wav", "s3://bucket/sc/no/1.wav"], ["yes/1.wav", "no/1.wav"]),
        (["1.wav", "copy/1.wav"], ["/mnt/d/1.wav"], ["1.wav"]),
        (["wavs/1.wav", "wavs/2.wav"], ["/mnt/audio/1.wav", "/mnt/audio/2.wav"], ["wavs/1.wav", "wavs/2.wav"]),
        # Unicode form and case
        ([CAFE], [CAFE_APART], [CAFE]),
        ([f"Yes/{CAFE_APART}"], [f"yes/{CAFE}"], [f"Yes/{CAFE_APART}"]),
        (["Wavs/A.WAV"], ["wavs/a.wav"], ["Wavs/A.WAV"]),
        # one name twice is the same file; the folder of all the others settles a tie
        (["a/x.wav"], ["x.wav", "x.wav"], ["a/x.wav", "a/x.wav"]),
        (
            ["clips/1.wav", "clips/2.wav", "clips/3.wav", "old/3.wav"],
            ["1.wav", "2.wav", "3.wav"],
            ["clips/1.wav", "clips/2.wav", "clips/3.wav"],
        ),
        # annotation tools
        (["audio/1.wav"], ["/data/local-files/?d=sets%2Faudio%2F1.wav"], ["audio/1.wav"]),
    ],
)
def test_the_file_that_is_meant(tree, files, paths, ids):
    root = tree(*files)
    there = found(root, *paths)
    assert there.ids == list(ids)
    assert [os.path.relpath(uri, root) for uri in there.uris] == list(ids)
    assert len(there.notes) == (paths != ids)


@pytest.mark.parametrize(
    ("files", "paths", "says"),
    [
        # a file of the same name in another class's folder is another file
        (["yes/1.wav"], ["no/1.wav"], "near it lies 'yes/1.wav'"),
        (["yes/1.wav"], ["yes/1.wav", "/mnt/no/1.wav"], "near it lies 'yes/1.wav'"),
        (["a/1.wav", "b/1.wav"], ["1.wav"], "could mean several files, so none is used: '1.wav' could be 'a/1.wav'"),
        (["wavs/dog_bark_01.wav"], ["wavs/dog_bark_1.wav"], "near it lies 'wavs/dog_bark_01.wav'"),
        (["a.wav"], ["a.mp3"], "near it lies 'a.wav'"),
        (["yes/a.wav"], ["zzz.wav"], "no file of a similar name"),
        (["readme"], ["zzz.wav"], "no item lies there: --root FOLDER"),
        (["clips.tar.gz"], ["zzz.wav"], "no item lies there: unpack clips.tar.gz there"),
        # two folders of the other machine cannot both be this one
        (["w/1.wav", "w/2.wav"], ["/mnt/a/1.wav", "/mnt/b/2.wav"], "none of the files exists"),
    ],
)
def test_what_is_not_guessed_is_named(tree, files, paths, says):
    there = found(tree(*files), *paths)
    assert any(says in note for note in there.notes), there.notes
    assert not os.path.lexists(there.uris[-1])


def test_another_class_is_not_exchanged_for_one_whose_files_are_gone(tree):
    there = found(tree("yes/1.wav", "yes/2.wav"), "/mnt/no/1.wav", "/mnt/no/2.wav", labels={"no"})
    assert not any(map(os.path.lexists, there.uris))


@pytest.mark.parametrize("form", ["file://{}", "file://localhost{}", "file:{}"])
def test_file_addresses(tree, form):
    root = tree("a b/\u00e4.wav")
    assert found(root, form.format(f"{root}/a%20b/%C3%A4.wav")).ids == ["a b/\u00e4.wav"]
    assert found(root, "file:///mnt/other/a%20b/%C3%A4.wav").ids == ["a b/\u00e4.wav"]


def test_nothing_outside_the_root_is_guessed(tree, tmp_path):
    root = tree("in/a.wav")
    (tmp_path / "b.wav").touch()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "c.wav").touch()
    there = found(root, "b.wav", "in/c.wav", "/mnt/in/c.wav", above=True)
    assert not any(map(os.path.lexists, there.uris))


@pytest.mark.parametrize(
    ("files", "manifest_in", "path", "item_id"),
    [
        (["audio/a.wav", "meta/x.csv"], "meta", "a.wav", "audio/a.wav"),
        (["FSD50K.dev_audio/7.wav", "FSD50K.ground_truth/x.csv"], "FSD50K.ground_truth", "7", "FSD50K.dev_audio/7.wav"),
        (["audio/a.wav", "evaluation_setup/x.csv"], "evaluation_setup", "audio/a.wav", "audio/a.wav"),
        (["proj/wavs/a.wav", "proj/manifests/x.csv"], "proj/manifests", "proj/wavs/a.wav", "proj/wavs/a.wav"),
    ],
)
def test_manifests_that_lie_apart(tree, files, manifest_in, path, item_id):
    root = tree(*files)
    there = found(root / manifest_in, path, above=True)
    assert (there.root, there.ids) == (root, [item_id])
    assert there.notes
    assert not os.path.lexists(found(root / manifest_in, path).uris[0])


def test_one_walk_for_all_that_is_missing(tree, monkeypatch):
    import dsaudit.dataset.location as module

    walks = []
    real = module.scanned
    monkeypatch.setattr(module, "scanned", lambda *a, **k: walks.append(a) or real(*a, **k))
    root = tree(*NUMBERED)
    found(root, *NUMBERED)
    assert walks == []
    found(root, "a.wav", "b.wav", "c.wav")
    assert len(walks) == 1
    monkeypatch.setattr(module, "_MOST_FILES", 1)
    assert any("only the first 1 files" in note for note in found(root, "c.wav").notes)


def test_only_what_is_not_here_would_be_fetched(tree, opened):
    root = tree("a.wav", "m.csv")
    (root / "m.csv").write_text("path,label\nhttps://x.org/d/a.wav,x\nhttps://x.org/d/b.wav,y\n")
    dataset = opened(root / "m.csv")
    assert dataset.items.loc["a.wav", "uri"] == str(root / "a.wav")
    assert "nothing is fetched from a network, as 1 path would need" in dataset.notes


def test_nobody_s_home_is_searched(tree, monkeypatch):
    root = tree("audio/a.wav", "labels/m.csv")
    monkeypatch.setenv("HOME", str(root))
    there = found(root / "labels", "a.wav", above=True)
    assert there.root == root / "labels"
    assert not os.path.lexists(there.uris[0])
