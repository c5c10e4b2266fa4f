"""Texts in another language than most of the set."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.media.text.likelihood import identifier, likelihoods

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

_MAJORITY, _LEAST_TEXTS = 0.7, 10
_NO_LANGUAGE = "zxx"
_KIN = {"en": ("pcm", "sco", "jam")}
"""Languages that are made of the same words, by the better known one: short texts are taken for theirs."""
_LEAST_LETTERS, _FEW_LETTERS, _LEAST_WORDS = 20, 12, 3
_LEAST_ODDS, _LEAST_ODDS_OF_FEW = 10.0, 20.0
"""Natural logarithm of how much likelier another language is; clean English rows of 20 letters reach 8."""
_OTHER_SCRIPT, _SCRIPT_LETTERS = 0.5, 5
_MIXED = 1 / 3
"""Share of words that are common in the set from which a text is two languages in one."""
_COMMON, _LEAST_COMMON = 0.02, 3
_READ = 1_000
_AT_ONCE = 4_096
"""Texts that are looked at together."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_NO_WORD = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|[@#]\w+|<[^<>]*>|\S*[=_{}\\/]\S*|&\w+;")
_NAMES = {
    **{"ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "da": "Danish"},
    **{"de": "German", "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian"},
    **{"fi": "Finnish", "fr": "French", "gu": "Gujarati", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian"},
    **{"hu": "Hungarian", "hy": "Armenian", "id": "Indonesian", "is": "Icelandic", "it": "Italian", "ja": "Japanese"},
    **{"ka": "Georgian", "kk": "Kazakh", "km": "Khmer", "kn": "Kannada", "ko": "Korean", "lt": "Lithuanian"},
    **{"lv": "Latvian", "mk": "Macedonian", "ml": "Malayalam", "mr": "Marathi", "ms": "Malay", "nb": "Norwegian"},
    **{"ne": "Nepali", "nl": "Dutch", "nn": "Norwegian", "no": "Norwegian", "pa": "Punjabi", "pl": "Polish"},
    **{"pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sq": "Albanian"},
    **{"sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "th": "Thai"},
    **{"tl": "Tagalog", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese"},
}
_SMALL_WORDS = {
    "Hindi in Latin letters": "hai hain hoon nahi nahin kya kyun kyu kaise mujhe mujhko tumhe aap aapka mera meri "
    "mere tera yeh woh bhi abhi tak bahut bohot accha acha raha rahi rahe gaya gayi gaye "
    "jata jati hota hoti karo karna kiya karte wala wali aur lekin magar bilkul ekdum yaar "
    "bhai hua hui liye diya mila kuch koi sab toh kisi aa tha thi apna apni lagta lagti "
    "laga theek thik phir maza mazaa acchi achi bakwas",
    "Tamil in Latin letters": "illa illai enna romba iruku irukku iruka nalla pannu pannunga venum epdi eppadi anna "
    "da ku",
    "Arabic in Latin letters": "mesh mish leh leih ana enta enti wallah yalla habibi kteer ktir shu shou inshallah "
    "ya3ni",
    "Spanish": "pero muy con por que esta este como cuando porque todo nada siempre estoy tengo "
    "quiero hay mi una ya también más ahora gracias voy es en donde",
    "Portuguese": "não nao mas muito com por que isso esse esta como quando porque tudo nada sempre "
    "estou tenho quero minha meu uma já também mais agora obrigado obrigada você voce é",
    "French": "je tu il elle nous vous mais très tres pour avec dans est pas que qui cette comme "
    "quand rien toujours suis mon ma mes une aussi plus maintenant merci ça ca c'est j'ai",
    "German": "ich du wir ihr aber sehr für mit nicht und das ist ein eine der wie wenn alles nichts "
    "immer habe mein meine auch mehr jetzt danke noch schon kein keine",
    "Italian": "il gli ma molto per con che questo questa come quando perché tutto niente sempre sono "
    "ho mio mia una anche più adesso grazie è non",
    "Dutch": "ik je wij maar heel voor met niet en het een hoe als alles niets altijd heb mijn ook "
    "meer nu bedankt geen nog",
    "Tagalog": "ang ng mga ako ikaw siya hindi po opo naman lang yung sobrang talaga kasi wala may sana din rin nila",
    "Indonesian": "saya aku kamu tidak nggak gak tapi sangat untuk dengan yang ini itu bagaimana karena "
    "semua selalu sudah belum juga banget lebih sekarang bisa",
    "Turkish": "ben sen biz ama çok cok için icin ile değil degil bu şu nasıl nasil neden her hiç hic "
    "var yok daha şimdi",
    "English": "is are with you for that this have my was not but very what when because your they",
}
"""Little words, by which a language shows among words of another; those with a twin in names of places are not here."""
_SURE = frozenset(
    {
        *("aber", "accha", "acchi", "bahut", "bilkul", "bohot", "değil", "ekdum", "estoy", "gaya", "gayi", "hai"),
        *(
            "hain",
            "için",
            "kya",
            "lekin",
            "muito",
            "mujhe",
            "muy",
            "nahi",
            "nahin",
            "nicht",
            "não",
            "pero",
            "porque",
            "sehr",
            "toh",
            "très",
            "yaar",
        ),
    }
)
"""Those that nobody takes for another word: one is enough."""
_LEAST_SMALL, _ODDS_OF_SMALL = 2, 15.0
"""Different ones from which a text is mixed, and the natural logarithm of the odds that each is worth."""
MIXED = "mixed with another language, or written in another spelling"


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a text is written in, where that is not what most of its set is.

    Attributes
    ----------
    name : str
        A language; ``mixed with`` one; or ``MIXED``: words of the set's own language among others, or of a language in
        letters that are not its own.
    odds : float
        Natural logarithm of how much likelier that is than the set's own language.
    """

    name: str
    odds: float


@dataclass(frozen=True, slots=True)
class Languages:
    """Of a set: its own language (empty where no one has most texts), the texts in others, and how much each text is
    like any language at all: natural logarithm of the odds against none, per letter; NaN of one without letters."""

    own: str
    others: list[Spoken | None]
    sense: npt.NDArray[np.float64]


def languages(texts: Sequence[str]) -> Languages:
    """What the texts of a set are written in.

    Short texts are not judged: fewer than 20 letters, unless they leave no doubt or use other letters.

    Examples
    --------
    >>> plain = ["they never called me back about it", "what a waste of a whole evening"] * 20
    >>> found = languages([*plain, "das Essen war wirklich gut", "ok super", "δεν μου άρεσε καθόλου"])
    >>> found.own, [one and one.name for one in found.others[40:]]
    ('English', ['German', None, 'Greek'])
    """
    best: list[str] = []
    sense = np.empty(len(texts))
    n_best, n_script = Counter[str](), Counter[str]()
    names = likelihoods().names
    none = names.index(_NO_LANGUAGE)
    for start in range(0, len(texts), _AT_ONCE):
        batch = [_words(text) for text in texts[start : start + _AT_ONCE]]
        scores = likelihoods().of([" ".join(words) for words in batch])
        of_none = scores[:, none].copy()
        scores[:, none] = -np.inf
        n_letters = np.array([sum(map(len, words)) for words in batch])
        odds = scores.max(axis=1).astype(np.float64) - of_none
        sense[start : start + len(batch)] = np.where(n_letters > 0, odds / np.maximum(n_letters, 1), np.nan)
        best += [names[k] for k in scores.argmax(axis=1).tolist()]
        for words, name, n in zip(batch, best[start:], n_letters.tolist(), strict=True):
            if n >= _LEAST_LETTERS:
                n_best[name] += 1
                n_script[_script(words[0])] += 1
    nobody = Languages("", [None] * len(texts), sense)
    if (n_told := n_best.total()) < _LEAST_TEXTS:
        return nobody
    own, n_own = n_best.most_common(1)[0]
    if n_own < _MAJORITY * n_told or own not in _NAMES:
        return nobody
    script = n_script.most_common(1)[0][0]
    n_with = Counter[str]()
    for text, one in zip(texts, best, strict=True):
        if one == own:
            n_with.update({word.lower() for word in _words(text)})
    common = {word for word, n in n_with.items() if n >= max(_LEAST_COMMON, _COMMON * len(texts))}
    small = {
        name: frozenset(some.split()) - common - set(_SMALL_WORDS.get(_NAMES[own], "").split())
        for name, some in _SMALL_WORDS.items()
        if name != _NAMES[own]
    }
    others: list[Spoken | None] = []
    for text, one in zip(texts, best, strict=True):
        words = _words(text)
        others.append(_other(words, one, own, script, common) or _among(words, small))
    return Languages(_NAMES[own], others, sense)


def _words(text: str) -> list[str]:
    return _WORD.findall(_NO_WORD.sub(" ", text[:_READ]))


def _other(words: Sequence[str], best: str, own: str, script: str, common: set[str]) -> Spoken | None:
    n_letters = sum(map(len, words))
    foreign = sum(len(word) for word in words if _script(word) != script)
    other_script = n_letters >= _SCRIPT_LETTERS and foreign > _OTHER_SCRIPT * n_letters
    few = n_letters < _FEW_LETTERS or len(words) < _LEAST_WORDS
    if best == own or (not other_script and (few or best in _KIN.get(own, ()))):
        return None
    scores = dict(identifier().rank(" ".join(words)))  # again: those of all texts take 7 GB of a million
    odds = scores[best] - scores[own]
    name = _NAMES.get(best, "")
    if not other_script:
        if odds < (_LEAST_ODDS if n_letters >= _LEAST_LETTERS else _LEAST_ODDS_OF_FEW):
            return None
        known = sum(word.lower() in common for word in words) / len(words)
        if not name or known >= _MIXED:
            name = MIXED
    return None if name == _NAMES[own] else Spoken(name or "in other letters", float(odds))


def _among(words: Sequence[str], small: Mapping[str, frozenset[str]]) -> Spoken | None:
    """The language whose little words stand among those of the set's own; the one that has most of them."""
    # a capital may begin a name
    written = {word for word in words if word.islower()}
    own = written | {word.lower() for word in words[:1]}
    held = {name: len(own & some) + len(written & some & _SURE) for name, some in small.items()}
    name = max(held, key=held.__getitem__)
    return Spoken(f"mixed with {name}", held[name] * _ODDS_OF_SMALL) if held[name] >= _LEAST_SMALL else None


def _script(word: str) -> str:
    """The first word of a letter's name in Unicode, one for those that are written together."""
    if word[0].isascii():
        return "LATIN"
    name = unicodedata.name(word[0], "?").partition(" ")[0]
    return "CJK" if name in ("HIRAGANA", "KATAKANA") else name
