"""What people write to the help desk of an outdoor shop: ``{a|b}`` is one of two, ``<item>`` a word of a list.

Every request has an opening, what it is about, a detail of its kind and an ending; only the ending may be missing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

WORDS = {
    "item": (
        *("tent", "rucksack", "sleeping bag", "head torch", "camping stove", "rain jacket", "climbing harness"),
        *("water filter", "folding chair", "hammock", "compass", "thermos flask", "dry bag", "cool box"),
    ),
    "wear": (
        *("hiking boots", "rain jacket", "fleece", "trail shoes", "gloves", "softshell trousers", "wool socks"),
        *("down jacket", "gaiters", "merino shirt", "ski trousers", "sandals"),
    ),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "month": ("January", "March", "April", "May", "June", "July", "September", "October", "November"),
    "n": ("two", "three", "four", "five", "six", "eight", "nine", "ten", "twelve"),
    "place": (
        "the harbour branch",
        "the station branch",
        "the old town shop",
        "the airport shop",
        "the hill road shop",
    ),
    "trip": (
        *(
            "the coast path",
            "a week in the mountains",
            "a school trip",
            "the lakes",
            "a festival",
            "my first winter tour",
        ),
        *("a canoe trip", "the long ridge walk", "a birthday party", "a night in the forest"),
    ),
    "kin": ("my brother", "my daughter", "my aunt", "a friend", "my neighbour", "our scout group", "my father"),
}

OPENINGS = (
    "{Hello|Hi there|Good morning|Good evening|Hi}, {I hope you can help me|quick one|I need a hand|a question}.",
    "{I am writing about|This is about|It is about} {something that has bothered me|a small matter} since <day>.",
    "I {found you through|heard of you from} <kin> and {have been a customer|have shopped here} since <month>.",
    "We are {planning|packing for|just back from} <trip> and {there is one thing left|I need an answer|I have a request}.",
    "{Sorry to bother you|Not sure whether this is the right address|I could not find this on your site}.",
    "{It is for|I am asking for} <kin>, who {has no computer|is on the road|does not write English well}.",
    "{Last|On} <day> I {rang you|stood at the desk|used the chat} and {was told to write|nobody knew}.",
    "{After|Before} <trip> I {want to|have to} {settle this|clear this up|get this done}.",
)

ENDINGS = (
    "{Thanks|Many thanks|Thank you} {in advance|for your help|for looking into it}.",
    "{Please answer|Could you answer|I would like to hear} before <day>.",
    "{Best|Kind|Warm} regards.",
    "{You can reach me|I am at home} after <n> {in the afternoon|most days}.",
    "{Please let me know|Tell me} what {I should do|happens} next.",
    "{Cheers|Bye|See you}, and {have a nice week|greetings to the team}.",
)

ABOUT = {
    "delivery": (
        "The {parcel|package|box} with my <item> {has not arrived|is still on its way|never turned up}.",
        "Tracking {says|has said} {in transit|at the depot|out for delivery} for <n> days and no {van|courier} came.",
        "Where is {my parcel|the <item> you shipped}? {It was promised|The courier was due} on <day>.",
        "The courier {left|handed} my {parcel|package} {with somebody else|at a wrong door|at a kiosk that is closed}.",
        "{When will|Do you know when} the {shipment|parcel} with the <item> {reach me|be delivered}?",
    ),
    "money_back": (
        "I {sent|returned} the <item> <n> weeks ago and {the money is not back|you still owe me the money}.",
        "{Please pay back|I want back} the {price|sum} of the <item> that I {returned|brought back} in <month>.",
        "You {promised to repay|agreed to reimburse} me for the <item>, but {nothing|no sum} was {credited|transferred}.",
        "{How long|How many days} does {a reimbursement|repaying} take {after|once} a return {is in|has been received}?",
        "Only {half|part} of the {sum|price} was reimbursed {for|after I returned} the <item>.",
    ),
    "sign_in": (
        "I {cannot|can no longer} get into my account: the {password|code} {is refused|does not work|is called wrong}.",
        "The {mail|link} to reset my password {never comes|has run out|leads to a blank page}.",
        "{Your site|The app} {throws me out|locks me out} after <n> {tries|seconds} although the password is right.",
        "I have {forgotten|lost} {my user name|my password|the code} and {my old mailbox is gone|the reset fails}.",
        "The {second code|text message with the code} {arrives too late|does not reach my phone} and {I stay locked out|the account is blocked}.",
    ),
    "invoice": (
        "I need {the invoice|a copy of the bill} for the <item>, {made out to|in the name of} {my company|our club}.",
        "The {bill|invoice} {from|of} <month> {shows|has} {the wrong tax|a wrong total|an item twice}.",
        "{Could you send|Please mail} the {invoice|bill} {as a PDF|on paper} for {our accountant|the tax office}?",
        "On {my bill|the invoice} {the tax number|the company name|the date} is {missing|wrong|misspelt}.",
        "The total on the {invoice|bill} {does not match|is higher than} what the <item> cost {at the till|online}.",
    ),
    "cancel": (
        "{Please cancel|I want to cancel|I have to call off} my order {of|for} the <item> {before it ships|right away}.",
        "I {ordered|clicked on} the <item> {by mistake|twice} and {want to cancel one|would like to withdraw the order}.",
        "{Can I still|Is it possible to} {stop|withdraw} {an order|the order of the <item>} {placed|made} on <day>?",
        "{Stop|Please end} my {yearly|monthly} {membership|subscription}; I {do not want|will not renew} it.",
        "I {no longer|do not} need the <item>, so {please cancel|call off} {the whole order|my order}.",
    ),
    "damaged": (
        "The <item> came {broken|cracked|torn|bent}: the {zip|buckle|seam|handle|lid} {is split|came off}.",
        "{After|On} <n> {days|uses} the {seam|zip|valve|strap} of my <item> {ripped|broke|burst}.",
        "My {new|brand new} <item> {leaks|has a hole|has a crack|has scratches all over} {out of the box|since day one}.",
        "{One pole|A strap|The hinge|The clip} of the <item> {snapped|is broken}; {is that under warranty|can you repair it}?",
        "The box was {crushed|wet|open} and the <item> in it {is dented|has a tear|does not work}.",
    ),
    "sizing": (
        "Which size of the <wear> {should I take|fits me} {at|with} {a chest|a foot|a waist} of <n> {inches|and a half}?",
        "The <wear> {are too tight|run small|are too wide}; {can I swap them for|please exchange them for} {a larger|a smaller} size.",
        "{Do|Would} the <wear> {fit|come in} {narrow|wide} {feet|hips|shoulders} or should I {size up|go one size down}?",
        "I am between {medium|small} and large: what do you advise for the <wear>?",
        "{Is|Where is} {there a|the} size {chart|table} for the <wear>? I {wear|take} {forty two|a thirty eight|extra large} {at home|elsewhere}.",
    ),
    "opening_times": (
        "{Until when|How late} {is|does} <place> {open|stay open} on <day>?",
        "{Are you|Is <place>} {open|closed} on {the bank holiday|Easter <day>|New Year}?",
        "{When|At what hour} does <place> {open its doors|open in the morning} on <day>?",
        "{Do you close|Does <place> close} {for lunch|at noon|early} on <day>?",
        "Your site says <place> {opens|shuts} at <n>, the {sign|map} says {later|earlier}: {which is right|what is true}?",
    ),
    "rental": (
        "We {want to|would like to} {hire|rent|borrow} <n> {tents|pairs of skis|kayaks|bikes} for a {weekend|week}.",
        "What does it cost to {rent|hire} {a kayak|a bike|skis|a tent} for <n> days, and {is there a deposit|what is the deposit}?",
        "{Do you have|Are there} {a child seat|<n> helmets|wetsuits} {to hire|to rent} in <month>?",
        "{Where|When} do I {pick up|bring back} the {kayak|bike|tent} that I {hired|rented} at <place>?",
        "{Can I extend|May we keep} the {rented|hired} {skis|tent|kayak} for <n> {more|further} days?",
    ),
    "card": (),
    "feedback": (),
    "opinion": (),
    "recall": (
        "Is my <item> among those that were called back for {the faulty gas hose|the loose bolt}?",
        "I read {in the paper|online} that a <item> of this year {caught fire|is unsafe}: {is mine, too|what now}?",
    ),
}

GIFT = (
    "{The voucher|My gift voucher} {code|number} {is not accepted|is said to be used up} {at the basket|in the shop}.",
    "{Can I give|Do you sell} a {voucher|gift voucher} {worth|of} {twenty|fifty|a hundred} to <kin> as {a present|a surprise}?",
    "{How long|Until when} is {a voucher|the gift voucher} from <month> {good for|valid}?",
    "I {got|was given} a {birthday|wedding} voucher from <kin>; {what is left on it|can I split it}?",
)
BANK = (
    "{Visa|The bank} {declines|turns down} {the payment|my plastic} at {checkout|the last step} although {there is cover|the limit is fine}.",
    "{The terminal|The till} at <place> {charged|debited} {my credit account|the bank} twice on <day>.",
    "{Contactless|Chip and pin} {payment|paying} failed <n> times at {checkout|the terminal}: {declined|refused by the bank}.",
    "{Do you take|May I pay by} {debit|credit|Visa} {in instalments|without contact} at {checkout|the terminal}?",
)
PRAISE = (
    "{Lovely|Great|Wonderful} {service|advice|staff} at <place>: {I will come again|keep it up}.",
    "{I liked|We enjoyed} the {workshop|slide show|knot course} at <place> {very much|a lot}.",
    "The {music|light|smell of rubber} at <place> {could be better|is a bit much|bothers me}.",
    "{You should|It would be nice to} have {more benches|a coffee corner|a play area} at <place>.",
    "{The new site|Your newsletter} {looks|reads} {great|fine|a bit crowded}, {I think|if you ask me}.",
)

DETAIL = {
    "delivery": (
        "The {tracking number|shipping mail} {does not help|has not changed}, and {the carrier|the driver} {keeps silent|blames the depot}.",
        "{I stayed at home|Somebody was in} all <day>, {nobody rang|no card was left in the box}.",
        "It {was shipped|left your depot} on <day>, {said the mail|the carrier says}.",
    ),
    "money_back": (
        "The return {label|slip} says you {received|got} it on <day>, {yet my balance is the same|and still nothing}.",
        "{Nothing|Not a cent} has {reached|come to} my account {so far|since <month>}, {although you confirmed it|as promised}.",
        "{It was unused|I kept the tags on}, so {the full price|all of it} {is due|should be repaid}.",
    ),
    "sign_in": (
        "I {tried|have tried} {another browser|the phone|a new password}: {the same message|still locked}.",
        "It {worked|let me in} until <day>, {then the page changed|then came the update}.",
        "{The error|It} says {unknown user|too many attempts|session expired}.",
    ),
    "invoice": (
        "{Our bookkeeping|The accountant} {cannot book it|sends it back} {like that|without the number}.",
        "The {receipt|order sheet} of <day> {has the right figures|is all I have}.",
        "{I have to hand it in|The tax year ends} in <month>.",
    ),
    "cancel": (
        "I {found|bought} {another one|the same} {elsewhere|second hand} {for less|on <day>}.",
        "{Our trip|The holiday} in <month> {fell through|was called off}.",
        "It {has not been shipped|still says in preparation}, {so it should be easy|as of <day>}.",
    ),
    "damaged": (
        "I {took|can send} {a photo|pictures} of the {crack|tear|broken part}.",
        "{I used it|It was used} {once|only <n> times}, {with care|on <trip>}.",
        "{A spare part|A repair|A new one} would be {fine|enough} for me.",
    ),
    "sizing": (
        "{Last time|In the shop} I {tried on|wore} {a medium|a large|the narrow fit} and {it pinched|it was loose}.",
        "I {wear|will wear} {thick socks|two layers} {under|with} them.",
        "{The label|The table} gives {inches|centimetres} only, {which confuses me|and no widths}.",
    ),
    "opening_times": (
        "I {get off work|can be there} {only after|not before} <n>.",
        "{We come|I come} from {far away|the islands}, so {I would hate|we do not want} to stand at a locked door.",
        "The {machine on the phone|map} {gives no hours|has old hours}.",
    ),
    "rental": (
        "We are <n> {people|grown-ups|friends} and {come by train|have a roof rack}.",
        "It would be {for|from} <day> {on|to the next} in <month>.",
        "{Is insurance|Are paddles|Are poles} {part of it|included in the hire}?",
    ),
    "recall": ("I {use|used} it {on <trip>|every week}.", "The serial number ends in <n>."),
}

_CHOICE = re.compile(r"\{([^{}]*)\}")
_WORD = re.compile(r"<(\w+)>")


def spoken(pattern: str, rng: random.Random) -> str:
    """One of the sentences that a pattern stands for."""
    while _CHOICE.search(pattern):
        pattern = _CHOICE.sub(lambda found: rng.choice(found[1].split("|")), pattern, count=1)
    return _WORD.sub(lambda found: rng.choice(WORDS[found[1]]), pattern)


def request(about: tuple[str, ...], detail: tuple[str, ...], rng: random.Random) -> str:
    """A whole request: two to four sentences."""
    parts = [rng.choice(OPENINGS)] if rng.random() < 0.6 else []
    parts.append(rng.choice(about))
    if detail:
        parts.append(rng.choice(detail))
    if rng.random() < 0.6:
        parts.append(rng.choice(ENDINGS))
    said = [spoken(part, rng) for part in parts]
    return " ".join(s[0].upper() + s[1:] for s in said)
