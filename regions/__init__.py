"""The regions as data: codes, inhabitants, GP use, distances, training sites and the base-year workforce."""

from regions.errors import DataError
from regions.tables import Region, Regions, Site, Workforce, load
from regions.workforce import ROLES, SEXES

__all__ = ["ROLES", "SEXES", "DataError", "Region", "Regions", "Site", "Workforce", "load"]
