"""The regions as data: codes, inhabitants, GP use, distances, training sites and the base-year workforce."""

from regions.errors import DataError
from regions.people import ROLES, SEXES, Role
from regions.tables import Region, Regions, Site, Workforce, load

__all__ = ["ROLES", "SEXES", "DataError", "Region", "Regions", "Role", "Site", "Workforce", "load"]
