"""Recall per planted fault of texts, false alarms on untouched ones, and time.

    python -m tests.benchmarks.bench_text_defects [--data ../shared/data] [--prose DIR] [--texts 4000] [--seed 1]

Thresholds were chosen on banking77's training part; clinc150, banking77's test part and prose (paragraphs of licences
below ``--prose``, site-packages where none is given, and of the documentation of Python's modules) are reported. Each
fault is planted alone into 2 % of a set of ``--texts`` untouched texts. Cuts are planted into texts joined of several,
in one source of two, since a limit shows where many texts reach it.
"""

from __future__ import annotations

import argparse
import ast
import base64
import html
import random
import re
import resource
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from dsaudit import catalogue
from dsaudit.dataset.inline import inline_uri
from dsaudit.errors import ItemError
from dsaudit.media import media_for

TARGET, MOST_FALSE = 0.95, 0.01
ACCENTS = (" It’s – as I said – “fine”.", " See you at the café, señor!", " Grüße aus Köln!", " That’s 5 € more.")
FOREIGN = {
    "German": ("Können Sie mir bitte sagen, wann meine Karte ankommt?", "Das Geld ist noch nicht auf meinem Konto."),
    "French": (
        "Pourquoi ma carte a-t-elle été refusée au magasin ?",
        "Je voudrais changer mon adresse s'il vous plaît.",
    ),
    "Spanish": ("¿Por qué no funciona mi tarjeta en el cajero?", "Quiero saber cuándo llega mi pedido nuevo."),
    "Italian": ("Perché la mia carta non funziona più al negozio?", "Vorrei sapere quando arriva il mio ordine."),
    "Portuguese": ("Por que o meu cartão não funciona no caixa?", "Quero saber quando chega a minha encomenda."),
    "Dutch": ("Waarom werkt mijn kaart niet meer in de winkel?", "Ik wil graag weten wanneer mijn bestelling komt."),
    "Polish": ("Dlaczego moja karta nie działa w sklepie?", "Chciałbym wiedzieć, kiedy przyjdzie moja paczka."),
    "Swedish": ("Varför fungerar inte mitt kort i butiken längre?", "Jag vill veta när min beställning kommer fram."),
    "Turkish": ("Kartım neden mağazada artık çalışmıyor acaba?", "Siparişimin ne zaman geleceğini öğrenmek istiyorum."),
    "Russian": ("Почему моя карта больше не работает в магазине?", "Я хочу знать, когда придёт мой новый заказ."),
}
ROW = "qwertyuiopasdfghjklzxcvbnm"


def misread(text: str, rng: random.Random) -> str:
    text += rng.choice(ACCENTS)
    once = text.encode().decode("cp1252", "replace")
    kinds: list[Callable[[], str]] = [
        lambda: once,
        lambda: once.encode().decode("cp1252", "replace"),
        lambda: f"{text} “So.”".encode("cp1252", "replace").decode("latin-1"),
        lambda: text.encode("mac_roman", "replace").decode("cp1252", "replace"),
        lambda: text.encode("cp1252", "replace").decode("mac_roman"),
        lambda: text.encode().decode("mac_roman"),
        lambda: "".join("\ufffd" if ord(c) > 127 else c for c in text),
    ]
    return rng.choice(kinds)()


def keys(text: str, rng: random.Random) -> str:
    return "".join(" " if c == " " else rng.choice(ROW) for c in text)


def shuffled(text: str, rng: random.Random) -> str:
    return " ".join("".join(rng.sample(word, len(word))) for word in text.split(" "))


def binary(text: str, rng: random.Random) -> str:
    data = bytes(rng.randrange(256) for _ in range(len(text)))
    wrong = "".join(rng.choice((c.upper(), c.lower())) for c in text)
    return rng.choice([wrong, base64.b64encode(data).decode()[: len(text)], data.decode("latin-1").strip(), data.hex()])


def marked(text: str, rng: random.Random) -> str:
    kinds = [
        lambda: f"<p>{text}<br/></p>",
        lambda: f'{text} <a href="https://example.org/x">more</a>',
        lambda: text.replace(" ", "&nbsp;", 2),
        lambda: html.escape(f'{text} & "so on"'),
        lambda: html.escape(html.escape(f"{text} & so on")),
        lambda: html.escape(f'{text} & "so on"').replace("&", " "),
        lambda: f"**Ticket** {text}",
        lambda: f"{text} [more](https://example.org/x)",
    ]
    return rng.choice(kinds)()


def foreign(text: str, rng: random.Random) -> str:
    return rng.choice(rng.choice(list(FOREIGN.values())))


PLANTED: dict[str, tuple[str, Callable[[str, random.Random], str]]] = {
    "mojibake": ("mojibake", misread),
    "garbage: keys": ("garbled", keys),
    "garbage: shuffled": ("garbled", shuffled),
    "garbage: case, binary": ("garbled", binary),
    "other language": ("wrong-language", foreign),
    "markup": ("markup", marked),
}


