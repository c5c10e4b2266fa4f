from __future__ import annotations

import subprocess
import sys

import pytest

from dsaudit.errors import ConfigError, UsageError
from dsaudit.kind import Appearance, Column, Kind, named
from dsaudit.media import kind_for, kinds, media_for
from dsaudit.store.schema.shape import typed

each_kind = pytest.mark.parametrize("kind", kinds(), ids=lambda k: k.name)


def plugin(root, module: str, source: str) -> None:
    (root / f"{module}.py").write_text(source)
    info = root / f"{module}-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(f"[dsaudit.kinds]\n{module} = {module}:KIND\n")


def test_finding_the_kinds_imports_nothing_heavy():
    code = "import dsaudit.media as m, sys; m.kinds(); print(*{n.split('.')[0] for n in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "pandas", "torch", "soundfile", "PIL", "scipy"} & set(done.stdout.split())


@each_kind
def test_a_kind_names_what_exists(kind):
    media = media_for(kind.name)
    assert media.modality == kind.name
    for name, place in kind.encoders.items():
        assert named(place).name == name.partition(":")[0]
    if kind.tuning:
        tuning = named(kind.tuning)
        assert set(tuning.encoders) <= set(kind.encoders)
        assert set(tuning.recipe.qualities) == {"standard", "best"}


@each_kind
def test_columns_are_declared_once_and_refer_to_columns(kind):
    names = [c.name for c in kind.columns]
    assert len(set(names)) == len(names)
    for column in kind.columns:
        assert not column.where or column.where in names
        assert not column.ratio or column.ratio[1] in names
        assert not column.ratio or column.shortcut, "a ratio is worked out for shortcuts alone"


@each_kind
def test_what_people_see_survives_the_run_folder(kind):
    assert typed(Appearance, kind.appearance) == kind.appearance
    assert kind.appearance.column(kind.columns[0].name) == kind.columns[0]


def test_columns_that_identify_an_item_are_no_cause():
    kind = Kind("smells", columns=(Column("strength_share", cause=False),))
    assert not kind.column("content_hash").cause
    assert not kind.column("strength_share").cause
    assert kind.column("measured_by_a_rule").cause


def test_an_unknown_kind_is_told_which_are_known():
    with pytest.raises(UsageError, match="no such modality: 'smells'") as caught:
        media_for("smells")
    assert all(kind.name in caught.value.hint for kind in kinds())


def test_a_plugin_brings_a_kind(tmp_path, monkeypatch):
    plugin(tmp_path, "dsaudit_scents", "from dsaudit.kind import Kind\nKIND = Kind('smells', rank=7)\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert kind_for("smells").rank == 7
    monkeypatch.undo()
    with pytest.raises(UsageError):
        kind_for("smells")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import no_such_module_at_all", "cannot be loaded: No module named"),
        ("KIND = 7", "cannot be loaded: 7"),
        ("from dsaudit.kind import Kind\nKIND = Kind('audio')", "two kinds of data are called audio"),
    ],
)
def test_a_broken_plugin_is_named(tmp_path, monkeypatch, source, said):
    plugin(tmp_path, "dsaudit_broken", source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "dsaudit_broken", raising=False)
    with pytest.raises(ConfigError, match=said):
        kinds()
