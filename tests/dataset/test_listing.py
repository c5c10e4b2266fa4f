from __future__ import annotations

import os
import time

import pytest

from dsaudit.dataset.listing import scanned
from dsaudit.errors import DatasetError

WAV = frozenset({".wav"})


def found(root):
    return sorted(scanned(root, suffixes=WAV).items)


def test_hidden_system_and_noise_are_passed_over_and_said(tree):
    root = tree(
        "yes/a.wav", "yes/._a.wav", ".git/b.wav", "__MACOSX/yes/c.wav", "yes/Thumbs.db", "_background_noise_/d.wav"
    )
    scan = scanned(root, suffixes=WAV)
    assert scan.items == ["yes/a.wav"]
    assert scan.others == []
    assert "passed over 4 hidden or system files" in scan.notes
    assert "passed over the folder _background_noise_: background noise is no class" in scan.notes


def test_own_results_are_not_worth_a_note(tree):
    assert scanned(tree("yes/a.wav", ".dsaudit/runs/x.wav"), suffixes=WAV).notes == []


@pytest.mark.parametrize("name", ["_background_noise_", "background_noise", "Background Noise", "background-noises"])
def test_noise_folders(tree, name):
    assert found(tree("yes/a.wav", f"{name}/d.wav")) == ["yes/a.wav"]


def test_loops_of_links_end(tree):
    root = tree("yes/a.wav", "no/b.wav")
    (root / "yes" / "up").symlink_to(root)
    (root / "no" / "self").symlink_to(root / "no")
    (root / "no" / "x.wav").symlink_to(root / "no" / "x.wav")
    scan = scanned(root, suffixes=WAV)
    assert sorted(scan.items) == ["no/b.wav", "no/x.wav", "yes/a.wav"]
    assert sum("links to a folder that was read already" in note for note in scan.notes) == 2


def test_link_never_hides_its_target(tree):
    root = tree("b/1.wav")
    (root / "a").symlink_to(root / "b")
    assert found(root) == ["b/1.wav"]


def test_links_are_followed_and_said(tree, tmp_path):
    root = tree("yes/a.wav")
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "b.wav").touch()
    (root / "no").symlink_to(other)
    (root / "yes" / "c.wav").symlink_to(other / "b.wav")
    (root / "yes" / "gone.wav").symlink_to(other / "gone.wav")
    scan = scanned(root, suffixes=WAV)
    assert sorted(scan.items) == ["no/b.wav", "yes/a.wav", "yes/c.wav", "yes/gone.wav"]
    assert "followed the symbolic link to a folder no" in scan.notes
    assert "followed 2 symbolic links to files" in scan.notes


def test_pipe_is_no_item(tree):
    root = tree("yes/a.wav")
    os.mkfifo(root / "yes" / "pipe.wav")
    scan = scanned(root, suffixes=WAV)
    assert scan.items == ["yes/a.wav"]
    assert scan.notes == ["passed over 1 special file (pipes, sockets, devices)"]


def test_unreadable_folders(tree, monkeypatch):
    root = tree("yes/a.wav", "no/b.wav")
    real = os.scandir

    def refuse(path):
        if str(path).endswith("no"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    scan = scanned(root, suffixes=WAV)
    assert scan.items == ["yes/a.wav"]
    assert scan.notes == ["could not read the folder no: Permission denied"]
    with pytest.raises(DatasetError, match=r"cannot read .*no: Permission denied"):
        scanned(root / "no", suffixes=WAV)


def test_four_thousand_files_in_a_fifth_of_a_second(tmp_path):
    for folder in range(20):
        place = tmp_path / f"class{folder}"
        place.mkdir()
        for k in range(200):
            os.close(os.open(place / f"{k:04d}.wav", os.O_CREAT))
    start = time.process_time()
    scan = scanned(tmp_path, suffixes=WAV)
    assert len(scan.items) == 4_000
    assert time.process_time() - start < 0.2


def test_what_was_written_about_the_dataset_is_no_item(tree):
    root = tree("README.md", "LICENSE.txt", "a/read me.txt", "a/readmission.txt", "a/licence_plates.wav")
    scan = scanned(root, suffixes=frozenset({".md", ".txt", ".wav"}))
    assert sorted(scan.items) == ["a/licence_plates.wav", "a/readmission.txt"]
    assert sorted(scan.others) == ["LICENSE.txt", "README.md", "a/read me.txt"]


def test_a_folder_called_like_a_file_is_said(tree):
    root = tree("yes/a.wav", "no/b.wav/c.wav")
    scan = scanned(root, suffixes=WAV)
    assert sorted(scan.items) == ["no/b.wav/c.wav", "yes/a.wav"]
    assert any("1 folder called like a file, such as no/b.wav" in note for note in scan.notes)