def flags(texts: list[str], names: set[str], sources: list[str] | None = None) -> tuple[pd.DataFrame, float]:
    """Which texts each rule flags, and the processor seconds it took."""
    began, media = time.process_time(), media_for("text")
    uris = [inline_uri(text) for text in texts]
    rows = []
    for uri in uris:
        try:
            rows.append({"status": "ok"} | media.measure(Path(uri)))
        except ItemError as error:
            rows.append({"status": error.status})
    measured = pd.DataFrame(rows)
    ok = measured["status"].eq("ok").to_numpy()
    items = pd.DataFrame({"uri": uris, "label": None, "group": sources}, dtype=object)
    survey = media.survey([text for text, fine in zip(texts, ok, strict=True) if fine], items[ok])
    tables = {"items": items, "measurements": measured, "survey": survey}
    found = {}
    for rule in catalogue.rules():
        if rule.name in names:
            table = rule.run(*(tables[need] for need in rule.needs))
            found[rule.name] = table["flagged"].astype(bool).reindex(items.index, fill_value=False)
    return pd.DataFrame(found), time.process_time() - began


def prose(root: Path) -> list[str]:
    """Paragraphs of licences below a folder, and of the documentation of Python's own modules."""
    whole = []
    for path in sorted(p for p in root.glob("*.dist-info/**/*") if p.name.upper().startswith("LICEN")):
        if path.is_file():
            whole.append(path.read_text(errors="ignore"))
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        tree = ast.parse(path.read_text(errors="ignore"))
        kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
        whole += [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, kinds)]
    found = []
    for part in (part for text in whole for part in re.split(r"\n\s*\n", text)):
        text = " ".join(part.split())
        words = sum(word.strip(".,;:()\"'").isalpha() for word in text.split())
        # sentences: no code, no tables
        if 40 <= len(text) <= 1500 and words >= 0.8 * len(text.split()) >= 6 and text[-1] in ".:;!?":
            found.append(text)
    return [*dict.fromkeys(found)]


def columns_of(path: Path) -> list[str]:
    table = pd.read_csv(path, keep_default_na=False)
    return [*dict.fromkeys(table[max(table.columns, key=lambda name: table[name].nunique())])]


def report(name: str, texts: list[str], seed: int) -> None:
    rules = {rule for rule, _ in PLANTED.values()} | {"cut-text"}
    plain, cpu_s = flags(texts, rules)
    print(f"{name}: {len(texts):,} texts, {cpu_s / len(texts) * 1e6:.0f} CPU µs each")
    for fault, (rule, plant) in PLANTED.items():
        rng = random.Random(seed)
        long = [k for k, text in enumerate(texts) if sum(map(str.isalpha, text)) >= 20 and not plain[rule][k]]
        rows = rng.sample(long, min(len(long), max(40, len(texts) // 50)))
        broken = list(texts)
        for k in rows:
            broken[k] = plant(texts[k], rng)
        rows = [k for k in rows if broken[k] != texts[k]]
        found = flags(broken, {rule})[0][rule]
        said(fault, float(found[rows].mean()), float(found.drop(rows).mean()), len(rows))
    rng = random.Random(seed)
    joined = [" ".join(rng.sample(texts, rng.randrange(1, 8))) for _ in range(len(texts) // 2)]
    limit = int(np.quantile([len(text) for text in joined], 0.85))
    source = [rng.choice(["old", "new", "new"]) for _ in joined]
    cut = [k for k, text in enumerate(joined) if source[k] == "old" and len(text) > limit + 1]
    broken = [text[:limit].rstrip() if source[k] == "old" else text for k, text in enumerate(joined)]
    found, whole = (flags(some, {"cut-text"}, source)[0]["cut-text"] for some in (broken, joined))
    said("cut at a limit", float(found[cut].mean()), float(max(found.drop(cut).mean(), whole.mean())), len(cut))


def said(fault: str, recall: float, false: float, n: int) -> None:
    short = "" if recall >= TARGET and false <= MOST_FALSE else "  short"
    print(f"  {fault:24} recall {recall:.3f} of {n:4}   false {false:.4f}{short}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--prose", type=Path, default=Path(sysconfig.get_paths()["purelib"]))
    parser.add_argument("--texts", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    sets = {
        "banking77, training part (seen)": columns_of(args.data / "banking77" / "train.csv"),
        "banking77, test part": columns_of(args.data / "banking77" / "test.csv"),
        "clinc150": columns_of(args.data / "clinc150" / "labels.csv"),
        "prose": prose(args.prose),
    }
    for name, texts in sets.items():
        rng = random.Random(args.seed)
        report(name, rng.sample(texts, min(len(texts), args.texts)), args.seed)
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB at most")


if __name__ == "__main__":
    main()
