"""What models are given of rows: nothing that names them, codes by how common a category is, numbers of any size."""

from __future__ import annotations

import numpy as np

from dsaudit.media.table.feature import MOST_CATEGORIES, Features
from dsaudit.media.table.vector import ColumnsEncoder

RNG = np.random.default_rng(0)


def rows(n=200):
    return [
        {
            "no": k,
            "age": [None, float(k % 7)][k % 5 > 0],
            "big": 2**40 + k * k + 0.5,
            "town": "Bern" if k % 3 else "Graz",
            "born": f"{1850 + k % 90}-01-31",
            "land": "CH",
            "odd": [1.0, float("inf"), -3.5, "?"][k % 4] if k % 4 == 3 else str([1.0, float("inf"), -3.5][k % 4]),
        }
        for k in range(n)
    ]


def test_features_are_codes_and_numbers():
    features = Features.of(rows())
    assert [one.column.name for one in features.every] == ["age", "big", "town", "born", "odd"]
    assert features.n_codes.tolist() == [0, 0, 3, 0, 0]
    made = features.apply(rows())
    assert np.isnan(made[:, 0]).mean() == 0.2
    assert len(np.unique(made[:, 1])) == 200, "float32 alone holds no two of these numbers apart"
    assert made[1, 2] == 1
    assert made[0, 2] == 2
    assert np.isfinite(made[:, 4]).sum() == 150, "infinities are beyond all others, and no number is none"
    assert features.apply([{"town": "Ulm"}])[0, 2] == 0


def test_of_many_categories_the_rare_share_a_code():
    told = Features.of([{"a": f"x{k % 600}{'y' * (k % 600)}"} for k in range(1800)])
    assert told.every[0].n_codes == MOST_CATEGORIES + 1


def test_vectors_do_not_depend_on_the_rows_beside_them():
    encoder = ColumnsEncoder()
    encoder.fit(rows())
    whole = encoder.encode(rows())
    assert np.isfinite(whole).all()
    assert whole.shape == (200, encoder.dim)
    assert (whole[17:19] == encoder.encode(rows()[17:19])).all()


def test_wide_tables_are_turned_onto_fewer_axes():
    wide = [dict(zip((f"c{k}" for k in range(600)), row, strict=True)) for row in RNG.normal(size=(30, 600)).tolist()]
    encoder = ColumnsEncoder()
    encoder.fit(wide)
    made = encoder.encode([*wide, wide[3]])
    assert made.shape == (31, 512)
    near = np.linalg.norm(made[:30] - made[30], axis=1)
    assert near.argmin() == 3
