"""The model: individual GPs who are trained, settle, move, become locum or practice holder, and leave."""

from abm.indicators import INDICATORS, Indicator
from abm.model import SettlementModel
from abm.population import Status
from abm.scenario import Scenario
from abm.views import GP
from regions.people import Role

__all__ = ["GP", "INDICATORS", "Indicator", "Role", "Scenario", "SettlementModel", "Status"]
