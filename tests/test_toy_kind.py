"""A kind of data that nothing but this file knows, from its files to the proof that decisions helped.

Strands of DNA come as a plugin: a package with entry points for its kind and its check, on ``sys.path`` alone.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest
from relabel.screen.make_server import served

import dsaudit
from dsaudit.cli import run as command
from dsaudit.errors import UsageError
from dsaudit.media import kind_for, media_for
from dsaudit.report.emit.json import render_json
from dsaudit.report.emit.terminal import render_terminal
from dsaudit.store.run import Run

PLUGIN = {
    "dsaudit_strands/__init__.py": '''
        """Strands of DNA."""

        from dsaudit.kind import FILE_COLUMNS, Column, Kind, Nouns, RepairOption

        KIND = Kind(
            name="dna",
            nouns=Nouns("strand", "strands", "sequenced as", "inspect", "laid out"),
            columns=(
                *FILE_COLUMNS,
                Column("n_bases", "bases", low="are stubby", main=True, shortcut="trace", total=True),
                Column("gc_share", "share of G and C", low="melt early", high="melt late", main=True),
                Column("ambiguous_share", cause=False),
            ),
            suffixes=frozenset({".dna"}),
            manifest_columns=("strand_file",),
            rank=7,
            media="dsaudit_strands.strand:MEDIA",
            encoders={"codons": "dsaudit_strands.codons:CODONS"},
            default_encoder="codons",
            repairs=(RepairOption("keep_bases", int, "Repair: keep the first so many bases.", "N"),),
            page="dsaudit_strands",
            marks=("gc_share",),
            tag="Paragraphs",
        )
    ''',
    "dsaudit_strands/strand.py": '''
        """Reading and measuring strands."""

        import hashlib
        from dataclasses import dataclass
        from pathlib import Path

        from dsaudit.errors import EmptyItemError, UnreadableItemError
        from dsaudit.media.base import Preview
        from dsaudit.media.file import identify


        @dataclass(frozen=True)
        class Strands:
            modality: str = "dna"
            measure_version: str = "1"
            read_version: str = "1"

            def measure(self, path, extra=()):
                found, strand = identify(Path(path)), self.read(path)
                n = len(strand)
                return found | {
                    "n_bases": n,
                    "gc_share": sum(strand.count(base) for base in "GC") / n,
                    "ambiguous_share": strand.count("N") / n,
                    "sample_hash": hashlib.blake2b(strand.encode(), digest_size=16).hexdigest(),
                    "perceptual_hash": "",
                    **{one.name: float(one.fn(strand)) for one in extra},
                }

            def read(self, path):
                strand = "".join(Path(path).read_text().split()).upper()
                if not strand:
                    raise EmptyItemError("no bases")
                if set(strand) - set("ACGTN"):
                    raise UnreadableItemError(f"{Path(path).name}: no strand of DNA")
                return strand

            def preview(self, path, *, with_data=True):
                return Preview(mime="text/plain", data=self.read(path).encode(), thumbnail=b"")

            def repairs(self, options):
                return options.get("keep_bases")

            def repair(self, source, target, repairs):
                strand = self.read(source)
                if len(strand) <= repairs:
                    return Path(target), (), ()
                Path(target).write_text(strand[:repairs])
                return Path(target), (f"cut to {repairs} bases",), ()


        MEDIA = Strands()
    ''',
    "dsaudit_strands/page.js": """
        // A strand: its bases, and how much of it is G and C.
        import { h } from './dom.js';

        export const page = {
          mime: 'text/',
          note: 'The share of G and C stands above the bases.',
          view: (item) => h('div', { class: 'view strand' }, `${item.marks.gc_share}: ${item.words()}`),
        };
    """,
    "dsaudit_strands/page.css": """
        .strand { letter-spacing: 0.2em; }
    """,
    "dsaudit_strands/codons.py": '''
        """How often each codon occurs."""

        from itertools import product

        from dsaudit.model.encoder import EncoderSource

        CODONS = EncoderSource("codons", "dsaudit_strands.codons:Codons", version="1", dim=64, needs_torch=False)


        class Codons:
            name, version, dim, notes = "codons", "1", 64, ()

            def __init__(self, name="codons", *, device="auto"):
                self.known = {"".join(bases): k for k, bases in enumerate(product("ACGT", repeat=3))}

            def encode(self, strands):
                import numpy as np

                vectors = np.zeros((len(strands), 64), dtype=np.float32)
                for row, strand in zip(vectors, strands):
                    for at in range(0, len(strand) - 2, 3):
                        if (k := self.known.get(strand[at : at + 3])) is not None:
                            row[k] += 3 / len(strand)
                return vectors
    ''',
    "dsaudit_strands/checks/__init__.py": '''
        """Checks of strands."""
    ''',
    "dsaudit_strands/checks/inner_stop.py": '''
        """DNA001 inner-stop."""

        import pandas as pd

        from dsaudit.rule import measure, rule


        @measure("dna")
        def n_inner_stops(strand):
            return sum(strand[at : at + 3] in ("TAA", "TAG", "TGA") for at in range(0, len(strand) - 3, 3))


        @rule(
            "DNA001",
            message="{n_inner_stops:.0f} stop codons inside",
            headline=("{flagged} would break off", "{flagged} would break off"),
            since="0.1.0",
            modalities=("dna",),
            measures=(n_inner_stops,),
        )
        def inner_stop(measurements: pd.DataFrame, *, max_stops: int = 0) -> pd.DataFrame:
            """A stop codon lies inside the strand.

            What it does
            ------------
            Counts stop codons in the first reading frame.

            Why is this bad?
            ----------------
            What is translated from it breaks off.

            What to do
            ----------
            Sequence it again.

            Options
            -------
            max_stops : count, 0 up
                As many are borne.

            Limits
            ------
            Other frames are not looked at.

            References
            ----------
            None.
            """
            stops = measurements["n_inner_stops"].dropna()
            over = (stops - max_stops).clip(lower=0)
            return pd.DataFrame({"score": 1 / (1 + over), "flagged": over > 0, "n_inner_stops": stops})
    ''',
    "dsaudit_strands-0.1.dist-info/METADATA": """
        Metadata-Version: 2.1
        Name: dsaudit-strands
        Version: 0.1
    """,
    "dsaudit_strands-0.1.dist-info/entry_points.txt": """
        [dsaudit.kinds]
        dna = dsaudit_strands:KIND
        [dsaudit.checks]
        dna = dsaudit_strands.checks
    """,
}
CLASSES = {"helicase": ("GCC", "GGC", "CTG"), "kinase": ("AAA", "ATT", "GAA"), "ligase": ("TCT", "CAT", "GTA")}
PER_CLASS = 24
WRONG, STOPPED, BROKEN, COPY = "kinase/s03.dna", "ligase/s05.dna", "ligase/s06.dna", "helicase/s09.dna"


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def strand(own: tuple[str, ...], seed: int) -> str:
    rng = random.Random(seed)
    usual = ("ACC", "GTT", "CGA", "TTC", "AGC")
    return "".join(rng.choice(own if rng.random() < 0.5 else usual) for _ in range(rng.randrange(80, 120)))


def write_strands(root: Path) -> Path:
    for c, (label, own) in enumerate(CLASSES.items()):
        (root / label).mkdir(parents=True)
        for k in range(PER_CLASS):
            (root / label / f"s{k:02}.dna").write_text(strand(own, 100 * c + k))
    (root / WRONG).write_text(strand(CLASSES["helicase"], 999))
    (root / STOPPED).write_text((root / STOPPED).read_text()[:60] + "TAA" + (root / STOPPED).read_text()[60:])
    (root / BROKEN).write_text("neither bases nor anything else")
    shutil.copy(root / "helicase/s08.dna", root / COPY)
    return root


@contextmanager
def installed(where: Path):
    """The plugin as ``pip`` would leave it, for this process and for workers that start meanwhile."""
    from textwrap import dedent

    for name, text in PLUGIN.items():
        (where / name).parent.mkdir(parents=True, exist_ok=True)
        (where / name).write_text(dedent(text).strip() + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(where)
        yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "dsaudit_strands"]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    with installed(tmp_path_factory.mktemp("site")):
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_strands(tmp_path_factory.mktemp("toy") / "strands")


@pytest.fixture(scope="module")
def run(plugin, data):
    return dsaudit.audit(data, jobs=2)


def test_it_is_recognised_measured_embedded_and_judged(run):
    assert run.meta.modality == "dna"
    assert run.meta.notes[0] == "read as strands; --modality says otherwise"
    assert run.measurements.loc[STOPPED, "n_inner_stops"] == 1
    assert run.measurements.loc[BROKEN, "status"] == "unreadable"
    assert run.embeddings.shape == (3 * PER_CLASS - 1, 64)
    assert run.metrics.baseline.accuracy.value > 0.9
    found = {(f["code"], i) for f in run.findings.to_dict("records") for i in f["item_ids"]}
    assert {("DNA001", STOPPED), ("LBL001", WRONG), ("FIL001", BROKEN), ("DUP001", COPY)} <= found
    assert {code for code, _ in found if code[:3] in ("AUD", "IMG", "TXT")} == set()
    outcomes = {r.code: r.outcome for r in run.rules}
    assert outcomes["DNA001"] == "ran"
    assert not {code for code, outcome in outcomes.items() if outcome == "crashed"}
    assert run.metrics.classes[0].totals["n_bases"] > 1000


def test_reports_speak_its_words(run):
    page = run.report_path.read_text()
    for said in ("strands", "sequenced as", "share of G and C", "would break off", "Total"):
        assert said in page
    for own in ("The share of G and C stands above", ".strand { letter-spacing", '"gc_share":['):
        assert own in page
    assert "clip" not in render_terminal(run)
    assert "DNA001" in render_terminal(run)
    document = json.loads(render_json(run))
    assert document["dataset"]["modality"] == "dna"


def test_a_report_is_drawn_and_read_where_it_is_not_installed(run, monkeypatch):
    monkeypatch.setattr(sys, "path", [p for p in sys.path if not (Path(p) / "dsaudit_strands").is_dir()])
    with pytest.raises(UsageError, match="no such modality"):
        media_for("dna")
    there = Run.open(run.path)
    assert there.kind.nouns.some(2) == "2 strands"
    assert "strands" in render_terminal(there)
    dsaudit.render_report(there)
    assert "sequenced as" in there.report_path.read_text()


def test_decisions_from_the_screen_make_a_better_set(run, data, tmp_path):
    with served(run, data / ".dsaudit" / "ledger.sqlite") as screen, screen.client() as web:
        state = web.get("/api/state", params={"actor": "Ann"}).json()
        assert state["noun"] == ["strand", "strands"]
        assert "item.marks.gc_share" in web.get("/static/kind.js").text
        assert ".strand" in web.get("/static/kind.css").text
        cards = web.get("/api/queue", params={"actor": "Ann", "n": 50}).json()["cards"]
        card = next(c for c in cards if c["id"] == WRONG)
        assert card["suggestions"][0]["label"] == "helicase"
        stopped = next(c for c in cards if c["id"] == STOPPED)
        assert [f["code"] for f in stopped["faults"]] == ["DNA001"]
        assert web.get(f"/media/{card['k']}").text == media_for("dna").read(data / WRONG)
        said = {name: card[name] for name in ("k", "content_hash", "cause")}
        said |= {"action": "relabel", "label": "helicase", "note": None, "settles": False, "request_id": "1"}
        answer = web.post("/api/decide", json={"actor": "Ann", "decisions": [said]})
        assert answer.status_code == 200, answer.text
    done = dsaudit.apply(run, output=tmp_path / "strands.csv", tree=tmp_path / "tree", repairs={"keep_bases": 90})
    mended = tmp_path / "tree" / "helicase"
    assert len(list(mended.iterdir())) == PER_CLASS + 1
    assert {len(p.read_text()) for p in (tmp_path / "tree" / "kinase").iterdir()} == {90}
    assert done.manifest.read_text().count("helicase") >= PER_CLASS + 1
    again = dsaudit.audit(data, jobs=1, select=["LBL001"], report=False)
    assert again.items.loc[WRONG, "label"] == "helicase"
    found = dsaudit.compare(data)
    assert found.outcome in ("improved", "worse", "no significant change", "inconclusive")
    assert found.kind.nouns.many == "strands"


def test_other_tools_get_it(run, tmp_path):
    assert command(["export", str(run.path), "-o", str(tmp_path / "queue.csv"), "--all"]) == 0
    assert f"{STOPPED}," in (tmp_path / "queue.csv").read_text()
    assert command(["export", str(run.path), "--to", "label-studio", "-o", str(tmp_path / "t.json"), "--all"]) == 0
    tasks = json.loads((tmp_path / "t.json").read_text())
    assert all("dna" in task["data"] for task in tasks)
    tag = ElementTree.fromstring((tmp_path / "t.xml").read_text()).find("Paragraphs")
    assert tag.get("value") == "$dna"


def test_its_files_may_stand_in_a_column_of_its_own(plugin, data, tmp_path):
    rows = [f"{data / label / 's00.dna'},{label}" for label in CLASSES]
    (tmp_path / "m.csv").write_text("strand_file,label\n" + "\n".join(rows) + "\n")
    run = dsaudit.audit(tmp_path / "m.csv", select=["DNA"], report=False)
    assert (run.kind.name, len(run.items)) == ("dna", 3)


def test_nobody_else_knows_it(plugin):
    root = Path(__file__).parents[1]
    others = [p for folder in ("dsaudit", "tests") for p in (root / folder).rglob("*.py") if p != Path(__file__)]
    assert not [p for p in others if "dsaudit_strands" in p.read_text()]
    name = kind_for("dna").name
    assert not [
        p
        for p in (root / "dsaudit").rglob("*.*")
        if p.suffix not in (".pyc", ".npz", ".xz") and name in words(p.read_text())
    ]
