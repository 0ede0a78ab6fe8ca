"""The sexes and roles of GPs: how every table names them, and which number stands for each."""

from enum import IntEnum

WOMEN, MEN = 0, 1
SEXES = ("women", "men")
SEX_IDS = ("vrouw", "man")  # as the ids of the national parameters have them


class Role(IntEnum):
    """What a working GP works as."""

    HOLDER = 0
    SALARIED = 1
    FIXED_LOCUM = 2
    CHANGING_LOCUM = 3


ROLES = tuple(role.name.lower() for role in Role)
