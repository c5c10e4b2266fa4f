"""Options that are made from declarations: those of settings, and those of a kind of data's repairs."""

from __future__ import annotations

import re

import pytest
from fabric import write_dataset
from media.test_kinds import plugin

from dsaudit.cli import COMMANDS, GROUPS, run
from dsaudit.cli.options import read_entries
from dsaudit.errors import UsageError
from dsaudit.settings import SETTINGS, Setting

KNOWN = [[name] for name in COMMANDS] + [[group, name] for group, (_, names) in GROUPS.items() for name in names]


def help_of(command, capsys):
    assert run([*command, "--help"]) == 0
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("command", KNOWN, ids=" ".join)
def test_a_command_offers_the_settings_that_are_declared_for_it(command, capsys):
    text = help_of(command, capsys)
    for setting in SETTINGS.values():
        if setting.also:
            text = text.replace(f"{setting.option}, {setting.also}", setting.option)
    offered = {s.option for s in SETTINGS.values() if command[-1] in s.takers}
    assert offered == {s.option for s in SETTINGS.values() if f" {s.option} " in text} - own(command)
    for setting in SETTINGS.values():
        if setting.option in offered:
            words = re.split(r"[{-]", setting.help)[0]  # a line may end at a dash
            assert f"{setting.option} {setting.metavar}".strip() in text
            assert " ".join(words.split()) in text
            assert not setting.preset or f"[{setting.preset}]" in text


def own(command):
    """Flags of a command that are called as a setting and are none."""
    known = {"ledger verify": {"--head"}, "ledger log": {"--limit"}}
    known["gallery check"] = {"--device", "--pred-probs"}
    known |= {name: {"--budget"} for name in ("relabel", "export", "next")}
    return known.get(" ".join(command), set())


def test_every_setting_is_offered_somewhere():
    for setting in SETTINGS.values():
        assert setting.commands.split()
        assert set(setting.commands.split()) <= {*COMMANDS, *(name for _, names in GROUPS.values() for name in names)}


def test_a_new_setting_is_one_declaration(capsys, monkeypatch):
    monkeypatch.setitem(SETTINGS, "hue", Setting("How warm.", "train", 5, "K", name="hue", type=int, between=(1, 9)))
    assert "--hue K How warm. [5]" in help_of(["train"], capsys)
    assert "--hue" not in help_of(["audit"], capsys)
    assert run(["train", "nowhere", "--hue", "10"]) == 2
    assert "hue = 10 (flag): expected a whole number from 1 to 9" in capsys.readouterr().err
    monkeypatch.setenv("DSAUDIT_HUE", "x")
    assert run(["train", "nowhere"]) == 2
    assert "hue = 'x' (environment DSAUDIT_HUE): expected a whole number" in capsys.readouterr().err


def test_entries_of_tables():
    assert read_entries(SETTINGS["training"], ["optimizer=sgd", " epochs = 12"]) == {"optimizer": "sgd", "epochs": 12}
    rules = read_entries(SETTINGS["rules"], ["quiet-clip.min_dbfs=-50", "quiet-clip.x=[1]", "AUD.y=no"])
    assert rules == {"quiet-clip": {"min_dbfs": -50, "x": [1]}, "AUD": {"y": "no"}}


@pytest.mark.parametrize(
    ("name", "entry", "said"),
    [
        ("training", "epochs", "--training 'epochs' is not NAME=VALUE"),
        ("training", " =3", "is not NAME=VALUE"),
        ("rules", "min_dbfs=-50", "--set 'min_dbfs=-50' is not RULE.OPTION=VALUE"),
        ("rules", ".min_dbfs=-50", "is not RULE.OPTION=VALUE"),
        ("rules", "quiet-clip.=-50", "is not RULE.OPTION=VALUE"),
    ],
)
def test_what_is_no_entry_is_refused_with_an_example(name, entry, said):
    with pytest.raises(UsageError, match=re.escape(said)) as refused:
        read_entries(SETTINGS[name], [entry])
    assert refused.value.hint.startswith("as in: --")


@pytest.fixture
def smells(tmp_path, monkeypatch):
    """A kind of data whose repairs have one option of their own, and one that recordings have, too."""
    options = "RepairOption('air_s', float, 'Repair: let air at it.', 'S'), RepairOption('pad_ms', float, '')"
    kind = f"Kind('smell', Nouns('smell', 'smells'), suffixes=frozenset({{'.smell'}}), repairs=({options}))"
    plugin(tmp_path, "dsaudit_smells", f"from dsaudit.kind import Kind, Nouns, RepairOption\nKIND = {kind}\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    monkeypatch.undo()


def test_repairs_of_every_kind_are_offered_under_its_name(smells, capsys):
    text = help_of(["apply"], capsys)
    assert re.search(r"Repairs of clips: --loudest-ms MS Repair: .* Repairs of smells: --air-s S Repair: let air", text)
    assert "--pad-ms MS Silence left at each end by --trim-silence. [default: 100.0]" in text
    assert text.count("--pad-ms MS") == 1


def test_a_repair_of_another_kind_is_refused_in_one_line(smells, capsys):
    write_dataset(smells / "words")
    assert run(["apply", str(smells / "words"), "--air-s", "3", "--tree", str(smells / "t")]) == 2
    assert capsys.readouterr().err == (
        "dsaudit: --air-s repairs smells, and these are clips\n"
        "  hint: for clips there are: --loudest-ms, --trim-silence, --pad-ms, --gain-to, --gain-of\n"
    )


def test_kinds_and_encoders_are_named_as_they_are_installed(smells, capsys):
    text = help_of(["audit"], capsys)
    kinds = re.search(r"What the items are: ([^.]*)\.", text)[1]
    assert set(re.split(", | or ", kinds)) == {"audio", "image", "table", "text", "smell"}
    encoders = re.search(r"Who embeds: (.*?) or none\.", text)[1].replace("- ", "-")
    assert encoders == (
        "speech, log-mel, efficientnet-lite0, hog, timm:NAME, sentence-transformers:NAME, columns, minilm, static, "
        "tfidf, a folder of a model, module:callable"
    )


def test_a_kind_that_cannot_be_loaded_is_one_line(tmp_path, monkeypatch, capsys):
    plugin(tmp_path, "dsaudit_broken", "import no_such_module_at_all")
    monkeypatch.syspath_prepend(tmp_path)
    assert run(["rules"]) == 2
    error = capsys.readouterr().err
    assert "the plugin 'dsaudit_broken'" in error
    assert "Traceback" not in error
