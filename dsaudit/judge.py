"""Run the chosen rules over the evidence: scores, findings, and an outcome for every rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.catalogue import options_for
from dsaudit.evidence.tables import MissingEvidenceError
from dsaudit.kind import Nouns
from dsaudit.rule import NotJudgedError
from dsaudit.store.files import digest
from dsaudit.types import SEVERITIES, Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dsaudit.evidence.tables import Evidence
    from dsaudit.rule import Rule

_ITEMS = Nouns()
_COLUMNS = ("item_ids", "score", "flagged", "suggestion")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one rule.

    Attributes
    ----------
    outcome : str
        ``ran``, ``skipped`` (evidence was missing or the modality is another) or ``crashed``.
    reason : str
        Why it did not run; empty if it did.
    options : mapping
        Values in force.
    n_checked, n_flagged : int
        Subjects scored and flagged.
    """

    rule: Rule
    outcome: str
    reason: str
    options: Mapping[str, Any]
    n_checked: int = 0
    n_flagged: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything the rules said.

    Attributes
    ----------
    findings : tuple of Finding
        By severity, then rule, then score.
    outcomes : tuple of Outcome
    """

    findings: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...]


def judge(
    rules: Iterable[Rule],
    evidence: Evidence,
    *,
    modality: str,
    settings: Mapping[str, Mapping[str, Any]],
    nouns: Nouns = _ITEMS,
    progress: Callable[[int], None] | None = None,
    keep: Callable[[pd.DataFrame], None] = lambda scores: None,
) -> Judgement:
    """Apply every rule; a rule that cannot run is skipped with its reason, one that crashes is reported.

    Rules of another kind of data are left out, see ``rules_for``. ``keep`` is told how items fare under the rules about
    them: no rows first, then those of one rule after another, ``item_id`` and ``code`` (categories), ``score``
    (float32) and ``flagged`` (bool).

    Raises
    ------
    ConfigError
        When ``settings`` names an option that a rule does not have.
    """
    chosen = tuple(rules)
    options = {r.code: options_for(r, settings) for r in chosen}
    chosen = rules_for(modality, chosen)
    findings: list[Finding] = []
    outcomes: list[Outcome] = []
    items = evidence.get("items")
    scores = _Scores(items.index, list(dict.fromkeys(r.code for r in chosen)), keep)
    for rule in chosen:
        outcome, frame = _run(rule, evidence, modality, options[rule.code])
        if frame is not None:
            try:
                found = _findings(rule, frame[frame["flagged"]], options[rule.code], items, nouns)
            except Exception as error:  # a message that cannot be formatted is the rule's bug too
                outcome, frame = Outcome(rule, "crashed", _said(error), options[rule.code]), None
        outcomes.append(outcome)
        if progress:
            progress(1)
        if frame is None:
            continue
        findings.extend(found)
        if rule.scope == "item" and len(frame):
            scores.add(rule, frame["score"], frame["flagged"])
    order = {s: i for i, s in enumerate(SEVERITIES)}
    findings.sort(key=lambda f: (order[f.severity], f.code, f.score, f.subject))
    return Judgement(tuple(findings), tuple(outcomes))


def rules_for(modality: str, rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Those that are for a kind of data; all of them where none is."""
    return tuple(r for r in rules if not r.modalities or modality in r.modalities) or tuple(rules)


class _Scores:
    """How items fare under the rules about them, told rule by rule: with millions of items none is held."""

    def __init__(self, items: pd.Index[str], codes: list[str], keep: Callable[[pd.DataFrame], None]) -> None:
        self._items, self._keep = items, keep
        # categories take five bytes of a row, where names would take a hundred
        self._ids, self._codes = pd.CategoricalDtype(items.astype(object)), pd.CategoricalDtype(codes)
        none = pd.Series(index=items[:0], dtype=float)
        self._tell([], none, none)

    def add(self, rule: Rule, score: pd.Series[float], flagged: pd.Series[bool]) -> None:
        self._tell([rule.code], score, flagged)

    def _tell(self, codes: list[str], score: pd.Series[float], flagged: pd.Series[Any]) -> None:
        columns = {
            "item_id": pd.Categorical.from_codes(self._items.get_indexer(score.index), dtype=self._ids),
            "code": pd.Categorical(codes, dtype=self._codes).repeat(len(score)),
            "score": score.to_numpy(np.float32),
            "flagged": flagged.to_numpy(bool),
        }
        self._keep(pd.DataFrame(columns))


