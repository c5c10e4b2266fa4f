"""Start-up is a feature: what importing the package may and may not pull in."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "numpy",
    "pandas",
    "torch",
    "scipy",
    "sklearn",
    "plotly",
    "librosa",
    "soundfile",
    "fastapi",
    "jinja2",
    "rich",
    "umap",
}


def imported_by(code: str) -> set[str]:
    script = f"{code}\nimport sys, json; print(json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("code", ["import dsaudit", "import dsaudit.cli", "import dsaudit.rule, dsaudit.types"])
def test_imports_nothing_heavy(code):
    assert not imported_by(code) & HEAVY


def test_help_pulls_in_nothing_heavy():
    assert not imported_by("import dsaudit.cli\nassert dsaudit.cli.run(['--help']) == 0") & HEAVY


def test_public_names_resolve():
    import dsaudit

    for name in dsaudit.__all__:
        assert getattr(dsaudit, name) is not None
    assert set(dir(dsaudit)) == set(dsaudit.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        dsaudit.nonsense  # noqa: B018


def test_python_m_dsaudit_is_the_command():
    done = subprocess.run([sys.executable, "-m", "dsaudit", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("dsaudit 0.")
