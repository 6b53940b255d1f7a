"""Where the sandbox country lies: real townships, and who works there. Data, and no logic."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state or region. `intake` is false where no one can receive referrals."""

    pcode: str
    name: str
    letters: str
    card_state: int
    intake: bool
    townships: tuple[tuple[str, str], ...]

    @property
    def office(self) -> str:
        """The labour inspectorate's office code."""
        return f"FGLLID-{self.letters}"

    @property
    def intake_user(self) -> str:
        """The user name of the DSW's intake focal point."""
        return f"intake_{self.pcode.lower()}"

    @property
    def case_workers(self) -> tuple[str, str]:
        """The user names of the DSW's two case workers."""
        return f"cw_{self.pcode.lower()}_1", f"cw_{self.pcode.lower()}_2"


STATES = (
    State(
        pcode="MMR013", name="Yangon", letters="YGN", card_state=12, intake=True,
        townships=(
            ("MMR013002", "Mingaladon"), ("MMR013004", "Hlegu"), ("MMR013007", "Shwepyithar"),
            ("MMR013046", "Hlaingtharya (East)"),
        ),
    ),
    State(
        pcode="MMR010", name="Mandalay", letters="MDY", card_state=9, intake=True,
        townships=(
            ("MMR010006", "Amarapura"), ("MMR010013", "Kyaukse"), ("MMR010017", "Myingyan"),
            ("MMR010028", "Meiktila"),
        ),
    ),
    State(
        pcode="MMR017", name="Ayeyarwady", letters="AYA", card_state=14, intake=False,
        townships=(("MMR017001", "Pathein"), ("MMR017008", "Hinthada")),
    ),
    State(
        pcode="MMR011", name="Mon", letters="MON", card_state=10, intake=True,
        townships=(
            ("MMR011001", "Mawlamyine"), ("MMR011005", "Mudon"), ("MMR011007", "Thaton"),
        ),
    ),
)  # fmt: skip
BY_PCODE = {state.pcode: state for state in STATES}


def state_of(township: str) -> State:
    """Return the state or region of a township."""
    return BY_PCODE[township[:6]]


def school_code(township: str) -> str:
    """Return the code of the township's school: text that starts with a zero."""
    return f"0{township[3:]}"


def school_name(township: str) -> str:
    """Return the name of the township's school."""
    name = dict(state_of(township).townships)[township]
    return f"Basic Education High School No. 1, {name}"