_MODEL = frozenset({"pred_probs", "label_quality", "dynamics", "exchanged"})


def flagged_without_model(judgement: Judgement) -> dict[tuple[str, str], list[str]]:
    """Items flagged by each rule about items or sets that does not look at predictions, by (code, rule name)."""
    rules = {
        o.rule.code: o.rule
        for o in judgement.outcomes
        if o.rule.scope in ("item", "set") and not _MODEL & set(o.rule.needs)
    }
    found: dict[tuple[str, str], list[str]] = {}
    for finding in judgement.findings:
        if finding.code in rules:
            found.setdefault((finding.code, finding.name), []).extend(finding.item_ids)
    return found


def _run(
    rule: Rule, evidence: Evidence, modality: str, options: Mapping[str, Any]
) -> tuple[Outcome, pd.DataFrame | None]:
    if rule.modalities and modality not in rule.modalities:
        return Outcome(rule, "skipped", f"for {', '.join(rule.modalities)} only", options), None
    try:
        tables = [evidence.get(name) for name in rule.needs]
        if rule.modalities and not _any_measured(evidence):
            raise MissingEvidenceError("no item could be read")
    except MissingEvidenceError as missing:
        return Outcome(rule, "skipped", missing.reason, options), None
    try:
        frame = rule.run(*tables, **options)
        frame = frame.assign(score=frame["score"].astype(float), flagged=frame["flagged"].astype(bool))
        frame = frame[frame["score"].notna()]
    except NotJudgedError as silent:
        return Outcome(rule, "skipped", silent.reason, options), None
    except Exception as error:  # a rule's bug must not cost the user the other rules
        return Outcome(rule, "crashed", _said(error), options), None
    return Outcome(rule, "ran", "", options, len(frame), int(frame["flagged"].sum())), frame


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _any_measured(evidence: Evidence) -> bool:
    """Whether the columns that a rule for one modality reads exist at all."""
    measurements = evidence.find("measurements")
    return measurements is None or "status" not in measurements or bool((measurements["status"] == "ok").any())


def _findings(
    rule: Rule, flagged: pd.DataFrame, options: Mapping[str, Any], items: pd.DataFrame, nouns: Nouns
) -> list[Finding]:
    hashes = items["content_hash"]
    labels = items["label"]
    evidence_columns = [c for c in flagged.columns if c not in _COLUMNS]
    result = []
    for subject, row in zip(flagged.index.astype(str), flagged.to_dict("records"), strict=True):
        members: Sequence[str] = [subject] if rule.scope == "item" else list(row.get("item_ids", ()))
        evidence = {c: _plain(row[c]) for c in evidence_columns}
        fields = {"subject": subject, "n_items": len(members), "members": nouns.some(len(members))}
        fields |= {"one": nouns.one, "many": nouns.many}
        fields |= dict(options) | {str(k): v for k, v in row.items()}
        result.append(
            Finding(
                code=rule.code,
                name=rule.name,
                scope=rule.scope,
                subject=subject,
                item_ids=tuple(members),
                score=float(row["score"]),
                severity=rule.severity,
                message=rule.message.format(**fields),
                suggestion=str(row["suggestion"]) if isinstance(row.get("suggestion"), str) else "",
                evidence=evidence,
                fingerprint=fingerprint(rule, subject, members, hashes, labels),
            )
        )
    return result


def fingerprint(
    rule: Rule, subject: str, members: Sequence[str], hashes: pd.Series[str], labels: pd.Series[str]
) -> str:
    """Identity of a finding: rule, bytes of the items, and their labels where the rule looks at them.

    Items that could not be read are known by their id; findings about a class, the dataset or a set that
    has a name of its own by that name. So it stays the same when files are renamed or thresholds moved.
    """
    if rule.scope in ("class", "dataset") or rule.named_subject:
        return digest(rule.code, subject)
    identities = []
    for item_id in members:
        content = hashes.get(item_id)
        identity = content if isinstance(content, str) else f"id:{item_id}"
        label = labels.get(item_id)
        identities.append([identity, label if rule.uses_label and isinstance(label, str) else ""])
    return digest(rule.code, sorted(identities))


def findings_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """Findings as a table, one row each, ``evidence`` as a mapping per row."""
    rows = list(findings)
    columns = {name: [getattr(f, name) for f in rows] for name in Finding.__dataclass_fields__}
    return pd.DataFrame(columns | {"item_ids": [list(f.item_ids) for f in rows]})


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
