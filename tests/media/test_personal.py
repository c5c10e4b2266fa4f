"""Personal data is found by form and check digits, and nothing of it is left once covered."""

from __future__ import annotations

import pytest

from dsaudit.media.personal import personal_data, redacted

FOUND = [
    ("ann.b+shop@mail.example.co.uk", "e-mail"),
    ("+1 202 555 0143", "phone"),
    ("+44 20 7946 0958", "phone"),
    ("020 7946 0018", "phone"),
    ("(202) 555-0143", "phone"),
    ("202-555-0143", "phone"),
    ("+49 (0)30 1234567", "phone"),
    ("01 23 45 67 89", "phone"),
    ("4111 1111 1111 1111", "card"),
    ("5500-0000-0000-0004", "card"),
    ("378282246310005", "card"),
    ("DE89 3704 0044 0532 0130 00", "iban"),
    ("GB82WEST12345698765432", "iban"),
    ("FR14 2004 1010 0505 0001 3M02 606", "iban"),
]


@pytest.mark.parametrize(("piece", "kind"), FOUND)
def test_found_and_covered(piece: str, kind: str) -> None:
    text = f"Please use {piece}, it is mine."
    assert personal_data(text) == {kind: 1}
    assert redacted(text) == f"Please use [{kind}], it is mine."


@pytest.mark.parametrize(
    "text",
    [
        *(
            "order 4111111111111112",
            "on 12.03.2024 at 10:30",
            "2024-03-12 10:30:00",
            "1,234,567.89 dollars",
            "v1.2.3.4",
        ),
        *(
            "room 1234",
            "a@b",
            "follow @someone",
            "GB82 WEST 1234 5698 7654 33",
            "0000 0000 0000 0000",
            "ISBN 978-3-16-148410-0",
        ),
        *("192.168.100.101", "3.141592653589793", "2019 2020 2021", "transfer 1000 to 2000", "in 1998-2004"),
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert personal_data(text) == {}
    assert redacted(text) == text


def test_pieces_are_counted_by_kind() -> None:
    assert personal_data("a@b.org, c@d.org, +1 202 555 0143") == {"e-mail": 2, "phone": 1}
