"""Which of several levels of folders names the classes, and which the speakers, sessions or conditions."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

Sort = Literal["source", "code", "condition", "class", "word"]
Folders = tuple[str, ...]

_MOST = 0.9
_DEEP = 0.6
"""Share of the folders with items that must be so deep for a level to count."""
_RECURRING = 0.5
"""Share of the names of a level that must come again for it to say something that the level above does not."""
_ALIKE = 0.75
"""Share of the folders that must hold that share of the same names where nothing but that tells the levels apart."""
_SOURCE = re.compile(
    r"(?:speaker|spkr?|spk|subject|subj|sub|session|sess|batch|actor|actress|participant|user|person|people|patient|device"
    r"|room|mic|id|talker|reader|voice|volunteer|singer|caller|member|student|author|child|kid|(?:fe)?male|(?:wo)?man|[sp])"
    r"[-_ ]?(?:\d+|(?<=[-_ ])\w+)",
    re.IGNORECASE,
)
"""What is a speaker, a session or the like, and no class."""
_PLACE = re.compile(r"(?:session|sess|batch|device|room|mic)(?:[-_ ]?\d|[-_ ]).*", re.IGNORECASE)
"""What several speakers may share."""
_CODE = re.compile(
    r"(?=.*\d)[\da-z]+(?:[-_. ]?\d+)*|\d{2,}|(?:part|take|rec|recording|chunk|clip|run|day)[-_ ]?\d+", re.I
)
_INITIALS = re.compile(r"[A-Z]{2,3}")
_BREAK = re.compile(r"[-_. ]+|(?<=[a-z])(?=[A-Z\d])|(?<=[A-Za-z])(?=\d)")


def _words(text: str) -> list[str]:
    return text.split()


_CONDITIONS = frozenset(
    _words("""
    male female m f man woman men women boy girl boys girls child children kid kids adult adults young old elderly clean
    noisy noise noised denoised reverb dry wet raw original originals orig processed normalized normalised augmented aug
    augmentation resampled trimmed synthetic synth real fake near far close distant indoor indoors outdoor outdoors
    inside outside day night quiet loud soft strong weak slow fast low medium high front back rear side good bad mono
    stereo small large big kitchen bathroom bedroom livingroom office street studio lab hall corridor garden
    """)
)
"""How an item was made; a class only where no other level could be one."""
_CLASSES = frozenset(
    _words("""
    yes no ja nein oui non si da net up down left right on off stop go start halt zero one two three four five six seven
    eight nine ten forward backward follow learn visual wow bed bird cat dog house tree angry anger happy happiness sad
    sadness neutral fear fearful disgust disgusted surprise surprised calm boredom bored silence speech music background
    unknown cough laughter crying sneeze hello thanks open shut red green blue positive negative normal abnormal
    """)
)
"""Words that people say or show in many data sets; nobody is called like them."""
_NAMES = frozenset(
    _words("""
    aaron abdul abdullah abigail adam adele adrian agnes ahmed aisha akira alan albert alejandro alex alexander
    alexandra alexei alexis alfred ali alice alina alison amanda amelia amina amir amit amy ana anastasia anders andrea
    andreas andrew andrzej andy angela anil anita anja ann anna annabel anne annette annie anthony antoine anton antonia
    antonio anya arjun arthur arun ashley astrid barbara beatrice ben benedikt benjamin bernard bernd beth betty bianca
    birgit bjorn bob boris brandon brenda brian bruno camille carl carla carlo carlos carmen carol carolina caroline
    catherine cecilia celine chen chiara chloe chris christian christina christine christoph christopher claire clara
    claudia clemens colin connor cristina cynthia dagmar daniel daniela danielle dave david deborah deepak denis dennis
    derek diana diego dieter dimitri dirk dmitri dmitry dominik donald donna dorothy douglas dylan ed eduardo edward
    eleanor elena eli elias elif elisa elisabeth elizabeth ella ellen elsa emil emilia emily emma enrique eric erica
    erik erika ernst esther ethan eugene eva eve evelyn fabian fatima federico felix fernando fiona florian frances
    francesca francesco francois frank franz fred frederik frida fritz gabriel gabriela gary georg george gerald gerhard
    giovanni giulia gloria greg gregor greta gustav hanna hannah hans harald harold harry hassan heather heidi heike
    heinrich helen helena helga helmut henri henrik henry herbert hiroshi holger hugo hussein ian ibrahim igor ilona
    ines inge ingrid irene irina isaac isabel isabella ivan ivana ivy jack jackson jacob jake jakob james jamie jan jana
    jane janet jason jasper javier jean jeff jeffrey jen jennifer jens jeremy jessica jill jim jing joachim joan joanna
    joe joel johan johann johanna johannes john johnny jon jonas jonathan jorge jose josef joseph joshua juan judith
    judy juergen julia julian juliane julie jun jurgen justin kai kamal karen karim karin karl karolina katarina kate
    katharina katherine kathrin katja katrin kavita keiko keith ken kenji kenneth kevin khalid kim kirsten klaus kofi
    konrad krishna kristin kumar kurt kyle larry lars laura lauren lea leah lee lena leo leon leonardo leonie li liam
    lin linda ling lisa liu liz logan lotte louis louisa louise luca lucas lucia lucy ludwig luigi luis luisa luka lukas
    luke lydia madison magdalena maja manfred manuel marc marcel marco marcus margaret maria marie marina mario marion
    marta martha martin martina mary mateo mathias matt matteo matthew matthias maurice max maxim maya megan mehmet mei
    melanie melissa mia michael michaela michel michelle miguel mika mike mikhail mila milan mira miriam mohamed
    mohammed mona monica monika muhammad mustafa nadia nadine nancy naomi natalia natalie natasha nathan neha neil nele
    nicholas nick nicola nicolas nicolaus nicole nicolo niels nikita niklas nikolai nils nina noah noor nora norbert
    olaf oleg olga oliver olivia omar oscar oskar otto pablo pamela paolo patricia patrick paul paula pavel pedro peter
    petra philip philipp philippe pierre pilar pooja priya rachel rafael rahul rainer raj rajesh ralf ralph raquel ravi
    ray rebecca regina reiner renate ricardo richard rita robert roberta roberto roger roland rolf roman ron ronald rosa
    rudolf ruth ryan sabine sally sam samantha samira samuel sandra sanjay sara sarah sascha scott sean sebastian sergei
    sergey sergio sharon shirley silke silvia simon simone sofia sofie sonia sonja sophia sophie stefan stefanie stella
    stephan stephanie stephen steve steven stuart sunil susan susanne suzanne sven svetlana sylvia takashi tamara tanja
    tanya tara tatiana ted teresa terry theo theodor theodora theodore theresa thomas tim timo timothy tina tobias todd
    tom tomas tommy tony tracy ulrich ulrike ursula uwe valentina valeria vanessa vera veronica veronika victor victoria
    vijay viktor vincent vivian vladimir walter wanda wang wei wendy werner wilhelm william wolfgang xavier yan yasmin
    yuki yulia yuri yusuf yves yvonne zhang zoe zoey
    """)
)
"""Given names that are hardly ever a class."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Which level of folders is what.

    Attributes
    ----------
    label : int
        The level of the classes.
    group : int or None
        The level of speakers, sessions or the like.
    sure : bool
        Whether the names say so; else only that the same ones come again and again.
    """

    label: int = 0
    group: int | None = None
    sure: bool = True


def sort_of(names: Sequence[str]) -> Sort:
    """What most of the names of a level are: of speakers or sessions, bare codes, conditions, classes, other words.

    Examples
    --------
    >>> sort_of(["anna", "Ben_K", "carla2"]), sort_of(["f01", "f02"]), sort_of(["yes", "no"]), sort_of(["0", "1"])
    ('source', 'code', 'class', 'class')
    """
    heads = [_plain(_BREAK.split(name)[0]) for name in names]
    n, n_sources = len(names), sum(map(_is_source, names))
    if 2 * n_sources > n:
        return "source"
    if 2 * sum(name.casefold() in _CLASSES or (len(name) == 1 and name.isdigit()) for name in names) >= n:
        return "class"
    if 2 * n_sources == n:
        return "source"
    if sum(bool(_CODE.fullmatch(name) or _INITIALS.fullmatch(name)) for name in names) >= _MOST * n:
        return "code"
    return "condition" if all(head in _CONDITIONS for head in heads) else "word"


def _is_source(name: str) -> bool:
    return bool(_SOURCE.fullmatch(name)) or _plain(_BREAK.split(name)[0]) in _NAMES


def _plain(word: str) -> str:
    """Without accents and case."""
    return unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().casefold() or word


def read_levels(folders: Sequence[Folders], told: Collection[str] = ()) -> Levels:
    """Which level names the classes, and which what the items come from.

    Names alone rarely tell ``anna/yes`` from ``yes/anna``: what is called like speakers or sessions is no class where
    other names come again and again above or below. Where nothing is called so, the level whose names come again below
    most of the folders above is that of the classes.

    Parameters
    ----------
    folders : sequence of tuple of str
        Of every item, the outermost first.
    told : collection of str
        Names that are known to be of speakers or the like.

    Examples
    --------
    >>> read_levels([(who, word) for who in ("anna", "ben") for word in ("yes", "no")])
    Levels(label=1, group=0, sure=True)
    >>> read_levels([("animal", "dog"), ("animal", "cat"), ("vehicle", "car")])
    Levels(label=0, group=None, sure=True)
    """
    held = sorted({f for f in folders if f})
    deep = 0
    while held and sum(len(f) > deep for f in held) >= _DEEP * len(held):
        deep += 1
    if deep < 2:
        return Levels()
    names = [sorted({f[d] for f in held if len(f) > d}) for d in range(deep)]
    sorts: list[Sort] = ["source" if set(level) <= set(told) else sort_of(level) for level in names]
    sources = [d for d in range(deep) if sorts[d] == "source"]
    persons = [d for d in sources if not all(map(_PLACE.fullmatch, names[d]))]
    source = next(iter(persons or sources), None)
    inner = next((d for d in range(deep) if sorts[d] not in ("source", "condition")), None)
    if sorts[0] in ("source", "condition"):
        return Levels(inner, source) if inner is not None and _recurs(held, 0, inner) else Levels()
    if source is not None:
        return Levels(0, source) if _recurs(held, 0, source) else Levels()
    return _by_recurrence(held, sorts)


def _by_recurrence(folders: Sequence[Folders], sorts: Sequence[Sort]) -> Levels:
    """Where no level is called like speakers."""
    if sorts[0] == sorts[1] == "code":  # years and months, patients and their pictures
        named = next((d for d in range(2, len(sorts)) if sorts[d] in ("class", "word")), None)
        if named is not None and _recurs(folders, 0, named):
            return Levels(named, 0, sure=False)
    if sorts[1] == "condition" or not _alike(folders):
        return Levels()
    outer, inner = sorts[0] == "class" or sorts[1] == "code", sorts[1] == "class" or sorts[0] == "code"
    return Levels(0, 1, sure=False) if outer and not inner else Levels(1, 0, sure=False)


def _recurs(folders: Sequence[Folders], above: int, below: int) -> bool:
    """Whether the names on one level come again below several of another."""
    over: dict[str, set[str]] = {}
    for f in folders:
        if len(f) > max(above, below):
            over.setdefault(f[below], set()).add(f[above])
    return len(over) > 1 and sum(len(names) > 1 for names in over.values()) >= _RECURRING * len(over)


def _alike(folders: Sequence[Folders]) -> bool:
    """Whether most folders of the first level hold nearly the same ones."""
    below: dict[str, set[str]] = {f[0]: set() for f in folders}
    for f in folders:
        below[f[0]].update(f[1:2])
    n_holding = Counter(name for held in below.values() for name in held)
    common = {name for name, n in n_holding.items() if n > 1 and 2 * n >= len(below)}
    alike = sum(len(held & common) >= _ALIKE * max(len(common), len(held)) for held in below.values())
    return len(common) > 1 and alike > 1 and alike >= _ALIKE * len(below)
