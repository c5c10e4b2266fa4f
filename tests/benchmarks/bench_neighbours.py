"""Exact and approximate nearest neighbours against scikit-learn's brute force: speed and agreement.

python tests/benchmarks/bench_neighbours.py [ROWS …]
"""

from __future__ import annotations

import sys
import time

import numpy as np
from sklearn.neighbors import NearestNeighbors

from dsaudit.analysis.space.neighbours import nearest_neighbours

K = 10


def main() -> None:
    for n in [int(a) for a in sys.argv[1:]] or [20_000]:
        X = np.random.default_rng(0).standard_normal((n, 256)).astype(np.float32)
        start = time.perf_counter()
        ids, _ = nearest_neighbours(X, k=K)
        ours = time.perf_counter() - start
        start = time.perf_counter()
        found = NearestNeighbors(n_neighbors=K + 1, metric="cosine", algorithm="brute").fit(X)
        reference = found.kneighbors(X, return_distance=False)[:, 1:]
        theirs = time.perf_counter() - start
        recall = np.mean([len(set(a) & set(b)) / K for a, b in zip(ids.tolist(), reference.tolist(), strict=True)])
        print(f"{n} × 256: ours {ours:.1f} s, scikit-learn {theirs:.1f} s, recall {recall:.4f}")


if __name__ == "__main__":
    main()
