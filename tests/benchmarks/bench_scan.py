"""Scan speed: decode and every measurement on one-second 16 kHz WAV, against ``audio_qa.check_file`` in the same run.

The floor is soundfile's read alone.

    python -m tests.benchmarks.bench_scan [--data ../shared/data/speech_commands] [--processes 2] [--rounds 5]

Speed is per second of processor time, and rounds alternate between the three, so that what else the machine does falls
on all of them; the median counts. Recordings are taken a batch at a time, as an audit does. Peak memory is that of the
largest process.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from dsaudit.media.audio.media import AudioMedia

if TYPE_CHECKING:
    from collections.abc import Callable

MEDIA = AudioMedia()


def ours(paths: list[Path]) -> tuple[float, int]:
    return timed(lambda: [MEDIA.read_batch(paths[k : k + 64]) for k in range(0, len(paths), 64)])


def rival(paths: list[Path]) -> tuple[float, int]:
    from audio_qa import check_file

    return timed(lambda: [check_file(str(path)) for path in paths])


def floor(paths: list[Path]) -> tuple[float, int]:
    import soundfile

    return timed(lambda: [soundfile.read(path, dtype="float32") for path in paths])


def timed(work: Callable[[], object]) -> tuple[float, int]:
    """Processor seconds, and the peak memory of this process in KiB."""
    start = time.process_time()
    work()
    return time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def previews(paths: list[Path]) -> int:
    return sum(len(p.data) + len(p.thumbnail) + len(p.outline) for p in map(MEDIA.preview, paths))


def clips_per_second(pool: ProcessPoolExecutor, work: object, paths: list[Path], n_chunks: int) -> tuple[float, int]:
    chunks = [paths[i::n_chunks] for i in range(n_chunks)]
    seconds, peaks = zip(*pool.map(work, chunks), strict=True)  # type: ignore[arg-type]
    return len(paths) / sum(seconds), max(peaks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[3] / "shared" / "data" / "speech_commands")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    paths = sorted(arguments.data.glob("*/*.wav"))
    few = paths[:: max(1, len(paths) // 200)]
    n = arguments.processes
    with ProcessPoolExecutor(n) as pool, ProcessPoolExecutor(n) as other, ProcessPoolExecutor(n) as least:
        # The first round loads libraries and the files into memory.
        clips_per_second(pool, ours, paths, 8 * n)
        clips_per_second(other, rival, few[: 2 * n], n)
        clips_per_second(least, floor, paths, 8 * n)
        speeds: dict[str, list[float]] = {"dsaudit": [], "audio_qa": [], "soundfile": []}
        peaks = dict.fromkeys(speeds, 0)
        for _ in range(arguments.rounds):
            for name, where, work, what in (
                ("dsaudit", pool, ours, paths),
                ("audio_qa", other, rival, few),
                ("soundfile", least, floor, paths),
            ):
                speed, peak = clips_per_second(where, work, what, 8 * n)
                speeds[name].append(speed)
                peaks[name] = max(peaks[name], peak)
    median = {name: statistics.median(values) for name, values in speeds.items()}
    for name, values in speeds.items():
        print(
            f"{name:9} {median[name]:7.0f} clips per processor second, {n} processes, {len(values)} rounds from "
            f"{min(values):.0f} to {max(values):.0f}; peak {peaks[name] / 1024:.0f} MiB per process"
        )
    print(f"ratio to audio_qa {median['dsaudit'] / median['audio_qa']:.1f}")
    print(f"times the floor {median['soundfile'] / median['dsaudit']:.1f}")
    start = time.perf_counter()
    size = previews(few)
    print(
        f"previews {len(few) / (time.perf_counter() - start):.0f} per second per process, {size / len(few):.0f} bytes"
    )


if __name__ == "__main__":
    main()
