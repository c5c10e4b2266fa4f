from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dsaudit
from dsaudit.errors import ConfigError
from dsaudit.settings import SETTINGS, Settings, ignored_variables, load_settings

each_setting = pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)


def fitting(setting):
    """A value that is not the default, as one would type it."""
    if setting.choices:
        return setting.choices[-1]
    typed = {int: setting.between[1], float: setting.between[1], bool: str(not setting.default), tuple: "AUD001,FIL"}
    return str(typed.get(setting.type, "words"))


def test_every_field_is_declared():
    assert list(SETTINGS) == [f.name for f in fields(Settings) if f.name != "sources"]


@each_setting
def test_a_setting_has_words_and_a_check(setting):
    assert setting.help.endswith(".")
    assert setting.documented() in Settings.__doc__
    head, *lines = setting.documented().splitlines()
    assert head.startswith(f"    {setting.name} : ")
    assert all(repr(word) in head for word in setting.choices)
    words = " ".join(" ".join(lines).split())
    assert f"Default: {setting.preset}" in words or not setting.preset
    assert setting.choices or setting.expected == "text" or setting.expected[1:] in words
    with pytest.raises(ConfigError) as refused:
        load_settings(None, flags={setting.name: object()})
    assert refused.value.message.startswith(f"{setting.name} = <object object at ")
    assert refused.value.message.endswith(f"(flag): expected {setting.expected}") or setting.type is int


@each_setting
def test_a_setting_has_a_name_in_the_environment(setting, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if setting.type is Mapping:
        assert setting.variable == ""
        monkeypatch.setenv(f"DSAUDIT_{setting.name.upper()}", "{}")
        assert len(ignored_variables()) == 1
        return
    monkeypatch.setenv(setting.variable, fitting(setting))
    assert ignored_variables() == []
    settings = load_settings(None)
    assert getattr(settings, setting.name) == setting.read(fitting(setting)) != setting.default
    assert settings.sources == dict.fromkeys(settings.sources, f"environment DSAUDIT_{setting.name.upper()}")
    assert settings.described()[setting.name]["source"] == settings.sources[setting.name]


@each_setting
def test_a_setting_stands_in_a_file(setting, tmp_path):
    value = {"a": {"b": 1}} if setting.type is Mapping else fitting(setting)
    text = "[a]\nb = 1" if setting.type is Mapping else ""
    key = setting.name.replace("_", "-")
    (tmp_path / "dsaudit.toml").write_text(text.replace("[a]", f"[{key}.a]") or f"{key} = '{value}'")
    (tmp_path / "data").mkdir()
    assert getattr(load_settings(tmp_path / "data"), setting.name) == setting.read(value)


@each_setting
def test_a_default_is_fit_to_be_given(setting):
    if setting.default not in (None, (), {}):
        assert setting.read(setting.default) == setting.default
        assert setting.preset or isinstance(setting.default, bool)


def test_defaults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load_settings(tmp_path)
    assert settings.seed == 0
    assert settings.described()["seed"] == {"value": 0, "source": "default"}


def test_flag_beats_environment_beats_file(tmp_path, monkeypatch):
    (tmp_path / "dsaudit.toml").write_text("seed = 1\nfolds = 3\njobs = 1\n[rules.quiet-clip]\nmin_dbfs = -50\n")
    monkeypatch.setenv("DSAUDIT_SEED", "2")
    monkeypatch.setenv("DSAUDIT_JOBS", "2")
    (tmp_path / "data").mkdir()
    settings = load_settings(
        tmp_path / "data", flags={"jobs": 4, "sample": None, "rules": {"quiet-clip": {"healthy_dbfs": -20}}}
    )
    assert (settings.seed, settings.folds, settings.jobs) == (2, 3, 4)
    assert settings.rules == {"quiet-clip": {"min_dbfs": -50, "healthy_dbfs": -20}}
    assert settings.sources["seed"] == "environment DSAUDIT_SEED"
    assert settings.sources["folds"].endswith("dsaudit.toml")
    assert settings.sources["jobs"] == "flag"


def test_a_flag_wins_over_the_file_whichever_name_of_the_rule_they_use(tmp_path):
    from dsaudit import catalogue

    (tmp_path / "dsaudit.toml").write_text("[rules.quiet-clip]\nmin_dbfs = -50\nhealthy_dbfs = -20\n")
    settings = load_settings(tmp_path, flags={"rules": {"aud002": {"min_dbfs": -40}}})
    options = catalogue.options_for(catalogue.find("quiet-clip"), settings.rules)
    assert (options["min_dbfs"], options["healthy_dbfs"]) == (-40, -20)
    assert catalogue.unknown_rules(catalogue.rules(), {"aud002": {}, "AUD": {}}) == ["AUD"]


def test_section_of_pyproject(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.dsaudit]\nignore = ["AUD012", "near-duplicate"]\nfail-on = "never"\n'
    )
    settings = load_settings(None)
    assert settings.ignore == ("AUD012", "near-duplicate")
    assert settings.fail_on == "never"


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("seed = 'x'", "seed = 'x'.*whole number"),
        ("seed = -1", "from 0 to"),
        ("folds = 1", "from 2 to 20"),
        ("jobs = true", "whole number"),
        ("sead = 1", "unknown setting 'sead'"),
        ("fail_on = 'all'", "error or warning"),
        ("report_mb = 2", "8 to 1000"),
        ("rules = 3", "tables such as"),
        ("select = [1]", "rule codes"),
        ("seed = = 1", "not valid TOML"),
        ("path_column = 3", "expected text"),
    ],
)
def test_what_cannot_be_followed_is_one_line(tmp_path, text, match):
    (tmp_path / "dsaudit.toml").write_text(text)
    with pytest.raises(ConfigError, match=match):
        load_settings(tmp_path)


