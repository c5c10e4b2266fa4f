"""What evidently's preset says of pairs of tables; run by bench_drift in an environment that has it.

PYTHON rival_drift.py FOLDER    prints a JSON line for each FOLDER/*.parquet, which has a column `current`
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path

import pandas as pd


def main() -> None:
    warnings.filterwarnings("ignore")
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    for path in sorted(Path(sys.argv[1]).glob("*.parquet")):
        table = pd.read_parquet(path)
        now = table.pop("current")
        table = table.loc[:, table.notna().groupby(now).any().all() & (table.nunique() > 1)]
        definition = DataDefinition(numerical_columns=list(table))
        started = time.process_time()
        sides = [Dataset.from_pandas(own.reset_index(drop=True), definition) for own in (table[now], table[~now])]
        found = Report([DataDriftPreset()]).run(*sides).dict()["metrics"]
        named = next(m for m in found if "DriftedColumnsCount" in str(m.get("metric_id", m.get("metric_name", ""))))
        seconds = time.process_time() - started
        print(json.dumps({"pair": path.stem, "share": named["value"]["share"], "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
