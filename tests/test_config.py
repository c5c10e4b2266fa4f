from __future__ import annotations

import pytest

from dsaudit.config import load_settings
from dsaudit.errors import ConfigError


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
    ["postgresql://ana:secret@host/db", "postgresql://ana:se/cr@et:secret@host:5432/db", "see postgresql://:secret@h"],
)
def test_passwords_are_never_written_down(address):
    from dsaudit.config import shown

    assert "secret" not in shown(address)
    described = load_settings(None, flags={"ledger": address}).described()
    assert "secret" not in str(described)
    assert shown("/data/a@b:c.sqlite") == "/data/a@b:c.sqlite"
