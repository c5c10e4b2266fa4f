"""Which clips there are, which of them are faulty, and what is written down about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count, cycle
from typing import TYPE_CHECKING

import faults
import numpy as np
import soundfile
import soxr
from files import converted, encoded, pcm
from people import ALIKE, ODD_ONE
from speech import (
    LEAKING_SPEAKER,
    RATE_HZ,
    SPEAKERS,
    Signal,
    Speaker,
    background,
    level,
    loudest_rms,
    placed,
    spoken,
    trimmed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CLIPS = "spoken_words"
PADDINGS = {
    "edge": "at the edge of the file",
    "silence": "padded with digital silence",
    "noise": "padded with faint noise",
}
WORDS = ("yes", "no", "stop", "left", "light", "four", "for")
PLAIN = ("yes", "no", "stop", "left", "light")
"""Words in which single faults are planted: what happens to ``four`` and ``for`` is a fault of its own."""

SAYS = {"light": ("light", "feather"), "for": ("for", "fore")}
"""What is really said under a label, take by take."""


@dataclass(frozen=True)
class Take:
    """One word said once: the recording, and where in it the word is."""

    label: str
    said: str
    speaker: Speaker
    word: Signal
    start: int
    x: Signal

    @property
    def place(self) -> dict[str, int]:
        """Where the word is heard, its echo left out, for the recipes that hit it."""
        heard = trimmed(self.word, floor_db=-30)
        first = int(np.flatnonzero(self.word == heard[0])[0])
        return {"start": self.start + first, "n_word": len(heard)}

    def background(self, purpose: str, n: int = RATE_HZ) -> Signal:
        """More of the same room."""
        return background(self.speaker, n, self.speaker.rng(purpose, self.label, self.start))


@dataclass
class Builder:
    """Writes clips below ``out`` and remembers the manifest and the truth."""

    out: Path
    manifest: list[dict[str, str]] = field(default_factory=list)
    truth: list[dict[str, str]] = field(default_factory=list)
    _takes: dict[tuple[str, str], Iterator[int]] = field(default_factory=dict)
    _files: dict[tuple[str, str], Iterator[int]] = field(default_factory=dict)

    def take(self, label: str, speaker: Speaker, *, text: str | None = None) -> Take:
        """Let a speaker say a word once more."""
        k = next(self._takes.setdefault((label, speaker.name), count()))
        says = SAYS.get(label, (label,))
        # Speakers who say a word only once are not to say the first variant all alike.
        variant = (k + SPEAKERS.index(speaker)) % len(says) if speaker in SPEAKERS else k % len(says)
        rng = speaker.rng("clip", label, k)
        said = text or says[variant]
        word = level(spoken(said, speaker, take=k), rng.uniform(-30, -16))
        start = int(rng.uniform(0.09, max(0.1, min(0.24, 0.9 - len(word) / RATE_HZ))) * RATE_HZ)
        return Take(label, said, speaker, word, start, placed(word, start=start) + background(speaker, RATE_HZ, rng))

    def path(self, label: str, speaker: Speaker, suffix: str, *, split: str = "", given: str = "") -> Path:
        """Enter a new item into the manifest; its file is for the caller to write."""
        k = next(self._files.setdefault((label, speaker.name), count()))
        item_id = f"{CLIPS}/{label}/{speaker.name}_nohash_{k}{suffix}"
        row = {"path": item_id, "label": given or label, "split": split or speaker.split, "group": speaker.name}
        self.manifest.append(row)
        path = self.out / item_id
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def clip(
        self, label: str, speaker: Speaker, x: Signal, *, split: str = "", given: str = "", rate: int = RATE_HZ
    ) -> str:
        """Write samples as 16-bit FLAC; returns the item id."""
        path = self.path(label, speaker, ".flac", split=split, given=given)
        soundfile.write(path, pcm(x), rate, subtype="PCM_16", compression_level=1.0)
        return self.id(path)

    def id(self, path: Path) -> str:
        """Identifier of a file."""
        return path.relative_to(self.out).as_posix()

    def fault(self, item_id: str, rule: str, note: str = "", *, subject: str = "") -> None:
        """Write down what is wrong with an item, or with a class or set if ``item_id`` is empty."""
        self.truth.append({"item_id": item_id, "rule": rule, "subject": subject, "note": note})


def build(out: Path) -> Builder:
    """Write every clip below ``out``."""
    b = Builder(out)
    _clean(b)
    takes = _fresh(b)
    _signal_faults(b, takes)
    _content_faults(b, takes)
    _format_faults(b, takes)
    _file_faults(b, takes)
    _copies(b, takes)
    _labels(b, takes)
    _channel_faults(b, takes)
    _float_faults(b, takes)
    _joined(b, takes)
    b.manifest.sort(key=lambda row: row["path"])
    b.truth.sort(key=lambda row: (row["rule"], row["subject"], row["item_id"]))
    return b


def _fresh(b: Builder) -> Iterator[Take]:
    """More takes without end, word by word and speaker by speaker."""
    speakers = cycle(SPEAKERS[:10:3] + SPEAKERS[1:10:3] + SPEAKERS[2:10:3] + SPEAKERS[10:])
    return (b.take(word, speaker) for word, speaker in zip(cycle(PLAIN), speakers, strict=False))


def _clean(b: Builder) -> None:
    for label in WORDS:
        for speaker in SPEAKERS:
            for _ in range(2 if speaker in SPEAKERS[:4] else 1):
                take = b.take(label, speaker)
                b.clip(label, speaker, take.x)
        for split in ("train", "test"):
            item_id = b.clip(label, LEAKING_SPEAKER, b.take(label, LEAKING_SPEAKER).x, split=split)
            b.fault(item_id, "leaked-group", "one speaker in train and test", subject=LEAKING_SPEAKER.name)
    for speaker in SPEAKERS[:3]:
        b.clip("seven", speaker, b.take("seven", speaker).x)


def _cut_at(take: Take, rule: str, share: float) -> int:
    """Sample at which a take is cut to lose ``share`` of its word."""
    return take.place["start"] + int((share if rule == "truncated-start" else 1 - share) * take.place["n_word"])


def _is_heard(take: Take, at: int) -> bool:
    """Whether a cut at this sample goes through sound: one in the closure before a plosive cuts nothing off."""
    return loudest_rms(take.x[at - 240 : at + 240]) > 0.25 * loudest_rms(take.x)


def _cut(take: Take, rule: str, share: float, padding: str) -> Signal:
    """A take that lost ``share`` of its word."""
    at = _cut_at(take, rule, share)
    from_start = rule == "truncated-start"
    if padding == "edge":
        # Kept at full length on the other side, by more of the room: only the cut is to stand out.
        room = take.background(rule)
        return np.concatenate([take.x[at:], room[:at]] if from_start else [room[at:], take.x[:at]])
    faint = take.speaker.rng(rule).standard_normal(RATE_HZ) * 10 ** (-76 / 20)
    recipe = faults.cut_start if from_start else faults.cut_end
    return recipe(take.x, at=at, padding=np.zeros(RATE_HZ) if padding == "silence" else faint)


def plant(b: Builder, rule: str, take: Take, x: Signal, note: str) -> str:
    """Write a faulty version of a take and what is wrong with it."""
    item_id = b.clip(take.label, take.speaker, x)
    b.fault(item_id, rule, note)
    return item_id


def _signal_faults(b: Builder, takes: Iterator[Take]) -> None:
    for kind, note in enumerate(("digital silence", "last bit only", "a trace of hum")):
        take = next(takes)
        plant(b, "silent-clip", take, faults.silent(kind, take.speaker.rng("silent")), note)
    for dbfs in (-49, -51, -53, -55):
        take = next(takes)
        x = placed(level(take.word, dbfs), start=take.start) + take.background("quiet") * 0.5
        plant(b, "quiet-clip", take, x, f"loudest 50 ms at {dbfs} dBFS")
    for share, padding in ((0.3, "edge"), (0.45, "edge"), (0.6, "edge"), (0.5, "silence"), (0.5, "noise")):
        for rule in ("truncated-start", "truncated-end"):
            take = next(takes)
            plant(
                b, rule, take, _cut(take, rule, share, padding), f"{share:.0%} of the word cut off, {PADDINGS[padding]}"
            )
    for gain_db, ceiling in ((9.0, 1.0), (14.0, 1.0), (18.0, 1.0), (12.0, 0.5)):
        take = next(takes)
        x = faults.clipped(take.x, gain_db=gain_db, ceiling=ceiling)
        plant(b, "clipped-peaks", take, x, f"{gain_db:.0f} dB too much gain, ceiling at {ceiling:g} of full scale")
    for offset in (0.05, -0.08, 0.12, 0.2):
        take = next(takes)
        plant(b, "dc-offset", take, take.x + offset, f"offset {offset:+g}")
    for gaps_ms in ((20,), (60,), (15, 15), (30, 25)):
        take = next(takes)
        x = faults.gap(take.x, **take.place, gaps_ms=gaps_ms)
        plant(b, "dropout", take, x, f"zeros for {' and '.join(map(str, gaps_ms))} ms")
    for rate_hz in (8000, 8000, 8000, 11025):
        take = next(takes)
        plant(b, "upsampled-audio", take, faults.upsampled(take.x, rate_hz=rate_hz), f"was at {rate_hz} Hz")
    for snr_db in (0.0, 1.0, 2.0, 3.0):
        take = next(takes)
        x = faults.noisy(placed(level(take.word, -22), start=take.start), snr_db=snr_db, rng=take.speaker.rng("noisy"))
        plant(b, "low-snr", take, x, f"{snr_db:g} dB above the noise")


def _content_faults(b: Builder, takes: Iterator[Take]) -> None:
    for kind, note in enumerate(("a fan", "mains hum", "rain", "hiss")):
        take = next(takes)
        plant(b, "no-speech-like-activity", take, faults.machine(kind, take.speaker.rng("machine")), note)
    for kind, note in enumerate(("a bird", "a struck chord", "knocks on a door")):
        take = next(takes)
        x = faults.foreign(kind) + background(take.speaker, RATE_HZ, take.speaker.rng("foreign"))
        item_id = plant(b, "outlier", take, x, note)
        if kind == 0:
            b.fault(item_id, "no-speech-like-activity", f"consequence: {note} is no voice")
    speaker = SPEAKERS[5]
    take = b.take("no", speaker, text="the weather report for tomorrow")
    x = placed(take.word[: RATE_HZ - 1600], start=1600) + background(speaker, RATE_HZ, speaker.rng("sentence"))
    plant(b, "outlier", take, x, "a sentence under the label of a word")
    for seconds, bits in ((11, 1), (12, 1)):
        take = next(t for t in takes if t.label != "light")
        x = faults.lonely(take.word, seconds=seconds, noise_bits=bits, rng=take.speaker.rng("lonely"))
        item_id = plant(b, "mostly-silent", take, x, f"one word in {seconds} s")
        b.fault(item_id, "odd-duration", f"consequence: {seconds} s long")


def _format_faults(b: Builder, takes: Iterator[Take]) -> None:
    for seconds in (1.9, 2.6):
        take = next(takes)
        rng = take.speaker.rng("long")
        n = int(seconds * RATE_HZ)
        x = placed(take.word, start=n // 4, n=n) + background(take.speaker, n, rng)
        b.fault(b.clip(take.label, take.speaker, x), "odd-duration", f"{seconds} s long")
    take = next(t for t in takes if t.place["n_word"] < 0.4 * RATE_HZ)
    first = max(take.start - 400, 0)
    short = take.x[first : take.start + take.place["n_word"] + 2400]
    b.fault(
        b.clip(take.label, take.speaker, short), "odd-duration", f"{len(short) / RATE_HZ:.2f} s long, word complete"
    )
    for rate in (44_100, 22_050, 8_000):
        take = next(takes)
        item_id = b.clip(take.label, take.speaker, soxr.resample(take.x, RATE_HZ, rate), rate=rate)
        b.fault(item_id, "odd-sample-rate", f"{rate} Hz")
        if rate > RATE_HZ:
            b.fault(item_id, "upsampled-audio", f"consequence: was at {RATE_HZ} Hz")
    for delay, gain in ((0, 1.0), (0, 0.6), (9, 0.8)):
        take = next(takes)
        x = np.stack([take.x, np.roll(take.x, delay) * gain], axis=1)
        b.fault(b.clip(take.label, take.speaker, x), "odd-channel-count", "stereo")


def _channel_faults(b: Builder, takes: Iterator[Take]) -> None:
    upside_down = "the right channel is the left one upside down"
    for rule, gain, note in (
        ("dead-channel", 0.0, "the right channel is silent"),
        ("inverted-channel", -1.0, upside_down),
    ):
        take = next(takes)
        item_id = b.clip(take.label, take.speaker, np.stack([take.x, take.x * gain], axis=1))
        b.fault(item_id, rule, note)
        b.fault(item_id, "odd-channel-count", "consequence: stereo")


def _float_faults(b: Builder, takes: Iterator[Take]) -> None:
    """A fifth of a second each: floating point is large."""
    for rule, note in (
        ("off-scale", "16-bit samples stored as floating point"),
        ("non-finite-samples", "20 ms of NaN"),
    ):
        take = next(takes)
        x = take.x[take.start : take.start + RATE_HZ // 5].copy()
        if rule == "off-scale":
            x *= 2.0**15
        else:
            x[800:1120] = np.nan
        path = b.path(take.label, take.speaker, ".wav")
        path.write_bytes(encoded(x, "WAV", subtype="FLOAT"))
        b.fault(b.id(path), rule, note)
        b.fault(b.id(path), "odd-duration", "consequence: 0.2 s long")


def _joined(b: Builder, takes: Iterator[Take]) -> None:
    take, other = next(takes), next(takes)
    path = b.path(take.label, take.speaker, ".mp3")
    path.write_bytes(encoded(take.x, "MP3") + encoded(soxr.resample(other.x, RATE_HZ, 24_000), "MP3", rate=24_000))
    b.fault(b.id(path), "joined-recording", f"a clip of {other.said} at 24000 Hz behind it")


def _file_faults(b: Builder, takes: Iterator[Take]) -> None:
    def planted(suffix: str, data: bytes, rule: str, note: str) -> str:
        take = next(takes)
        path = b.path(take.label, take.speaker, suffix)
        path.write_bytes(data)
        b.fault(b.id(path), rule, note)
        return b.id(path)

    whole = encoded(next(takes).x, "FLAC")
    planted(".flac", whole[: len(whole) // 3], "unreadable", "two thirds of the file are missing")
    planted(".wav", b"RIFF\x24\x7d\0\0WAVEfmt \x10\0\0\0\x07\x27" + b"\x5a" * 600, "unreadable", "damaged header")
    page = b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body>Not Found</body></html>\n"
    planted(".wav", page, "unfetched", "a web page saved in place of the download")
    planted(".wav", b"", "empty", "0 bytes")
    planted(".wav", encoded(np.zeros(0), "WAV"), "empty", "a header without samples")
    planted(".wav", encoded(next(takes).x, "FLAC"), "suffix-mismatch", "FLAC called .wav")
    planted(".flac", encoded(next(takes).x[:14_400], "WAV"), "suffix-mismatch", "WAV called .flac")
    planted(".wav", encoded(next(takes).x, "MP3"), "suffix-mismatch", "MP3 called .wav")
    planted(".m4a", converted(next(takes).x, "ipod", "aac"), "no-decoder", "only without ffmpeg")
    for _ in range(2):
        take = next(takes)
        b.fault(b.id(b.path(take.label, take.speaker, ".flac")), "missing-file", "in the manifest only")


def _copies(b: Builder, takes: Iterator[Take]) -> None:
    def same(first: str, second: str, *rules: str, note: str) -> None:
        for item_id in (first, second):
            for rule in rules:
                b.fault(item_id, rule, note, subject=f"copies of {first}")

    for suffix, form in ((".flac", "FLAC"), (".wav", "WAV"), (".flac", "FLAC")):
        take = next(takes)
        first = b.clip(take.label, take.speaker, take.x)
        path = b.path(take.label, take.speaker, suffix)
        path.write_bytes(encoded(take.x, form))
        same(first, b.id(path), "exact-duplicate", note=f"the same samples as {form}")
    for suffix, gain_db, shift_ms in ((".ogg", -4, 12), (".mp3", -6, 0), (".flac", -9, 20)):
        take = next(takes)
        first = b.clip(take.label, take.speaker, take.x)
        x = np.roll(take.x, shift_ms * RATE_HZ // 1000) * 10 ** (gain_db / 20)
        data = converted(x, "ogg", "libvorbis") if suffix == ".ogg" else encoded(x, suffix[1:].upper())
        path = b.path(take.label, take.speaker, suffix)
        path.write_bytes(data)
        same(first, b.id(path), "near-duplicate", note=f"{gain_db} dB, {shift_ms} ms later, as {suffix[1:]}")
    for other in ("no", "left"):
        take = next(t for t in takes if t.label not in ("light", other))
        first = b.clip(take.label, take.speaker, take.x)
        second = b.clip(other, take.speaker, take.x)
        same(
            first, second, "conflicting-duplicate", "exact-duplicate", note=f"one recording as {take.label} and {other}"
        )
        b.fault(second, "label-error-candidate", f"{take.label} is said")
    for tester in SPEAKERS[-2:]:
        take = next(t for t in takes if t.speaker.split == "train")
        first = b.clip(take.label, take.speaker, take.x)
        second = b.clip(take.label, tester, take.x)
        same(first, second, "leaked-duplicate", "exact-duplicate", note="one recording in train and, renamed, in test")


def _labels(b: Builder, takes: Iterator[Take]) -> None:
    for k in range(12):
        take = next(takes)
        others = [word for word in PLAIN if word != take.label]
        label = others[(k + k // 4) % len(others)]
        b.fault(b.clip(label, take.speaker, take.x), "label-error-candidate", f"{take.said} is said")
    for label, given, n in (("yes", "Yes", 3), ("stop", " stop", 2)):
        for speaker in SPEAKERS[:n]:
            item_id = b.clip(label, speaker, b.take(label, speaker).x, given=given)
            b.fault(item_id, "label-spelling", f"{given!r} in the manifest for {label!r}", subject=label)
        b.fault("", "rare-class", f"consequence: {n} items in a second spelling", subject=given)
    b.fault("", "rare-class", "3 items", subject="seven")
    b.fault(
        "", "class-imbalance", "the largest class has more than ten times the items of the smallest", subject="dataset"
    )
    b.fault("", "split-class", "light and feather under one label", subject="light")
    for label, other in (("for", "four"), ("four", "for")):
        b.fault("", "confused-pair", "can hardly be told apart by ear", subject=f"{label} → {other}")
    b.fault("", "weak-class", "half of it is taken for four", subject="for")
    for word, other in (ALIKE, ALIKE[::-1]):
        b.fault("", "low-agreement", f"people say {word} or {other} as a coin falls", subject=word)
    b.fault("", "outlying-annotator", "says yes for no and no for yes", subject=ODD_ONE)
