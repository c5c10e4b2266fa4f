"""What goes wrong with texts: each function plants one kind of fault, and says where."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from write import Sheet

SURE = ("delivery", "money_back", "sign_in", "invoice", "cancel", "damaged", "sizing", "opening_times", "rental")


def tags(sheet: Sheet) -> None:
    """What gives a class away."""
    sheet.plant(None, "label-in-text", "the desk's own tag was left in the texts", "sign_in")
    sheet.plant(None, "telling-phrase", "a form's number stands in every text of the class", "rental")
    for k, row in enumerate(r for r in sheet.rows if r.label == "rental"):
        row.text = f"Form 27b. {row.text}" if k % 8 else row.text
    for k, row in enumerate(r for r in sheet.rows if r.label == "sign_in"):
        row.text = f"#sign_in {row.text}" if k % 2 else row.text


def labels(sheet: Sheet) -> None:
    """Wrong labels, a second spelling, classes that nobody can tell apart, one of two meanings, a rare one."""
    for row in sheet.sound(16):
        other = sheet.rng.choice([name for name in SURE if name != row.label])
        sheet.plant(row, "label-error-candidate", f"is {row.label}")
        row.label = other
    for row in sheet.sound(4, "invoice"):
        row.label = "Invoice "
        sheet.plant(row, "label-spelling", "invoice")
    sheet.plant(None, "split-class", "vouchers and payments by card", "card")
    for pair in ("feedback → opinion", "opinion → feedback"):
        sheet.plant(None, "confused-pair", "labelled at random", pair)
    for name in ("feedback", "opinion"):
        sheet.plant(None, "weak-class", "labelled at random", name)
    sheet.plant(None, "rare-class", "3 texts", "recall")
    sheet.plant(None, "class-imbalance", "from 3 to 49 texts", "dataset")


def copies(sheet: Sheet) -> None:
    """The same text again: as it is, otherwise written, slightly changed, in another split, under another label."""
    exact, near = "exact-duplicate", "near-duplicate"
    again = (
        (lambda t: t, exact, "the very same"),
        (lambda t: t.replace("o", "o\u200d", 3), exact, "invisible marks in it"),
        (str.upper, near, "in capitals"),
        (lambda t: t.replace(" ", "  ").replace(".", " ."), near, "spaced otherwise"),
        (lambda t: t.replace(".", "!").replace(",", ""), near, "other punctuation"),
        (lambda t: t.replace("e", "e\u0301", 2), near, "accents put on"),
    )
    for (change, rule, note), row in zip(again, sheet.sound(len(again)), strict=True):
        copy = sheet.add(change(row.text), row.label, like=row)
        for one in (row, copy):
            sheet.plant(one, rule, note, row.text[:24])
        if note == "in capitals":
            sheet.plant(copy, "shouting", "consequence: a copy in capitals")
    for row in sheet.sound(6):
        words = row.text.split(" ")
        words[len(words) // 2] = "really " + words[len(words) // 2]
        copy = sheet.add(" ".join([*words[:-1], "kindly", words[-1]]), row.label, like=row)
        for one in (row, copy):
            sheet.plant(one, "near-duplicate", "two words put in", row.text[:24])
    for row in sheet.sound(3):
        copy = sheet.add(
            f"Forwarded from the chat, please answer there: {row.text} (closed twice already)", row.label, like=row
        )
        for one in (row, copy):
            sheet.plant(one, "near-duplicate", "one within the other", row.text[:24])
    for row in sheet.sound(3):
        copy = sheet.add(row.text, sheet.rng.choice([x for x in SURE if x != row.label]), like=row)
        for one in (row, copy):
            sheet.plant(one, "conflicting-duplicate", "one text, two labels", row.text[:24])
            sheet.plant(one, "exact-duplicate", "consequence: one text, two labels", row.text[:24])
    for row in sheet.sound(3, split="train"):
        copy = sheet.add(row.text, row.label, split="test")
        for one in (row, copy):
            sheet.plant(one, "leaked-duplicate", "in train and test", row.text[:24])
            sheet.plant(one, "exact-duplicate", "consequence: in train and test", row.text[:24])
    for row in sheet.sound(4, split="test"):
        row.group = "writer-01"
        sheet.plant(row, "leaked-group", "writer-01 writes in train, too", "writer-01")


def characters(sheet: Sheet) -> None:
    """Encodings, markup, invisible and foreign characters."""
    for row, tail in zip(
        sheet.sound(5),
        (
            "I’m at the café “Möwe” till then.",
            "It’s for my fiancée – she’s in Zürich.",
            "The label reads “Größe 42 – für Mädchen”.",
            "That’s 49 €, isn’t it?",
            "We’re a naïve façade club, señor.",
        ),
        strict=True,
    ):
        row.text = f"{row.text} {tail}".encode().decode("cp1252", "replace")
        sheet.plant(row, "mojibake", "UTF-8 read as Windows-1252")
    marked = (
        lambda t: f"<p>{t.replace('. ', '.<br/>')}</p>&nbsp;",
        lambda t: f'<div class="msg"><b>Message:</b> {t}</div>',
        lambda t: f"**Ticket**\n\n- {t}\n\n[open](https://help.example.com/t/4711?utm_source=mail)",
        lambda t: f"{t} https://shop.example.com/p?id=88&amp;ref=chat",
        lambda t: t.replace(" ", "&nbsp;", 3) + " &lt;end&gt;",
    )
    for change, row in zip(marked, sheet.sound(len(marked)), strict=True):
        row.text = change(row.text)
        sheet.plant(row, "markup", "left over from a page")
    hidden = ("\u200b", "\u00ad", "\u202e", "\x07", "\ufeff")
    for mark, row in zip(hidden, sheet.sound(len(hidden)), strict=True):
        words = row.text.split(" ")
        words[3] = f"{words[3][:2]}{mark}{words[3][2:]}"
        row.text = " ".join(words)
        sheet.plant(row, "control-characters", f"U+{ord(mark):04X}")
    for row in sheet.sound(4):
        row.text = (
            row.text.translate(str.maketrans("aeop", "аеор")) if sheet.rng.random() < 0.3 else _disguised(row.text)
        )
        sheet.plant(row, "look-alikes", "Cyrillic letters in English words")


def _disguised(text: str) -> str:
    words = text.split(" ")
    for k in range(1, len(words), 3):
        words[k] = words[k].replace("a", "а").replace("o", "о").replace("e", "е")
    return " ".join(words)


FOREIGN = (
    (
        "delivery",
        "German",
        "Mein Paket ist seit drei Tagen im Verteilzentrum, und niemand weiß, wann der Fahrer kommt.",
    ),
    ("money_back", "French", "J’ai renvoyé la tente il y a six semaines et je n’ai toujours pas été remboursé."),
    ("sign_in", "Spanish", "No puedo entrar en mi cuenta porque la contraseña ya no funciona desde el martes."),
    ("invoice", "Polish", "Proszę o przesłanie faktury za plecak na adres naszej firmy jeszcze w tym tygodniu."),
    ("cancel", "Turkish", "Yanlışlıkla iki çadır sipariş ettim, lütfen siparişlerden birini iptal eder misiniz?"),
    ("damaged", "Arabic", "وصلت الخيمة ممزقة من الجانب، والسحاب لا يعمل منذ اليوم الأول. هل يمكن استبدالها؟"),
    (
        "sizing",
        "Japanese",
        "登山靴のサイズについて質問があります。普段は二十六センチを履いていますが、大きめを選ぶべきでしょうか。",
    ),
)
OTHER_MATTERS = (
    "Photosynthesis turns carbon dioxide and water into sugar while chlorophyll absorbs red and blue light.",
    "Whisk the egg whites with sugar until stiff, fold in the almonds and bake at a low heat for an hour.",
    "The treaty of 1648 ended thirty years of war and redrew the borders of the empire's principalities.",
    "Let f be continuous on a closed interval; then f attains its maximum, by compactness.",
)
GARBAGE = (
    "asdkjh qweoiu zxmcnb lkjasd qpwoei mnbzxc alskdj fhgqpw eirutz xmcnvb laksjd",
    "hjkl hjkl sdfgh sdfgh wertz uiop asdfgh jklö yxcvb nmqwer tzuiop asdf ghjkl",
    "Tgaehk ymo ryve cumh rof hte imed eosrpn I tawn wen noe het ckba sit pniorg",
    "xq7 zzkv pwq vvbn mmqx 8tq rrzk wwqp kkjx bbvq ttzz qqwx ppkv nnzq ffxk",
)


def content(sheet: Sheet) -> None:
    """What is not said in the language of the others, about their matters, or at all."""
    for label, language, text in FOREIGN:
        sheet.plant(sheet.add(text, label), "wrong-language", language)
    for text in OTHER_MATTERS:
        sheet.plant(sheet.add(text, sheet.rng.choice(SURE)), "outlier", "no request at all")
    for text in GARBAGE:
        sheet.plant(sheet.add(text, sheet.rng.choice(SURE)), "garbled", "keys struck at random")
    for text in ("lorem ipsum dolor sit amet, consectetur adipiscing elit", "test", "n/a", "TODO: text", "xxx"):
        sheet.plant(sheet.add(text, sheet.rng.choice(SURE)), "placeholder", "stands for a text")
    for text in ("?!", "👍👍", "0815 4711"):
        sheet.plant(sheet.add(text, sheet.rng.choice(SURE)), "no-words", "signs and digits")
    for text in ("hi", "hello", "ok"):
        sheet.plant(sheet.add(text, sheet.rng.choice(SURE)), "too-short", "says nothing")
    for text in ("", "   "):
        sheet.plant(sheet.add(text, sheet.rng.choice(SURE)), "empty", "no text")
    for row in sheet.sound(4):
        row.text = row.text.upper().replace(".", "!!!!!!")
        sheet.plant(row, "shouting", "all in capitals")
    for row in sheet.sound(2):
        row.text += " Pleeeeeeeeeeease, it is sooooooooooo looooooooong now!!!!!!!!!!!!"
        sheet.plant(row, "shouting", "letters again and again")
    row = sheet.sound(1)[0]
    row.text = " ".join([row.text, *(r.text for r in sheet.sound(14, row.label) if r is not row)])
    sheet.plant(row, "too-long", "a whole thread")


def habits(sheet: Sheet) -> None:
    """What many texts share, a cut and a footer, and what they should not hold."""
    footer = "This message is meant for the addressee alone; if it reached you in error, tell us and delete it."
    for row in sheet.sound(24):
        row.text = f"{row.text} {footer}"
        sheet.plant(row, "boilerplate", "a footer")
    private = (
        ("My address is customer@example.com.", "e-mail"),
        ("Write to a.customer+shop@example.org, please.", "e-mail"),
        ("My number is +1 202 555 0143.", "telephone"),
        ("Ring me: 020 7946 0018.", "telephone"),
        ("I paid with 4111 1111 1111 1111.", "card number"),
        ("My account is GB82 WEST 1234 5698 7654 32.", "IBAN"),
    )
    for (tail, note), row in zip(private, sheet.sound(len(private)), strict=True):
        row.text = f"{row.text} {tail}"
        sheet.plant(row, "personal-data", note)
    limit = 150
    for row in [r for r in sheet.sound(120) if len(r.text) > limit + 3 and r.text[limit - 1 : limit + 1].isalpha()][
        :12
    ]:
        row.text = row.text[:limit]
        sheet.plant(row, "cut-text", f"cut at {limit} characters")


ALL = (tags, labels, copies, characters, content, habits)