def test_lists_may_be_comma_separated(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_settings(None, flags={"select": ["AUD, FIL", "DUP001"]}).select == ("AUD", "FIL", "DUP001")


@pytest.mark.parametrize(
    "address",
    [
        *("postgresql://ana:secret@host/db", "postgresql://ana:se/cr@et:secret@host:5432/db"),
        *("see postgresql://:secret@h", "postgresql://h/db?user=ana&password=secret&sslmode=require"),
    ],
)
def test_passwords_are_never_written_down(address):
    from dsaudit.settings import shown

    assert "secret" not in shown(address)
    described = load_settings(None, flags={"ledger": address}).described()
    assert "secret" not in str(described)
    assert shown("/data/a@b:c.sqlite") == "/data/a@b:c.sqlite"


@pytest.mark.parametrize("share", [0, 90, "nan", "x"])
def test_a_precision_is_a_share_and_not_a_percentage(share):
    with pytest.raises(ConfigError, match=r"from 0\.01 to 1, as \.9 for 90 %"):
        load_settings(None, flags={"precision": share})


def test_a_variable_that_is_no_setting_is_named_with_the_nearest_one(monkeypatch):
    assert ignored_variables() == []
    for name, value in (("SEED", "1"), ("SEAD", "1"), ("WHATEVER_ELSE", "1"), ("RULES", "{}"), ("SEEED", "")):
        monkeypatch.setenv(f"DSAUDIT_{name}", value)
    assert ignored_variables() == [
        "DSAUDIT_RULES is ignored: tables are read from a settings file only",
        "DSAUDIT_SEAD is ignored: there is no such setting; is it DSAUDIT_SEED?",
        "DSAUDIT_WHATEVER_ELSE is ignored: there is no such setting",
    ]


def test_numbers_of_numpy_and_paths_are_settings_too(tmp_path):
    flags = {"budget": np.int64(5), "seed": np.uint8(3), "pred_probs": tmp_path / "p.npy", "select": [], "training": {}}
    settings = load_settings(None, flags=flags)
    assert (settings.budget, settings.seed, settings.pred_probs) == (5, 3, str(tmp_path / "p.npy"))
    assert not {"select", "training"} & set(settings.sources)
    assert load_settings(None, flags={"precision": np.float32(0.5)}).precision == 0.5


@pytest.mark.parametrize("name", ["pred_probs", "embeddings"])
def test_an_array_is_no_file_and_is_not_printed(name):
    with pytest.raises(ConfigError, match=f"^{name} .flag. is a ndarray, not the path of a file$") as refused:
        load_settings(None, flags={name: np.zeros((9_000, 3))})
    assert "np.savez" in refused.value.hint


OUTSIDE = {
    "encoder": "loader:embed",
    "ledger": "postgresql://evil.example/db",
    "annotations": "votes.csv",
    "pred_probs": "probs.npy",
    "embeddings": "vectors.npy",
    "out": "/tmp/elsewhere",
    "root": "/",
    "label_column": "https://evil.example/label",
}


def fill(root, files):
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("path,label\n1.wav,yes\n" if name.endswith(".csv") else "")


class TestADatasetIsData:
    """What may come from anywhere does not say what is run, whom to connect to, or where to write."""

    @pytest.fixture
    def place(self, tmp_path, monkeypatch):
        """A dataset, whose settings file is full of what only the person may say, in the person's project."""
        (tmp_path / "project" / "data" / "clips").mkdir(parents=True)
        lines = [f"{name} = '{value}'" for name, value in OUTSIDE.items()]
        (tmp_path / "project" / "data" / "dsaudit.toml").write_text("\n".join([*lines, "seed = 7"]))
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        return tmp_path / "project"

    def refused(self, settings, caplog):
        assert settings.seed == 7, "what is harmless counts"
        assert settings.sources == {"seed": settings.sources["seed"]}
        (line,) = caplog.messages
        assert "lies in the dataset" in line
        assert all(name in line for name in OUTSIDE)
        assert "--encoder" in line
        assert "\n" not in line
        return True

    def test_a_file_in_the_dataset(self, place, caplog):
        assert self.refused(load_settings(place / "data"), caplog)

    @pytest.mark.parametrize("near", [".", "../data", "clips/..", "list.csv"])
    def test_it_is_the_working_directory(self, place, caplog, monkeypatch, near):
        monkeypatch.chdir(place / "data")
        (place / "data" / "list.csv").touch()
        assert self.refused(load_settings(Path(near)), caplog)

    def test_a_part_of_it_is_the_working_directory(self, place, caplog, monkeypatch):
        (place / "data" / "dsaudit.toml").rename(place / "data" / "clips" / "dsaudit.toml")
        monkeypatch.chdir(place / "data" / "clips")
        assert self.refused(load_settings(Path("..")), caplog)

    @pytest.mark.parametrize(
        ("name", "row"), [("meta/list.csv", "1.wav,yes"), ("a/b/list.tsv", "../../clips/1.wav\tyes")]
    )
    def test_a_table_deep_in_it_whose_items_lie_above(self, place, caplog, monkeypatch, name, row):
        table = place / "data" / name
        table.parent.mkdir(parents=True)
        table.write_text(f"path,label\n{row}\n")
        monkeypatch.chdir(place / "data")
        assert self.refused(load_settings(Path(name)), caplog)

    @pytest.mark.parametrize(
        ("near", "files"),
        [
            ("yes", ["yes/1.wav", "no/1.wav"]),  # beside other classes
            ("train/yes", ["train/yes/1.wav", "test/no/1.wav"]),  # beside other splits
            ("train", ["train/yes/1.wav"]),
            ("yes", ["yes/1.wav", "labels.csv"]),
            ("yes", ["yes/1.wav", "loose.wav"]),
            ("yes/list.csv", ["yes/1.wav", "no/1.wav", "yes/list.csv"]),
            ("yes", ["yes/1.txt", "no/1.txt", "readme.txt"]),
        ],
    )
    def test_a_part_of_it_is_audited_where_it_lies(self, place, caplog, monkeypatch, near, files):
        fill(place / "data", files)
        monkeypatch.chdir(place / "data")
        assert self.refused(load_settings(Path(near)), caplog)

    def test_the_working_directory_beside_the_part(self, place, caplog, monkeypatch):
        fill(place / "data", ["yes/1.wav", "no/1.wav"])
        (place / "data" / "dsaudit.toml").rename(place / "data" / "clips" / "dsaudit.toml")
        monkeypatch.chdir(place / "data" / "clips")
        assert self.refused(load_settings(Path("../yes")), caplog)

    @pytest.mark.parametrize(
        ("near", "files"),
        [
            ("data", ["data/yes/1.wav", "data/no/1.wav", "src/a.py", "tests/test_a.py", "README.md"]),
            ("data", ["data/yes/1.txt", "requirements.txt", "docs/a.txt"]),
            ("data/set.csv", ["data/set.csv", "data/yes/1.wav", "models/a.onnx"]),
            ("sets/one", ["sets/one/yes/1.wav", "sets/two/yes/1.wav"]),
        ],
    )
    def test_the_folder_of_a_project_is_the_persons_own(self, tmp_path, caplog, monkeypatch, near, files):
        fill(tmp_path / "mine", files)
        (tmp_path / "mine" / "dsaudit.toml").write_text("encoder = 'mine:embed'\n")
        monkeypatch.chdir(tmp_path / "mine")
        assert load_settings(Path(near)).encoder == "mine:embed"
        assert not caplog.messages

    @pytest.mark.parametrize("how", ["late", "gz", "parquet", "escaped", "within", "utf-16", "own folder"])
    def test_a_path_upwards_is_seen_wherever_and_however_it_is_written(self, place, caplog, monkeypatch, how):
        folder = place / "data" / "lists_of_it"
        folder.mkdir()
        up = {"within": "x/../../clips/1.wav", "own folder": "lists_of_it/1.wav"}.get(how, "../clips/1.wav")
        text = "path,label\n" + "1.wav,yes\n" * (150_000 if how == "late" else 3) + f"{up},no\n"
        table = folder / {"gz": "all.csv.gz", "parquet": "all.parquet", "escaped": "all.jsonl"}.get(how, "all.csv")
        if how == "gz":
            table.write_bytes(gzip.compress(text.encode()))
        elif how == "parquet":
            frame = pd.DataFrame([row.split(",") for row in text.split()], columns=["path", "label"])
            frame.to_parquet(table, compression="zstd")
        elif how == "escaped":
            table.write_text('{"path": "' + up.replace(".", "\\u002e", 2).replace("/", "\\/") + '", "label": "no"}\n')
        else:
            table.write_text(text, encoding="utf-16" if how == "utf-16" else "utf-8")
        monkeypatch.chdir(place / "data")
        assert self.refused(load_settings(table), caplog)

    @pytest.mark.parametrize(
        "content",
        [b"\x1f\x8b\x08\x00broken", gzip.compress(b"path" * 99, mtime=0)[:-9], b""],
        ids=["broken", "cut", "empty"],
    )
    def test_a_table_that_cannot_be_unpacked_is_for_its_reader_to_refuse(self, place, caplog, monkeypatch, content):
        table = place / "data" / "meta" / "all.csv.gz"
        table.parent.mkdir()
        table.write_bytes(content)
        table.with_name("all.parquet").write_bytes(content)
        assert self.refused(load_settings(table), caplog)
        assert load_settings(table.with_name("all.parquet")).encoder is None

    @pytest.mark.parametrize("through", ["dataset", "folder", "file"])
    def test_links_do_not_help_it(self, place, caplog, monkeypatch, through):
        link = place / "link"
        if through == "file":
            (place / "dsaudit.toml").symlink_to(place / "data" / "dsaudit.toml")
            (place / "data" / "clips" / "1.wav").touch()
            assert self.refused(load_settings(place / "data"), caplog)
            return
        link.symlink_to(place / "data", target_is_directory=True)
        monkeypatch.chdir(link if through == "folder" else place / "data")
        assert self.refused(load_settings(link if through == "dataset" else place / "data"), caplog)

    @pytest.mark.parametrize("near", ["data/.dsaudit", "data/.dsaudit/runs/1", "results", "results/runs/1"])
    def test_results_and_runs_are_of_the_dataset(self, place, caplog, monkeypatch, near):
        run = place / near if near.endswith("/1") else place / near / "runs/1"
        run.mkdir(parents=True)
        (run / "run.json").write_text(json.dumps({"root": str(place / "data")}))
        monkeypatch.chdir(place / "data")
        assert self.refused(load_settings(place / near), caplog)

    def test_its_files_may_lie_elsewhere(self, place, caplog, monkeypatch):
        monkeypatch.chdir(place / "data")
        (place / "lists").mkdir()
        (place / "lists" / "all.csv").touch()
        found = load_settings(place / "lists" / "all.csv", flags={"root": str(place / "data")})
        assert (found.seed, found.encoder, len(caplog.messages)) == (7, None, 1)

    def test_the_persons_own_file_counts_whole_below_that_of_the_dataset(self, place, caplog):
        (place / "dsaudit.toml").write_text("encoder = 'mine:embed'\nledger = 'd.sqlite'\nseed = 1\nfolds = 3\n")
        found = load_settings(place / "data")
        assert (found.encoder, found.ledger, found.seed, found.folds) == ("mine:embed", "d.sqlite", 7, 3)
        assert len(caplog.messages) == 1

    def test_the_working_directory_is_the_persons_own(self, place, monkeypatch, tmp_path):
        (tmp_path / "elsewhere" / "dsaudit.toml").write_text("encoder = 'mine:embed'\n")
        assert load_settings(place / "data").encoder == "mine:embed"
        assert load_settings(None).encoder == "mine:embed"

    def test_flags_and_environment_count(self, place, monkeypatch):
        monkeypatch.setenv("DSAUDIT_LEDGER", "postgresql://db/x")
        found = load_settings(place / "data", flags={"encoder": "mine:embed"})
        assert (found.encoder, found.ledger) == ("mine:embed", "postgresql://db/x")

    def test_a_root_within_it_is_harmless(self, place, caplog, monkeypatch):
        monkeypatch.chdir(place / "data")
        (place / "data" / "dsaudit.toml").write_text("root = 'clips'\n")
        assert load_settings(place / "data" / "list.csv").root == "clips"
        (place / "data" / "dsaudit.toml").write_text("root = '../..'\n")
        assert load_settings(place / "data" / "list.csv").root is None


def test_no_code_beside_the_data_is_run(tmp_path):
    for name in ("loader", "json", "numpy", "pandas", "typer", "multiprocessing", "dsaudit_plugin"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('{name}.py beside the data was run')")
    (tmp_path / "dsaudit.toml").write_text("encoder = 'loader:embed'\n")
    (tmp_path / "list.csv").write_text("text,label\nyes,yes\nno,no\n")
    environment = os.environ | {"PYTHONPATH": str(Path(dsaudit.__file__).parents[1])}
    command = [sys.executable, "-m", "dsaudit", "audit", "list.csv", "--select", "FIL", "--fail-on", "never"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "its encoder is ignored" in done.stderr
