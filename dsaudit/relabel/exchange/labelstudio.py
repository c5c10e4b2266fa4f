"""Label Studio: tasks with predictions and the labelling interface for them; its JSON export as annotations.

Formats: https://labelstud.io/guide/task_format and https://labelstud.io/guide/predictions
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from dsaudit.dataset.crop import Crop
from dsaudit.dataset.segment import Segment, file_and_segment, file_of, segment_uri
from dsaudit.dataset.text import file_text, in_one_line
from dsaudit.errors import DatasetError
from dsaudit.relabel.cells import written_out
from dsaudit.relabel.exchange.imported import Annotation
from dsaudit.relabel.exchange.outgoing import own_file
from dsaudit.relabel.exchange.review_item import probabilities
from dsaudit.store.files import write_new

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dsaudit.kind import Appearance
    from dsaudit.relabel.exchange.review_item import ReviewItem
    from dsaudit.store.run import Run
    from dsaudit.types import Action

LOCAL_FILES = "/data/local-files/?d="
"""Where Label Studio serves files below its document root."""
_LABEL, _VERDICT, _NOTE, _ITEM, _STRETCH = "label", "verdict", "note", "item", "stretch"
_VERDICTS: dict[str, Action] = {"exclude": "exclude", "unsure": "unsure", "skip": "skip"}


@dataclass(frozen=True, slots=True)
class Served:
    """How Label Studio is to be set up for exported tasks.

    Attributes
    ----------
    interface : Path
        File with the labelling interface.
    document_root, storage : Path or None
        Its document root, and the local storage to add; None where files are served from elsewhere.
    """

    interface: Path
    document_root: Path | None
    storage: Path | None


def written_tasks(
    run: Run,
    entries: Sequence[ReviewItem],
    path: Path,
    *,
    url_prefix: str | None = None,
    document_root: Path | None = None,
    predictions: Mapping[str, tuple[str, float]] | None = None,
    blind: bool = False,
    force: bool = False,
) -> Served:
    """Write tasks to ``path`` and the labelling interface beside it, with ``.xml``.

    ``predictions`` as of ``tasks_of``, by default those of the run.

    Raises
    ------
    StoreError
        A file is there already.
    DatasetError
        An item is outside of the folder that is served.
    """
    tasks = tasks_of(
        entries,
        kind=run.kind,
        run_id=run.id,
        root=run.root,
        url_prefix=url_prefix,
        document_root=document_root,
        predictions=probabilities(run) if predictions is None else predictions,
        blind=blind,
    )
    xml = path.with_suffix(".xml")
    write_new(
        path, (json.dumps(tasks, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace"), force=force
    )
    stretches = any(_region(file_and_segment(e.uri)[1]) for e in entries)
    write_new(xml, interface(run.meta.classes, run.kind, stretches=stretches).encode(), force=True)
    own = url_prefix is None
    return Served(xml, (document_root or run.root.parent) if own else None, run.root if own else None)


def tasks_of(
    entries: Sequence[ReviewItem],
    *,
    kind: Appearance,
    run_id: str,
    root: Path,
    url_prefix: str | None = None,
    document_root: Path | None = None,
    predictions: Mapping[str, tuple[str, float]] | None = None,
    blind: bool = False,
) -> list[dict[str, Any]]:
    """Items as tasks in Label Studio's basic JSON format.

    Parameters
    ----------
    entries : sequence of ReviewItem
    kind : Appearance
        Names the member of ``data`` that the object tag plays or shows.
    root : Path
        Folder that ``url_prefix`` stands for.
    url_prefix : str, optional
        Put before every path below ``root``; by default files are served by Label Studio itself.
    document_root : Path, optional
        ``LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT``; by default the folder that ``root`` is in.
    predictions : mapping, optional
        Predicted label and its probability by item id: they become a prediction of the task.
    blind : bool
        Given label, suggestion, reason and prediction are left out.

    Raises
    ------
    DatasetError
        An item is outside of the folder that is served.
    """
    served = root if url_prefix is not None else (document_root or root.parent)
    prefix = url_prefix if url_prefix is not None else LOCAL_FILES
    tasks = []
    for e in entries:
        data: dict[str, Any] = {
            kind.name: _address(e.uri, served, prefix) if e.text is None else e.text,
            "item_id": e.item_id,
            "content_hash": e.content_hash,
            "path": file_of(e.uri) if e.text is None else "",
            "split": e.split or "",
            "group": e.group or "",
            "run_id": run_id,
            "prompt": " · ".join([e.item_id, *_stretch(e.uri)]) if blind else _prompt(e),
        }
        if (segment := file_and_segment(e.uri)[1]) is not None:
            names = ("x0", "y0", "x1", "y1") if isinstance(segment, Crop) else ("start", "end")
            data |= {name: getattr(segment, name) for name in names} | {"unit": segment.unit}
        if not blind:
            words = {"given_label": e.label or "", "suggestion": e.suggestion, "why": e.why}
            data |= {name: written_out(text) for name, text in words.items()} | {"rule": e.rule}
        task: dict[str, Any] = {"data": data}
        if not blind and predictions and e.item_id in predictions:
            task["predictions"] = [_prediction(*predictions[e.item_id], run_id)]
        if region := _region(segment):
            named = {"model_version": f"dsaudit {run_id}", "result": []}
            task.setdefault("predictions", [named])[0]["result"].insert(0, region)
        tasks.append(task)
    return tasks


def _address(uri: str, served: Path, prefix: str) -> str:
    """Where Label Studio finds the file."""
    path, segment = own_file(uri), file_and_segment(uri)[1]
    part = "" if segment is None else segment_uri("", segment)
    return prefix + quote(_below(path, served), safe="/") + part


def _below(uri: str, folder: Path) -> str:
    path = os.path.relpath(uri, folder).replace(os.sep, "/")
    if path.startswith("../") or os.path.isabs(path):  # noqa: PTH117
        raise DatasetError(
            f"{uri} is outside of {folder}, which Label Studio serves",
            hint="name a folder that holds all the data with --document-root DIR",
        )
    return path


def _stretch(uri: str) -> list[str]:
    """Label Studio shows all of a file: which part of it is meant."""
    segment = file_and_segment(uri)[1]
    return [] if segment is None else [f"only {segment.words}"]


def _region(segment: Segment | Crop | None) -> dict[str, Any] | None:
    """The stretch as a region of the recording, which a click plays; None for what has no end in seconds."""
    if not isinstance(segment, Segment) or segment.unit != "s" or segment.end is None or segment.fault:
        return None
    value = {"start": segment.start, "end": segment.end, "labels": [_STRETCH]}
    return {"id": _STRETCH, "from_name": _STRETCH, "to_name": _ITEM, "type": "labels", "value": value}


def _prompt(e: ReviewItem) -> str:
    parts = [
        e.item_id,
        *_stretch(e.uri),
        f"given label: {e.label or 'none'}",
        f"suggested: {e.suggestion}" if e.suggestion else "",
        e.why,
    ]
    return written_out(" · ".join(p for p in parts if p))


def _prediction(predicted: str, probability: float, run_id: str) -> dict[str, Any]:
    score = round(probability, 6)
    return {
        "model_version": f"dsaudit {run_id}",
        "score": score,
        "result": [
            {
                "id": "predicted",
                "from_name": _LABEL,
                "to_name": _ITEM,
                "type": "choices",
                "score": score,
                "value": {"choices": [written_out(predicted)]},
            }
        ],
    }


def interface(classes: Sequence[str], kind: Appearance, *, stretches: bool = False) -> str:
    """The labelling interface that the tasks are made for, as XML: a choice of classes, a verdict and a note.

    With ``stretches`` also the mark of the region that an item is.
    """
    choices = "\n".join(f"    <Choice value={_attribute(c)}/>" for c in classes)
    verdicts = "\n".join(f'    <Choice value="{v}"/>' for v in ("exclude", "unsure"))
    mark = f'  <Labels name="{_STRETCH}" toName="{_ITEM}"><Label value="{_STRETCH}"/></Labels>\n' if stretches else ""
    return f"""<View>
  <Header value="$prompt" size="4"/>
{mark}  <{kind.tag} name="{_ITEM}" value="${kind.name}"/>
  <Choices name="{_LABEL}" toName="{_ITEM}" choice="single" showInline="true">
{choices}
  </Choices>
  <Choices name="{_VERDICT}" toName="{_ITEM}" choice="single" showInline="true">
{verdicts}
  </Choices>
  <TextArea name="{_NOTE}" toName="{_ITEM}" maxSubmissions="1" placeholder="note"/>
