"""Against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom

from dsaudit.analysis.cause.hypergeometric import hypergeometric


@pytest.mark.parametrize(
    ("n_drawn", "n_marked", "n_items"),
    [
        (0, 0, 1),
        (3, 0, 5),
        (5, 5, 5),
        (4, 4, 6),
        (7, 30, 40),
        (35, 30, 40),
        (500, 900, 20_000),
        (8_000, 6_000, 18_000),
    ],
)
def test_chances_are_scipys(n_drawn, n_marked, n_items):
    ours = hypergeometric(n_drawn, n_marked, n_items)
    reference = hypergeom.pmf(np.arange(min(n_drawn, n_marked) + 1), n_items, n_marked, n_drawn)
    np.testing.assert_allclose(ours, reference, rtol=1e-9, atol=1e-250)
