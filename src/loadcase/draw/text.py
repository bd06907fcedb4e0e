"""Text in a drawing: how wide it is at most, how it is cut, and what may stand in XML.

Nobody knows which font a reader has. Widths are those of DejaVu Sans, which is wider than the other fonts that a
`system-ui` stack finds, so that a box made for it has room in all of them.
"""

from __future__ import annotations

import re
import unicodedata

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'DejaVu Sans', Arial, sans-serif"
_REGULAR = (
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863,
    748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635,
    615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636,
    337, 636, 838,
)  # fmt: skip
_BOLD = (
    348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696, 696, 696, 696, 696,
    696, 696, 696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683, 683, 821, 837, 372, 372, 775, 637, 995,
    837, 850, 733, 850, 770, 720, 682, 812, 774, 1103, 771, 724, 725, 457, 365, 457, 838, 500, 500, 675, 716, 593, 716,
    678, 435, 716, 712, 343, 343, 665, 343, 1042, 712, 687, 716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712,
    365, 712, 838,
)  # fmt: skip
"""Advance widths of the characters from space to tilde, in thousandths of the font size; DejaVu fonts 2.37."""
_OTHERS = {"·": 318, "×": 838, "…": 1000, "–": 500, "→": 838, "µ": 636, "≥": 838, "≤": 838, "é": 615, "∞": 838}
_WIDEST = 1560
"""Of letters that are not in the tables."""
_REFUSED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
"""What XML has no place for, and what turns the direction of the text around it."""


def width(text: str, size: float, bold: bool = False) -> float:
    """The most that a line of text takes, in the unit of `size`."""
    table, thousandths = _BOLD if bold else _REGULAR, 0
    for letter in text:
        code = ord(letter)
        if 32 <= code < 127:
            thousandths += table[code - 32]
        elif letter in _OTHERS:
            thousandths += _OTHERS[letter]
        elif not unicodedata.combining(letter):
            thousandths += 1000 if 0x2E80 <= code <= 0xFFDC else _WIDEST
    return thousandths * size / 1000.0


def clipped(text: str, most: float, size: float, bold: bool = False) -> str:
    """The text on one line, with an ellipsis where it would be wider than `most`."""
    text = " ".join(plain(text).split())
    if width(text, size, bold) <= most:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if width(f"{text[:middle]}…", size, bold) <= most else (low, middle - 1)
    return f"{text[:low].rstrip()}…"


def plain(text: str) -> str:
    """Text without what XML refuses and without marks that turn the text around; a replacement character instead."""
    return _REFUSED.sub("\ufffd", text)


def escape(text: str) -> str:
    """Text for an XML or HTML document, in an element or in a quoted attribute."""
    text = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("'", "&#39;")
