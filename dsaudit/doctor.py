"""Examining the installation: versions, device, pretrained weights, decoders."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One line of ``doctor``.

    Attributes
    ----------
    what, found : str
    ok : bool
    optional : bool
        Whether an audit works without it.
    hint : str
        What to do where it is not ok.
    """

    what: str
    ok: bool
    found: str
    optional: bool = False
    hint: str = ""


def doctor() -> tuple[Check, ...]:
    """Examine the installation: versions, device, pretrained weights by checksum, decoders."""
    import platform
    import sys

    from dsaudit import __version__
    from dsaudit.pipeline import package_versions

    checks = [
        Check("dsaudit", True, __version__),
        Check("python", True, f"{platform.python_version()} on {platform.platform()}, {sys.executable}"),
    ]
    versions = package_versions()
    checks += [Check(name, bool(v), v or "not installed", hint=f"pip install {name}") for name, v in versions.items()]
    try:
        from dsaudit.model.device import pick_device

        checks.append(Check("device", True, str(pick_device("auto"))))
    except ImportError as error:
        checks.append(
            Check("device", False, f"torch cannot be imported: {error}", hint="pip install 'torch>=2.6,<2.14'")
        )
    from dsaudit.kind import named
    from dsaudit.media import kinds

    sources = [named(place) for kind in kinds() for place in kind.encoders.values()]
    for backbone in dict.fromkeys(source.weights for source in sources if source.weights is not None):
        state = backbone.check()
        checks.append(
            Check(f"weights {backbone.name}", state.ok, f"{state.detail} ({backbone.licence})", hint=backbone.pip_line)
        )
    try:
        import soundfile

        formats = ", ".join(sorted(soundfile.available_formats()))
        checks.append(Check("decoder", True, f"libsndfile {soundfile.__libsndfile_version__}: {formats}"))
    except (ImportError, OSError) as error:
        checks.append(Check("decoder", False, f"soundfile: {error}", hint="pip install soundfile"))
    program = ffmpeg()
    checks.append(
        Check(
            "ffmpeg",
            bool(program),
            program or "not found: M4A, AAC, WMA, AMR and video containers cannot be read",
            optional=True,
            hint="install the ffmpeg program and have it on PATH",
        )
    )
    return tuple(checks)


def ffmpeg() -> str | None:
    """Path of the ffmpeg program; None where it is not installed."""
    import shutil

    return shutil.which("ffmpeg")
