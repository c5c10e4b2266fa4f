"""Manifests as people have them: what is in the file, and what is right."""

from __future__ import annotations

import gzip
import json

ROWS = [("a.wav", "dog"), ("b.wav", "cat"), ("c.wav", "dog"), ("d.wav", "cat")]
LABELS = dict(ROWS)
CSV = "path,label\n" + "".join(f"{p},{w}\n" for p, w in ROWS)
SHORT = {p[0]: w for p, w in ROWS}
OBJECTS = [{"path": p, "label": w} for p, w in ROWS]
LONG = [(f"{k:02d}.wav", f"say {k}") for k in range(20)]


def table(rows, *, head="path,label", d=",", end="\n"):
    return end.join([head, *(d.join(map(str, row)) for row in rows)]) + end


def texts(rows, *, d="\t"):
    return table(rows, head=d.join(("path", "label")), d=d)


def changed(**labels):
    return {**dict(LONG), **{f"{k[1:]}.wav": w for k, w in labels.items()}}


WRITTEN: dict[str, tuple[str, str | bytes, dict[str, str | None], str]] = {
    "line ends of an old Mac": ("m.csv", CSV.replace("\n", "\r"), LABELS, ""),
    "line ends of three systems": ("m.csv", CSV.replace("\n", "\r", 1).replace("\n", "\r\n", 1), LABELS, ""),
    "bare commas": ("m.csv", CSV + ",\n,\n", LABELS, "they hold no cell: 2 lines (6, 7)"),
    "bare commas and a comma at the end": (
        "m.csv",
        "path,label,\n" + "".join(f"{p},{w},\n" for p, w in ROWS) + ",,\n",
        LABELS,
        "they hold no cell: 1 line (6)",
    ),
    "sep=;": ("m.csv", "sep=;\n" + CSV.replace(",", ";"), LABELS, ""),
    "sep=; after a mark": ("m.csv", ("sep=;\n" + CSV.replace(",", ";")).encode("utf-8-sig"), LABELS, ""),
    "sep= in UTF-16": ("m.csv", ("sep=\t\r\n" + CSV.replace(",", "\t")).encode("utf-16"), LABELS, ""),
    "UTF-16 with tabs": ("m.csv", CSV.replace(",", "\t").encode("utf-16"), LABELS, ""),
    "blanks after commas": ("m.csv", CSV.replace(",", ", "), LABELS, "blanks beside the delimiters"),
    "blanks around bars": ("m.txt.csv", CSV.replace(",", " | ").replace("\n", " \n"), LABELS, "blanks beside"),
    "quotes after blanks": ("m.csv", table((p, f' "{w}"') for p, w in ROWS), LABELS, ""),
    "blanks after quotes": ("m.csv", table((f'"{p}" ', f' "{w}" ') for p, w in ROWS), LABELS, ""),
    "comment lines": (
        "m.csv",
        "# made by hand\n" + CSV.replace("c.wav", "# and so on\nc.wav"),
        LABELS,
        "they are comments: 1 line (5)",
    ),
    "the names in a comment": ("m.csv", "# made by hand\n# " + CSV, LABELS, ""),
    "a hash in a path": ("m.csv", CSV.replace("b.wav", "#b.wav"), {**LABELS, "#b.wav": "cat"} | {"b.wav": None}, ""),
    "a title": ("m.csv", "Animals 2021\n\n" + CSV, LABELS, "passed over 1 line above the column names"),
    "bars": ("m.csv", CSV.replace(",", "|"), LABELS, ""),
    "semicolons and decimal commas": (
        "m.csv",
        table(((p, "1,5", w) for p, w in ROWS), head="path;score;label", d=";"),
        LABELS,
        "",
    ),
    "the names again": ("m.csv", CSV.replace("c.wav", "path,label\nc.wav"), LABELS, "repeat the column names: 1 line"),
    "an index without a name": ("m.csv", table(((k, *r) for k, r in enumerate(ROWS)), head=",path,label"), LABELS, ""),
    "an index left out of the names": ("m.csv", table((k, *r) for k, r in enumerate(ROWS, 1)), LABELS, "has no name"),
    "one column twice": (
        "m.csv",
        table(((*r, r[1]) for r in ROWS), head="path,label,label"),
        LABELS,
        "2 columns 'label'",
    ),
    "no names": ("m.csv", CSV.split("\n", 1)[1], LABELS, "column 1 is read as the path"),
    "no names, other order": (
        "m.tsv",
        "".join(f"{w}\t{p}\n" for p, w in ROWS),
        LABELS,
        "column 1 is read as the label",
    ),
    "no names, no suffixes": ("m.csv", "".join(f"{p}|{w}\n" for p, w in SHORT.items()), SHORT, "column 2 is read"),
    "blanks between": ("m.txt", "".join(f"{p} {w}\n" for p, w in ROWS), LABELS, "column 1 is read as the path"),
    "a table of Markdown": (
        "m.txt",
        "| path | label |\n|---|---|\n" + "".join(f"| {p} | {w} |\n" for p, w in ROWS),
        LABELS,
        "",
    ),
    "a null character": (
        "m.tsv",
        texts(LONG).replace("say 7", "say\0 7"),
        dict(LONG),
        "1 null character of m.tsv left out",
    ),
    "the names in the only comment": ("m.csv", "# " + CSV, LABELS, ""),
    "an index called #": ("m.csv", table(((k, *r) for k, r in enumerate(ROWS)), head="#,path,label"), LABELS, ""),
    "two files with a mark each": (
        "m.csv",
        "\ufeff" + table(ROWS[:2]) + "\ufeff" + table(ROWS[2:]),
        LABELS,
        "repeat the column names: 1 line (4)",
    ),
    "UTF-16 without a mark": ("m.csv", CSV.encode("utf-16-le"), LABELS, ""),
    "quotes after a backslash": (
        "m.csv",
        texts([*LONG[:3], ("03.wav", '"so, \\"he\\" said"'), *LONG[4:]], d=","),
        changed(_03='so, "he" said'),
        "",
    ),
    "the names in the last comment": (
        "m.csv",
        "# n=4\n# seen, path, word\n" + "".join(f"0, {p}, {w}\n" for p, w in ROWS),
        LABELS,
        "column 'word' is read as the label",
    ),
    "objects one after the other": ("m.json", "\n".join(json.dumps(o, indent=1) for o in OBJECTS), LABELS, ""),
    "comments between objects": ("m.jsonl", "# so\n" + "\n".join(map(json.dumps, OBJECTS)), LABELS, ""),
    "paths by label": ("m.json", json.dumps({"dog": ["a.wav", "c.wav"], "cat": ["b.wav", "d.wav"]}), LABELS, ""),
    "packed": ("m.csv.gz", gzip.compress(CSV.encode(), mtime=0), LABELS, ""),
    "packed lines": ("m.jsonl.gz", gzip.compress("\n".join(map(json.dumps, OBJECTS)).encode(), mtime=0), LABELS, ""),
    "lines called .json": ("m.json", "\n".join(map(json.dumps, OBJECTS)), LABELS, ""),
    "an array": ("m.json", json.dumps(OBJECTS), LABELS, ""),
    "an array over lines, called .jsonl": ("m.jsonl", json.dumps(OBJECTS, indent=2), LABELS, ""),
    "columns of a data frame": (
        "m.json",
        json.dumps({"path": dict(enumerate(LABELS)), "label": dict(enumerate(LABELS.values()))}),
        LABELS,
        "",
    ),
    "rows by file": (
        "m.json",
        json.dumps({p: {"label": w, **({"original": "a.wav"} if k else {})} for k, (p, w) in enumerate(ROWS)}),
        LABELS,
        "",
    ),
    "rows by name of the file": ("m.json", json.dumps({p[0]: {"label": w, "pitch": 3} for p, w in ROWS}), SHORT, ""),
    "rows by id": (
        "m.json",
        json.dumps({f"u{k}": {"wav": "{root}/" + p, "command": w} for k, (p, w) in enumerate(ROWS)}),
        {f"u{k}": w for k, (_, w) in enumerate(ROWS)},
        "",
    ),
    "rows by number": (
        "m.json",
        json.dumps({k: {"path": p, "label": w} for k, (p, w) in enumerate(ROWS)}),
        {str(k): w for k, (_, w) in enumerate(ROWS)},
        "",
    ),
    "columns by row": (
        "m.json",
        json.dumps(
            {"path": {str(k): p for k, (p, _) in enumerate(ROWS)}, "label": dict(enumerate(w for _, w in ROWS))}
        ),
        LABELS,
        "",
    ),
    "columns and data": ("m.json", json.dumps({"columns": ["path", "label"], "data": ROWS}), LABELS, ""),
    "lists by column": ("m.json", json.dumps({"path": list(LABELS), "label": list(LABELS.values())}), LABELS, ""),
    "an array inside": ("m.json", json.dumps({"version": 1, "items": OBJECTS}, indent=1), LABELS, ""),
    "labels by path": ("m.json", json.dumps(LABELS), LABELS, ""),
    "some lines in Windows-1252": (
        "m.csv",
        "path,label\na.wav,été\n".encode() + "b.wav,été\nc.wav,“so”\n".encode("cp1252") + "d.wav,“so”\n".encode(),
        {"a.wav": "été", "b.wav": "été", "c.wav": "“so”", "d.wav": "“so”"},
        "read as Windows-1252, for they are not UTF-8: 2 lines (3, 4) of m.csv",
    ),
    "all of it in Windows-1252": (
        "m.csv",
        CSV.replace("dog", "château").encode("cp1252"),
        {p: w.replace("dog", "château") for p, w in ROWS},
        "2 lines (2, 4)",
    ),
    "a lone quote that opens": (
        "m.tsv",
        texts([*LONG[:3], ("03.wav", '"so'), *LONG[4:]]),
        changed(_03='"so'),
        "without quoting",
    ),
    "two lone quotes that would join rows": (
        "m.tsv",
        texts([*LONG[:3], ("03.wav", '"so'), *LONG[4:9], ("09.wav", '12"'), *LONG[10:]]),
        changed(_03='"so', _09='12"'),
        "without quoting",
    ),
    "two that would join rows between commas": (
        "m.csv",
        texts([*LONG[:3], ("03.wav", '"so'), *LONG[4:9], ("09.wav", '12"'), *LONG[10:]], d=","),
        changed(_03='"so', _09='12"'),
        "without quoting",
    ),
    "a quoted word and more": (
        "m.tsv",
        texts([*LONG[:3], ("03.wav", '"so" he'), *LONG[4:]]),
        changed(_03='"so" he'),
        "",
    ),
    "a lone quote where others enclose": (
        "m.csv",
        texts([*LONG[:3], ("03.wav", '"so'), *((p, f'"{w}, {w}"') for p, w in LONG[4:])], d=","),
        {p: f"{w}, {w}" for p, w in LONG} | dict(LONG[:3]) | {"03.wav": '"so'},
        "is part of the cell: 1 line (5)",
    ),
    "cells over lines": (
        "m.csv",
        texts([*LONG[:3], ("03.wav", '"so\nmany, many\n\nlines"'), *LONG[4:]], d=","),
        changed(_03="so\nmany, many\n\nlines"),
        "run over several lines within double quotes: 1 line (5)",
    ),
    "one row too wide": ("m.tsv", texts([*LONG, ("20.wav", "a", "b")]), dict(LONG), "left out, because they have more"),
    "one row too short": ("m.csv", texts([*LONG, ("20.wav",)], d=","), dict(LONG), "fewer cells than 2: 1 line (22)"),
}
"""By what is odd about them: name, content, label by path, and a note that says so."""
