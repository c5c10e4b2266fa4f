from __future__ import annotations

import pytest

from dsaudit import catalogue
from dsaudit.errors import UsageError
from dsaudit.rule import parse_doc, rule

RULES = catalogue.rules()


def codes(**kwargs):
    return {r.code for r in catalogue.choose(RULES, **kwargs)}


def test_no_selection_means_all():
    assert codes() == {r.code for r in RULES}


def test_prefixes_names_and_codes():
    assert codes(select=["DUP"]) == {"DUP001", "DUP002", "DUP003", "DUP004", "DUP005"}
    assert codes(select=["quiet-clip"]) == codes(select=["AUD002"]) == codes(select=["aud002"]) == {"AUD002"}
    assert codes(select=["DUP"], ignore=["DUP002"]) == {"DUP001", "DUP003", "DUP004", "DUP005"}


def test_the_more_specific_entry_wins():
    assert codes(select=["DUP002"], ignore=["DUP"]) == {"DUP002"}
    assert "AUD002" not in codes(ignore=["AUD"])
    assert codes(select=["AUD", "AUD002"], ignore=["AUD0"]) == {"AUD002"}


def test_unknown_entries_are_refused_with_the_nearest_name():
    with pytest.raises(UsageError, match="no rule is called 'quite-clip'") as caught:
        codes(select=["quite-clip"])
    assert caught.value.hint == "did you mean quiet-clip?"
    with pytest.raises(UsageError):
        catalogue.find("AUD")


def test_a_page_has_every_section():
    page = catalogue.page(catalogue.find("quiet-clip"))
    for text in ("AUD002 quiet-clip", "What it does", "min_dbfs = -", "References"):
        assert text in page


def test_a_plugin_adds_its_rules(monkeypatch, tmp_path):
    import sys
    from importlib.metadata import EntryPoint

    doc = "\\n\\n".join(f"{h}\\n----\\nx" for h in ("What it does", "Why is this bad?"))
    (tmp_path / "plugged.py").write_text(
        "from dsaudit.rule import rule\n"
        f"def mine(items):\n    ...\nmine.__doc__ = 'Sum.\\n\\n{doc}'\n"
        "mine = rule('XYZ001', message='m', since='1.0.0')(mine)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    point = EntryPoint("mine", "plugged", "dsaudit.checks")
    monkeypatch.setattr(catalogue, "entry_points", lambda group: [point])
    assert "XYZ001" in {r.code for r in catalogue.rules()}
    catalogue._found.cache_clear()
    monkeypatch.setattr(catalogue, "entry_points", lambda group: [EntryPoint("bad", "no_such_module", group)])
    with pytest.raises(UsageError, match="plugin 'bad'"):
        catalogue.rules()
    sys.modules.pop("plugged", None)


@pytest.mark.parametrize("code", ["AUD1", "aud001", "AUDX01"])
def test_codes_have_one_form(code):
    with pytest.raises(TypeError):
        rule(code, message="", since="0.1.0")


def test_parse_doc():
    summary, sections = parse_doc("One line.\n\nA\n---\ntext\nmore\n\nB\n----\nx")
    assert summary == "One line."
    assert sections == {"A": "text\nmore", "B": "x"}
