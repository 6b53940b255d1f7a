"""Words that the country's people are made of: every maker gives a value that nobody else has.

No value comes from a list of real persons. Each carries a run of eight letters or digits or more
that cannot occur by chance, so that a leak of one of them is found wherever it lies.
"""

import random
from collections.abc import Callable
from itertools import product

_LATIN = (
    "Aung", "Kyaw", "Zaw", "Min", "Htet", "Nay", "Linn", "Thu", "Wai", "Yan", "Phyo", "Soe", "Moe",
    "Hla", "Khin", "Sandi", "Thandar", "Nilar", "Mya", "Nwe", "Yin", "Zin", "Hnin", "Pwint",
    "Thiri", "Chit", "Myo", "Tun", "Win", "Naing", "Htun", "Sein", "Tin", "Kaung", "Pyae", "Sithu",
    "Zarni", "Thein", "Swe", "Yamin", "Ohnmar", "Shwe",
)  # fmt: skip
_BURMESE = (
    "အောင်", "ကျော်", "ဇော်", "မင်း", "ထက်", "လင်း", "သူ", "ရန်", "ဖြိုး", "စိုး", "မိုး", "လှ", "ခင်",
    "သန္တာ", "နီလာ", "မြ", "နွယ်", "စန်း", "ယဉ်", "ဇင်", "နှင်း", "ပွင့်",
)  # fmt: skip
_BARE = "ကခဂငစဆဇညတထဒနပဖဗယရလသဟအ"

# Card township codes of eight letters and more: each names a real place in both scripts, and is
# given to one person only, so that its letters are that person's mark.
REAL_CARDS = (
    (12, "THAKHANA", "သခန"), (1, "KHAPHANA", "ခဖန"), (1, "KHALAPHA", "ခလဖ"), (5, "HTAPAKHA", "ထပခ"),
    (5, "HTAKHANA", "ထခန"), (6, "THAYAKHA", "သရခ"), (8, "NGAPHANA", "ငဖန"), (9, "NGATHAYA", "ငသရ"),
    (9, "DAKHATHA", "ဒခသ"), (10, "THAPHAYA", "သဖရ"), (10, "THAHTANA", "သထန"),
    (13, "PHAKHANA", "ဖခန"), (14, "NGATHAKHA", "ငသခ"),
)  # fmt: skip
# No letters of a shorter syllable end a longer one, so that no code lies inside another.
_CARD_SYLLABLES = (
    "KHA", "HTA", "PHA", "THA", "NGA", "NYA", "LA", "MA", "WA", "BA", "DA", "ZA", "SA", "KA",
)  # fmt: skip
DIGITS_MY = str.maketrans("0123456789", "၀၁၂၃၄၅၆၇၈၉")


def made_up_card_letters() -> list[str]:
    """Return card township codes that no list has, one for each person, in a fixed order."""
    real = {letters for _, letters, _ in REAL_CARDS}
    three = ("".join(parts) for parts in product(_CARD_SYLLABLES, repeat=3))
    four = ("".join(parts) for parts in product(_CARD_SYLLABLES, repeat=4))
    return [code for code in (*three, *four) if len(code) >= 8 and code not in real]


class Words:
    """Hands out names, telephones and addresses, and remembers what it has given."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._given: set[str] = set()

    def name(self, *, burmese: bool) -> tuple[str, str]:
        """Return (full name, its mark): one name with no surname, in either script."""
        if burmese:
            mark = self._fresh(self._bare_run)
            return f"{self._rng.choice(_BURMESE)}{mark}{self._rng.choice(_BURMESE)}", mark
        mark = self._fresh(self._latin_run)
        return f"{self._rng.choice(_LATIN)} {mark} {self._rng.choice(_LATIN)}", mark

    def phone(self) -> str:
        """Return a mobile number, 09 and nine digits, which is its own mark."""
        return self._fresh(lambda: f"09{self._rng.choice('24679')}{self._rng.randrange(10**8):08d}")

    def address(self, township: str, *, burmese: bool) -> tuple[str, str]:
        """Return (address, its mark): a street that is nowhere else."""
        number = self._rng.randrange(1, 400)
        if burmese:
            mark = self._fresh(self._bare_run)
            house = str(number).translate(DIGITS_MY)
            return f"အမှတ် {house}၊ {mark}လမ်း၊ {township}", mark
        mark = self._fresh(self._latin_run)
        return f"No. {number}, {mark} Street, {township}", mark

    def card_digits(self) -> str:
        """Return the six digits of a card."""
        return self._fresh(lambda: f"{self._rng.randrange(10**6):06d}")

    def _latin_run(self) -> str:
        syllables = [self._rng.choice(_LATIN) for _ in range(4)]
        return "".join(syllables).capitalize()

    def _bare_run(self) -> str:
        return "".join(self._rng.choice(_BARE) for _ in range(10))

    def _fresh(self, make: Callable[[], str]) -> str:
        """Return what `make` gives, once it gives something new of enough letters."""
        while (text := make()) in self._given or (not text.isdigit() and len(text) < 10):
            pass
        self._given.add(text)
        return text