</View>
"""


def _attribute(text: str) -> str:
    return quoteattr(written_out(text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


@in_one_line
def annotations_of_tasks(path: Path) -> tuple[list[Annotation], int, list[tuple[str, str]]]:
    """Label Studio's export ("JSON") as annotations, of every annotator.

    Who: the e-mail address of ``completed_by``, else ``label-studio user N``. When: ``updated_at``. An annotation
    that is the task's ground truth settles it. A skipped task (``was_cancelled``) becomes ``skip``, which decides
    nothing. Predictions and drafts are nobody's word and are passed over.

    Returns
    -------
    annotations : list of Annotation
    n_empty : int
        Tasks without an annotation, and annotations without an answer.
    problems : list of (str, str)
        Annotations that no one decision can be made of, and why.

    Raises
    ------
    DatasetError
        The file is not such an export.
    """
    try:
        tasks = json.loads(file_text(path))
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{path.name} is not JSON: {error}", hint="export from Label Studio as JSON") from error
    if isinstance(tasks, dict):
        tasks = [tasks]
    if not isinstance(tasks, list) or not all(isinstance(t, dict) for t in tasks):
        raise DatasetError(f"{path.name} is no list of tasks", hint="export from Label Studio as JSON")
    if tasks and not any("data" in t for t in tasks):
        hint = "choose JSON, not JSON-MIN, when exporting from Label Studio"
        raise DatasetError(f"{path.name} has tasks without 'data'", hint=hint)
    annotations: list[Annotation] = []
    problems: list[tuple[str, str]] = []
    n_empty = 0
    for k, task in enumerate(tasks, 1):
        data = task.get("data") if isinstance(task.get("data"), dict) else {}
        where = f"task {task.get('id', k)}: {data.get('item_id') or _first_text(data)}"
        answers = [a for a in task.get("annotations") or task.get("completions") or [] if isinstance(a, dict)]
        n_empty += not answers
        if answers and not isinstance(data.get("item_id"), str):
            problems.append((where, "the task has no item_id: it was not exported by dsaudit"))
            continue
        for answer in answers:
            read = _read(answer)
            if read is None:
                n_empty += 1
            elif isinstance(read, str):
                problems.append((where, read))
            else:
                action, label, note = read
                annotations.append(
                    Annotation(
                        where,
                        str(data["item_id"]),
                        str(data.get("content_hash") or ""),
                        actor_of(answer.get("completed_by")),
                        action,
                        label=label,
                        note=note,
                        at=_moment(answer.get("updated_at") or answer.get("created_at")),
                        settles=answer.get("ground_truth") is True and action != "skip",
                        blind="given_label" not in data,
                        token=" ".join(
                            str(v) for v in (task.get("project"), answer.get("id"), answer.get("updated_at"))
                        ),
                    )
                )
    return annotations, n_empty, problems


def actor_of(completed_by: object) -> str:
    """Name of an annotator: the e-mail address where the export has it, else the number."""
    if isinstance(completed_by, dict):
        email = completed_by.get("email")
        if isinstance(email, str) and email.strip():
            return email.strip()
        completed_by = completed_by.get("id")
    return f"label-studio user {completed_by}" if completed_by is not None else "label-studio"


def _read(annotation: dict[str, Any]) -> tuple[Action, str | None, str] | str | None:
    """Action, label and note of one annotation; None where it has no answer; else why it is not one decision."""
    chosen: dict[str, list[str]] = {}
    note = ""
    regions = annotation.get("result")
    for region in regions if isinstance(regions, list) else []:
        value = region.get("value") if isinstance(region, dict) else None
        if not isinstance(value, dict):
            continue
        if isinstance(value.get("choices"), list):
            chosen.setdefault(str(region.get("from_name")), []).extend(str(c) for c in value["choices"])
        elif region.get("type") == "textarea" and isinstance(value.get("text"), list | str):
            text = value["text"]
            note = " ".join(" ".join(text if isinstance(text, list) else [text]).split())
    if annotation.get("was_cancelled"):
        return "skip", None, note
    verdict = chosen.pop(_VERDICT, [])
    if verdict:
        action = _VERDICTS.get(verdict[0])
        return (
            (action, None, note) if action and len(verdict) == 1 else f"the verdict {', '.join(verdict)} is not known"
        )
    labels = chosen.get(_LABEL) if _LABEL in chosen else [c for choices in chosen.values() for c in choices]
    if not labels:
        return None
    if len(labels) > 1:
        return f"several labels at once: {', '.join(labels)}"
    return "relabel", labels[0], note


def _moment(text: object) -> str:
    """A moment of Label Studio's as the ledger writes it; empty where there is none."""
    if not isinstance(text, str):
        return ""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return ""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="microseconds")


def _first_text(data: dict[str, Any]) -> str:
    return next((str(v) for v in data.values() if isinstance(v, str)), "")
