"""Pictures."""

from __future__ import annotations

from dsaudit.kind import FILE_COLUMNS, Column, Kind, Nouns, RepairOption

KIND = Kind(
    name="image",
    nouns=Nouns("image", "images", "seen as"),
    columns=(
        *FILE_COLUMNS,
        Column("mode", shortcut="setting"),
        Column("width_px", shortcut="setting"),
        Column("height_px", shortcut="setting"),
        Column("n_frames", shortcut="setting"),
        Column("orientation", shortcut="setting"),
        Column("color_profile", shortcut="setting"),
        Column("bytes_per_pixel", shortcut="trace", ratio=("file_bytes", "n_pixels")),
        Column("private_metadata", cause=False),
        Column("n_pixels"),
        Column("landmarks", cause=False),
        Column("aspect_ratio"),
        Column("brightness", low="are dark", high="are bright", main=True),
        Column("contrast", low="are flat"),
        Column("darkest", "darkest level", cause=False),
        Column("brightest", "brightest level", low="are dark", cause=False),
        Column("blown_share", "share blown out", high="are blown out"),
        Column("white_ground_share", cause=False),
        Column("colour_range", "colour", low="have little colour", high="are colourful", main=True),
        Column("edge_px", "width of edges", high="are blurred", main=True),
        Column("moved_px", "width of edges in the softest direction", high="are blurred in one direction", cause=False),
        Column("stored_edge_px", cause=False),
        Column("noise_levels", "noise", high="are noisy", main=True),
        Column("jpeg_quality", "JPEG quality", low="were compressed hard", shortcut="setting", least=5, main=True),
        Column("frame_share", "share of bands around", high="have bands around", shortcut="trace"),
        Column("content_share", "share that shows something", low="are nearly blank"),
        Column("drawn_share", "share of abrupt steps", high="look drawn", cause=False),
    ),
    suffixes=frozenset(
        {".jpg", ".jpeg", ".jfif", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic", ".heif", ".avif"}
    ),
    also_called=("photo", "photograph", "picture"),
    manifest_columns=("image", "image_path", "image_file", "img", "img_path"),
    boxed=True,
    rank=1,
    media="dsaudit.media.image.media:MEDIA",
    tuning="dsaudit.media.image.tuning:TUNING",
    blank={"content_share": 0.0003},
    encoders={
        "efficientnet-lite0": "dsaudit.media.image.encoders:LITE0_ENCODER",
        "hog": "dsaudit.media.image.encoders:HOG_ENCODER",
        "timm:NAME": "dsaudit.media.image.encoders:TIMM",
        "sentence-transformers:NAME": "dsaudit.model.sentences:SENTENCE_TRANSFORMERS",
    },
    default_encoder="efficientnet-lite0",
    poses="dsaudit.media.image.encoders:LITE0_POSES",
    n_poses=4,
    repairs=(
        RepairOption("upright", bool, "Repair: turn every picture as its EXIF says, for good."),
        RepairOption(
            "turn_back", bool, "Repair: turn back what an audit found lying the wrong way (rule turned).", found=True
        ),
        RepairOption("trim_borders", bool, "Repair: cut plain borders off."),
        RepairOption("max_px", int, "Repair: make larger pictures so small on their longer side.", "PX"),
        RepairOption("color_mode", str, "Repair: make every picture rgb or gray.", "MODE"),
        RepairOption("format", str, "Repair: write every picture as jpeg, png or webp.", "FORMAT", flag="--to-format"),
        RepairOption(
            "strip_metadata", bool, "Repair: remove places, serial numbers, thumbnails and all else beside the picture."
        ),
        RepairOption("quality", int, "Of JPEG and WebP that are written anew, 1 to 100.", "N", 92, flag="--to-quality"),
    ),
    playable={"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"},
    page="dsaudit.media.image",
    sample="images",
    tag="Image",
    feature="Image",
)
