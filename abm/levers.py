"""The spreading measures: each names regions, years, size and cost, and says on which parameters of the model it acts.

There is one mechanism. Before a run every lever writes into `Effects`, tables by year and region that are neutral
where no lever acts; the rules of the model read those tables and know of no lever. A lever that is in force in calendar
year y works in the step from 1 January of y to 1 January of y + 1.

Fields with the role `lever` are for policy to choose; fields with the role `uncertainty` say how people respond, and
vary in an ensemble over their range.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

from abm.effects import FACTORS, OLDEST, TABLES, Effects, Programme, Target, joint
from abm.national import HORIZON
from abm.parameters import parameter
from abm.population import NOWHERE, Population, Status
from abm.randomness import FloatArray
from regions.people import Role

if TYPE_CHECKING:
    from abm.scenario import Scenario
    from regions import Regions

IntArray = npt.NDArray[np.int64]

FIRST_YEAR, LAST_YEAR = 2000, 2045
EUROS = 10_000.0  # the unit of money in utilities
ROUNDING = 1e-9
NEW_SITE = "new dependance"
LIST_NORM = 2095.0
"""Patients of a full-time GP in the norm practice (E539)."""


Reach = Literal[
    "nobody", "newcomers", "tied_newcomers", "settled_since", "working", "older", "locums", "new_holders",
    "graduates", "selected", "placed", "obliged", "trainees", "demand",
]  # fmt: skip
"""Whom a lever reaches, and so is counted for its cost; `demand` is fte of demand saved."""
GROWING = ("selected", "placed", "obliged", "demand")
"""Of these a lever reaches more as it grows to its full size; of the others as many from the start."""


NONE_FOUND = "none found"
"""What the source of a cost begins with where there is a cost of which no amount is known."""


class Cost(BaseModel):
    """What a lever costs beside what it pays itself, in euro of today."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    per_year: float = parameter(
        0.0, unit="euro/year", low=0, source="user", role="lever", about="fixed cost of each year in force"
    )
    per_reached: float = parameter(
        0.0, unit="euro", low=0, source="user", role="lever", about="cost of each GP reached in a year"
    )
    source: str = Field("assumed", description="where these amounts come from")

    @property
    def known(self) -> bool:
        """Whether there are amounts, or a reason why there are none."""
        unfounded = self.source in ("", "assumed", "user") or self.source.startswith(NONE_FOUND)
        return bool(self.per_year or self.per_reached) or not unfounded


def _costs(source: str, *, per_year: float = 0.0, per_reached: float = 0.0) -> Any:
    """Return the field of a lever that has costs of its own kind."""
    return Field(
        Cost(per_year=per_year, per_reached=per_reached, source=source),
        description="cost beside what the lever pays itself",
    )


class Lever(BaseModel, ABC):
    """What all levers have: name, regions, years, phase-in and cost. Frozen; unknown names are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
    reaches_usually: ClassVar[Reach] = "nobody"
    """Whom it reaches, unless its fields say otherwise."""
    adds_up: ClassVar[bool] = False
    """Whether two of a kind may be in force in the same region and year."""
    needs_regions: ClassVar[bool] = False
    """Whether it makes no sense in the whole country."""
    for_trainees: ClassVar[bool] = False
    """Whether it works by those who start training, from its first year on."""

    kind: Any = ""
    name: str = Field("", pattern=r"^[a-z0-9_]*$", description="name in results; the kind if empty")
    regions: Annotated[tuple[str, ...], Field(strict=False)] = Field(
        (), description="codes or names of the regions; none is the whole country"
    )
    first: int = parameter(
        2026, unit="year", low=FIRST_YEAR, high=LAST_YEAR - 1, source="user", role="lever", about="first calendar year"
    )
    last: int = parameter(
        2042, unit="year", low=FIRST_YEAR, high=LAST_YEAR - 1, source="user", role="lever", about="last calendar year"
    )
    phase_in: int = parameter(
        0, unit="years", low=0, high=20, source="user", role="lever", about="years in which it grows to its full size"
    )
    cost: Cost = _costs(f"{NONE_FOUND}: nothing is counted")

    @model_validator(mode="before")
    @classmethod
    def _named_by_kind(cls, values: object) -> object:
        if isinstance(values, dict) and not values.get("name"):
            return {**values, "name": values.get("kind", cls.model_fields["kind"].default)}
        return values

    @model_validator(mode="after")
    def _costs_of_those_reached(self) -> Lever:
        if self.reaches == "nobody" and self.cost.per_reached:
            raise ValueError(
                f"cost.per_reached: found {self.cost.per_reached:g}, allowed is 0: it reaches no GP in person"
            )
        return self

    @model_validator(mode="after")
    def _years_in_order(self) -> Lever:
        if self.last < self.first:
            blamed = "first" if "first" in self.model_fields_set else "last"
            raise ValueError(
                f"{blamed}: found first {self.first} and last {self.last}, allowed are years in this order"
            )
        return self

    @model_validator(mode="after")
    def _somewhere(self) -> Lever:
        if self.needs_regions and not self.regions:
            raise ValueError("regions: found none, allowed are one or more: it sets some apart from others")
        return self

    @property
    def reaches(self) -> Reach:
        """Whom it reaches."""
        return self.reaches_usually

    def size_in(self, year: int) -> float:
        """Return how much of its full size it has in a calendar year, 0 to 1."""
        if not self.first <= year <= self.last:
            return 0.0
        return min(1.0, (year - self.first + 1) / self.phase_in) if self.phase_in else 1.0

    def pays(self) -> float:
        """Return the euros that the lever itself pays a year to each GP reached, at full size."""
        return 0.0

    @property
    def first_trainees(self) -> int | None:
        """The calendar year in which those start training by whom alone it works; None where it works on GPs."""
        return self.first if self.for_trainees else None

    def each(self, year: int) -> float:
        """Return the euros for each GP reached in a calendar year, or for each fte of demand saved.

        While a lever grows to its full size, either fewer are reached or as many for part of the amount.
        """
        return (self.cost.per_reached + self.pays()) * (1.0 if self.reaches in GROWING else self.size_in(year))

    def saved(self, ramp: FloatArray) -> FloatArray:
        """Return the share of demand saved by year, given how much of its size the lever has each year (T+1,)."""
        return np.zeros_like(ramp)

    @abstractmethod
    def act(self, on: Effects, at: Target) -> None:
        """Write what the lever does into the effects."""


class SettlementBonus(Lever):
    """A yearly payment to GPs in the regions: those who settled since it began, or all who work there.

    It draws GPs who start and, less, those who work elsewhere; for those it pays it counts in staying, as they lose it
    by leaving.
    """

    kind: Literal["settlement_bonus"] = "settlement_bonus"
    reaches_usually: ClassVar[Reach] = "settled_since"
    euro_per_year: float = parameter(
        20_000.0, unit="euro/year", low=0, high=200_000, role="lever",
        source="assumed; 12% of a holder's profit (E868): E614 saw what 10% does, E606 asked for 37%",
        about="payment to each GP it reaches, a year",
    )  # fmt: skip
    established: bool = Field(False, description="whether GPs who worked there before are paid too")
    response_new: float = parameter(
        0.15, unit="utility per 10,000 euro a year", low=0, high=1, prior=(0.03, 0.35),
        role="uncertainty", source="derived: E712, from foreign stated values (E604, E606, E619) and E615",
        about="how GPs who start respond",
    )  # fmt: skip
    response_established: float = parameter(
        0.03, unit="utility per 10,000 euro a year", low=0, high=1, prior=(0.0, 0.06),
        role="uncertainty", source="derived: E713, from what foreign GPs did (E614, E616; E603)",
        about="how GPs who already work respond",
    )  # fmt: skip

    @property
    def reaches(self) -> Reach:
        """All who work there, or those who settled since it began."""
        return "working" if self.established else self.reaches_usually

    cost: Cost = _costs("assumed: nothing beside the payment itself")

    def pays(self) -> float:
        """Return the payment."""
        return self.euro_per_year

    def act(self, on: Effects, at: Target) -> None:
        """Make the regions more attractive, and worth staying in for those who are paid there."""
        new, working = (r * self.euro_per_year / EUROS for r in (self.response_new, self.response_established))
        on.attract(at.grid, new, working, present=working if self.established else 0.0, paid=working)
        on.paid_since[at.grid > 0] = self.first


class StartPremium(Lever):
    """A payment once to GPs who come to work in the regions.

    Who moves from one of the regions to another is paid, and so drawn, as well.
    """

    kind: Literal["start_premium"] = "start_premium"
    reaches_usually: ClassVar[Reach] = "newcomers"
    euro_once: float = parameter(
        20_000.0, unit="euro", low=0, high=500_000, role="lever",
        source="published: E601 (Flanders, ended in 2020)", about="payment on settling",
    )  # fmt: skip
    response_once: float = parameter(
        0.06, unit="utility per 10,000 euro", low=0, high=1, prior=(0.03, 0.14), role="uncertainty",
        source="assumed; E714. The top is English posts filled (E680 and E682 against E684 and E685)",
        about="how GPs who start respond",
    )  # fmt: skip
    response_once_established: float = parameter(
        0.012, unit="utility per 10,000 euro", low=0, high=1, prior=(0.0, 0.03),
        source="assumed; as E713 stands to E712", role="uncertainty", about="how GPs who already work respond",
    )  # fmt: skip

    cost: Cost = _costs("assumed: nothing beside the payment itself")

    def pays(self) -> float:
        """Return the payment."""
        return self.euro_once

    def act(self, on: Effects, at: Target) -> None:
        """Make the regions more attractive to those who come."""
        new, working = (r * self.euro_once / EUROS for r in (self.response_once, self.response_once_established))
        on.attract(at.grid, new, working)


class TakeoverSupport(Lever):
    """Help with taking over a practice: matching, premises, deputies. More open places suit those who look for one."""

    kind: Literal["takeover_support"] = "takeover_support"
    adds_up: ClassVar[bool] = True
    reaches_usually: ClassVar[Reach] = "new_holders"
    failures_mended: float = parameter(
        0.17, unit="share", low=0, high=1, prior=(0.0, 0.35),
        source="derived: E597 of E597 and E598 in 1.5 years, a year; nothing to compare with, so rather high",
        role="lever", about="of open places that would suit nobody in a year, those that do",
    )  # fmt: skip
    cost: Cost = _costs(
        "derived: the fund of E600 over the 22 GPs wanted (E593); at most 50,000 an application (E599)",
        per_reached=14_800.0,
    )

    def act(self, on: Effects, at: Target) -> None:
        """Raise the chance that an open place suits."""
        on.takeover[:] = joint(on.takeover, self.failures_mended * at.grid)


class OwnershipTraining(Lever):
    """Practice management and ownership in the training at sites in the regions."""

    kind: Literal["ownership_training"] = "ownership_training"
    adds_up: ClassVar[bool] = True
    reaches_usually: ClassVar[Reach] = "graduates"
    more_wanting: float = parameter(
        0.05, unit="share", low=0, high=0.35, prior=(0.0, 0.08), role="lever",
        source="assumed; the top is E697's (E416) less its value",
        about="graduates who want a practice and otherwise would not",
    )  # fmt: skip
    cost: Cost = _costs("assumed: one of 46 weeks of a trainee, at E077 over E066 a year", per_reached=2_800.0)

    def act(self, on: Effects, at: Target) -> None:
        """Raise the share who want a practice, of those who finish there in these years."""
        on.wants += self.more_wanting * at.ramp[:, None] * at.where[at.site_region]


class PartnerProgramme(Lever):
    """Work and housing for partners and families in the regions."""

    kind: Literal["partner_programme"] = "partner_programme"
    reaches_usually: ClassVar[Reach] = "tied_newcomers"
    partner_loss_mended: float = parameter(
        0.1, unit="share", low=0, high=1, prior=(0.0, 0.3), role="lever",
        source="assumed: one partner in ten is helped for good; sign E138, E363, E620",
        about="how far the regions become as good for a tied partner as the partner's own; 1 is wholly",
    )  # fmt: skip
    cost: Cost = _costs("assumed: help for each newcomer with a tied partner", per_reached=10_000.0)

    def act(self, on: Effects, at: Target) -> None:
        """Lower what a tied partner loses in the regions."""
        on.partner_relief[:] = joint(on.partner_relief, self.partner_loss_mended * at.grid)


class Campaign(Lever):
    """A campaign for the regions among GPs and trainees."""

    kind: Literal["campaign"] = "campaign"
    appeal: float = parameter(
        0.1, unit="utility", low=0, high=2, prior=(0.0, 0.3), role="lever",
        source="assumed; E151 names campaigns, E593 to E596 count candidates, nothing to compare with",
        about="attractiveness added to the regions",
    )  # fmt: skip
    cost: Cost = _costs("assumed: for all the regions together", per_year=100_000.0)

    def act(self, on: Effects, at: Target) -> None:
        """Add to the attractiveness of the regions."""
        on.attract(at.grid, self.appeal, self.appeal, self.appeal)


class Placements(Lever):
    """Part of the training spent in a practice in one of the regions."""

    kind: Literal["placements"] = "placements"
    adds_up: ClassVar[bool] = True
    needs_regions: ClassVar[bool] = True
    reaches_usually: ClassVar[Reach] = "placed"
    placed_share: float = parameter(
        0.2, unit="share of graduates", low=0, high=1, source="assumed; named in E148", role="lever",
        about="graduates who were placed",
    )  # fmt: skip
    months: float = parameter(
        6.0, unit="months", low=0, high=38.4, source="assumed", role="lever", about="length of the placement"
    )
    effect_of_months: float = parameter(
        1.0, unit="ratio", low=0, high=3, prior=(0.5, 1.5), role="uncertainty",
        source="assumed; by months of E635 or E638, which agrees with E634 for about a year",
        about="pull of the placement over that of as long a part of the training",
    )  # fmt: skip
    cost: Cost = _costs("published: E364, the bonus for trainees in Zeeuws-Vlaanderen", per_reached=1_000.0)

    def pull(self, train_own: float, training_months: float) -> float:
        """Return the utility of the region of the placement: the part of the pull of a whole training."""
        return train_own * self.effect_of_months * self.months / training_months

    def act(self, on: Effects, at: Target) -> None:
        """Give some of those who finish in these years part of the pull of a training region."""
        on.placements.append(Programme(self, self.placed_share * at.ramp, at.where))


class TrainingPlaces(Lever):
    """More training places in a region: at the site that is there, or a new dependance; or moved from another site."""

    kind: Literal["training_places"] = "training_places"
    adds_up: ClassVar[bool] = True
    needs_regions: ClassVar[bool] = True
    for_trainees: ClassVar[bool] = True
    reaches_usually: ClassVar[Reach] = "trainees"
    places: float = parameter(
        10.0, unit="places/year", low=0, high=500, role="lever",
        source="assumed; between the annexes in Zeeland (4, E487) and Twente (13.5, E482)",
        about="places a year added in each of the regions",
    )  # fmt: skip
    moved_from: str = Field("", description="site that loses as many places; empty: they are extra")
    cost: Cost = _costs(
        "assumed: a trainee costs the same elsewhere (E077 over E066, 127,000 euro a year); a site's own cost not found"
    )

    def act(self, on: Effects, at: Target) -> None:
        """Add places at the sites of a region, in equal parts; take them away where they are moved from."""
        here = at.where[at.site_region]
        in_region = np.bincount(at.site_region, minlength=len(at.where))[at.site_region]
        on.places += self.places * at.ramp[:, None] * (here / in_region)
        if self.moved_from:
            site = at.site(self.moved_from)
            on.places[:, site] -= self.places * at.where.sum() * at.ramp


class Selection(Lever):
    """Selection of candidates who grew up in the regions."""

    kind: Literal["selection"] = "selection"
    adds_up: ClassVar[bool] = True
    needs_regions: ClassVar[bool] = True
    for_trainees: ClassVar[bool] = True
    reaches_usually: ClassVar[Reach] = "selected"
    selected_share: float = parameter(
        0.05, unit="share of intake", low=0, high=1, role="lever",
        source="assumed; quotas with a duty: 6.8% in Germany (E675), 16% in Japan (E677)",
        about="entrants who are replaced by candidates from the regions",
    )  # fmt: skip
    cost: Cost = _costs("assumed: candidates are selected anyway")

    def act(self, on: Effects, at: Target) -> None:
        """Replace the origin of some entrants."""
        on.selection.append(Programme(self, self.selected_share * at.ramp, at.where))


class Obligation(Lever):
    """Return of service, or directed settlement: some graduates must work in the regions for some years."""

    kind: Literal["obligation"] = "obligation"
    adds_up: ClassVar[bool] = True
    needs_regions: ClassVar[bool] = True
    reaches_usually: ClassVar[Reach] = "obliged"
    obliged_share: float = parameter(
        0.05, unit="share of graduates", low=0, high=1, role="lever",
        source="assumed; of medical places 6.8% in Germany (E675), 16% in Japan (E677)",
        about="graduates who have the obligation",
    )  # fmt: skip
    years: int = parameter(
        5, unit="years", low=1, high=20, source="assumed; 10 in Germany (E676)", role="lever",
        about="length of the obligation",
    )  # fmt: skip
    complies: float = parameter(
        0.80, unit="share", low=0, high=1, prior=(0.60, 0.97), role="uncertainty",
        source="derived: E715, between E669 and E671 (foreign)",
        about="of the obliged, who fulfil it",
    )  # fmt: skip
    stays_on: float = parameter(
        0.60, unit="share", low=0, high=1, prior=(0.5, 0.7), role="uncertainty",
        source="derived: E716, from E649, E670 and E672 (foreign); one country's places run from 0.46 to 0.93",
        about="of those who fulfilled it, who stay; the others choose another region",
    )  # fmt: skip
    candidates_lost: float = parameter(
        0.2, unit="per obliged", low=0, high=1, prior=(0.0, 0.5), role="uncertainty",
        source="assumed; candidates are short already (E049)",
        about="entrants lost for each obliged place: candidates stay away",
    )  # fmt: skip
    cost: Cost = _costs("assumed: the place is what is offered (as E675); no grant, unlike E674")

    def act(self, on: Effects, at: Target) -> None:
        """Oblige some of those who finish in these years, and lose candidates in these years."""
        on.obligations.append(Programme(self, self.obliged_share * at.ramp, at.where))
        on.candidates *= 1 - self.candidates_lost * self.obliged_share * at.ramp


class TravelSupport(Lever):
    """Travel and mobility support for working in the regions."""

    kind: Literal["travel_support"] = "travel_support"
    reaches_usually: ClassVar[Reach] = "newcomers"
    distance_mended: float = parameter(
        0.01, unit="share", low=0, high=1, prior=(0.0, 0.1), role="lever",
        source="assumed; by E712, 2,500 euro a year is worth 1% of what 100 km costs; E420, E436 for the distance",
        about="share of the loss by distance to training place, origin and partner that is made good",
    )  # fmt: skip
    cost: Cost = _costs("assumed: 2,500 euro a year for four years, counted when they come", per_reached=10_000.0)

    def act(self, on: Effects, at: Target) -> None:
        """Lower what distance to the regions costs."""
        on.travel_relief[:] = joint(on.travel_relief, self.distance_mended * at.grid)


class LocumMarket(Lever):
    """Locum work becomes less attractive beside a practice: tariffs, shared out-of-hours duty, the fixed list."""

    kind: Literal["locum_market"] = "locum_market"
    reaches_usually: ClassVar[Reach] = "locums"
    seek_more: float = parameter(
        0.10, unit="share", low=0, high=5, prior=(0.0, 0.3), source="assumed; named in E148; sign E139", role="lever",
        about="by how much the chance to look for a practice rises",
    )  # fmt: skip
    settle_more: float = parameter(
        0.20, unit="share", low=0, high=5, prior=(0.0, 0.5), source="assumed; named in E148; sign E139", role="lever",
        about="by how much the chance of a changing locum to become a fixed one rises",
    )  # fmt: skip
    give_up_less: float = parameter(
        0.0, unit="share", low=0, high=1, prior=(0.0, 0.3), role="lever",
        source="assumed; named in E148: out-of-hours duty for all GPs",
        about="by how much the chance to give up a practice falls",
    )  # fmt: skip
    cost: Cost = _costs(
        "assumed: rules cost nothing; a practice pays 13,533 euro a year more for a salaried GP than for a locum "
        "(E918 less E917), which is not counted"
    )

    def act(self, on: Effects, at: Target) -> None:
        """Change the chances to look for a practice, to become a fixed locum and to give a practice up."""
        on.seek *= 1 + self.seek_more * at.grid
        on.settle *= 1 + self.settle_more * at.grid
        on.give_up *= 1 - self.give_up_less * at.grid


class LaterRetirement(Lever):
    """Retention of older GPs in the regions.

    Counted for its cost is every GP from that age on who works there at the end of the year, with a practice or not;
    who left in the year is not.
    """

    kind: Literal["later_retirement"] = "later_retirement"
    reaches_usually: ClassVar[Reach] = "older"
    fewer_exits: float = parameter(
        0.1, unit="share", low=0, high=1, prior=(0.0, 0.3), role="lever",
        source="assumed; relief comes first for rural GPs in Australia (E612), what it does to exits is not known",
        about="by how much the yearly chance to leave falls",
    )  # fmt: skip
    from_age: int = parameter(
        60, unit="years", low=25, high=OLDEST, role="lever",
        source="assumed; three in four who leave are 60 or older (E397 to E399)", about="age from which it holds",
    )  # fmt: skip
    cost: Cost = _costs(
        "derived: a holder's duty (E829) for 46 weeks, taken over at a locum's daytime fee (E916)", per_reached=9_600.0
    )

    def act(self, on: Effects, at: Target) -> None:
        """Lower the chance to leave from an age on."""
        on.exits *= 1 - self.fewer_exits * at.grid[:, :, None] * (np.arange(OLDEST + 1) >= self.from_age)


class Hours(Lever):
    """More, or fewer, hours a week of GPs in the regions."""

    kind: Literal["hours"] = "hours"
    reaches_usually: ClassVar[Reach] = "working"
    more_hours: float = parameter(
        0.05, unit="share", low=-0.5, high=0.5, prior=(0.0, 0.1), role="lever",
        source="assumed; weeks grew by 9% in six years (E035), the plan expects no further rise (E036)",
        about="by how much fte per GP rises",
    )  # fmt: skip
    cost: Cost = _costs(f"{NONE_FOUND}: work is paid by the tariff, and what makes GPs work more is not counted")

    def act(self, on: Effects, at: Target) -> None:
        """Change fte per GP."""
        on.hours *= 1 + self.more_hours * at.grid


class TaskShifting(Lever):
    """Work taken over by others, or saved: POH, PA, VS, e-health, less administration, self-care, networks.

    Counted for its cost is the saved share of the need in fte, at today's list norm, whether or not there are GPs to
    meet it. As need falls, so does the shortage that draws GPs to the regions.
    """

    kind: Literal["task_shifting"] = "task_shifting"
    reaches_usually: ClassVar[Reach] = "demand"
    saved_per_year: float = parameter(
        0.005, unit="share of demand a year", low=0, high=0.1, prior=(0.0, 0.01),
        role="lever",
        source="assumed; the plan's efficiency (eff, 0.5% a year) again; E016 is 0.6% a year, which the plan counts",
        about="demand saved, each year more, on top of what the plan counts on",
    )  # fmt: skip
    saved_at_most: float = parameter(
        0.05, unit="share of demand", low=0, high=0.9, prior=(0.02, 0.08),
        source="assumed; staff is short (E055), places for 75 PA and VS were wanted in all (E146)", role="lever",
        about="what the staff there is can take over at most",
    )  # fmt: skip
    cost: Cost = _costs(
        "derived: a practice's costs over its staff (E910 over E899), rather high; one fte of staff for one of GPs",
        per_reached=124_500.0,
    )

    def act(self, on: Effects, at: Target) -> None:
        """Lower demand a little more each year."""
        on.demand *= 1 - self.saved(at.ramp)[:, None] * at.where

    def saved(self, ramp: FloatArray) -> FloatArray:
        """Return the share of demand saved by year: more each year, up to a limit."""
        return np.asarray(np.minimum(self.saved_per_year * np.cumsum(ramp) * (ramp > 0), self.saved_at_most))


class SmallerPractices(Lever):
    """A smaller norm for the list of a full-time GP in the regions.

    The GPs that it calls for are a shortage until they come, which draws GPs as any shortage does. That work becomes
    lighter draws nobody on top: a shortage draws by vacancies and workload together (E710, E711), and lists get
    shorter only as GPs come. Every GP at work there is counted for its cost.
    """

    kind: Literal["smaller_practices"] = "smaller_practices"
    reaches_usually: ClassVar[Reach] = "working"
    list_norm: float = parameter(
        1800.0, unit="patients per fte", low=500, high=2095, role="lever",
        source="published: E149, a proposal", about="the norm; now 2,095 (E539)",
    )  # fmt: skip
    cost: Cost = _costs(
        "derived: E897 times E003, for the 14% fewer patients of a norm of 1,800: income stays", per_reached=23_200.0
    )

    def act(self, on: Effects, at: Target) -> None:
        """Raise the GPs that the same need calls for; lists wait for the GPs."""
        less = 1 - self.list_norm / LIST_NORM
        on.norm *= 1 / (1 - less * at.grid)


class MedicalSchool(Lever):
    """Another number of medical students, of whom some choose general practice when they have finished."""

    kind: Literal["medical_school"] = "medical_school"
    students: float = parameter(
        4100.0, unit="persons/year", low=0, high=20_000, source="published: E051", role="lever",
        about="who start medical school a year",
    )  # fmt: skip
    choosing: float = parameter(
        0.25, unit="share", low=0, high=1, prior=(0.16, 0.34), role="uncertainty",
        source="published: E050, what is needed; the range from E448 (by area of origin) and E476",
        about="of new doctors, who choose the GP training",
    )  # fmt: skip
    study_loss: float = parameter(
        0.1, unit="share", low=0, high=0.9, prior=(0.0, 0.2), role="uncertainty",
        source="assumed; E050 of E051 is 1,025, so the plan's sum (E007) has none",
        about="students who do not become a doctor",
    )  # fmt: skip
    pipeline_years: int = parameter(
        10, unit="years", low=0, high=20, prior=(6, 12), role="uncertainty",
        source="derived: six years of study (E069) to the mean age at the start (E455) from 19; E052 is six from 2026",
        about="from the start of medical school to the start of the GP training",
    )  # fmt: skip
    cost: Cost = _costs(f"{NONE_FOUND} for medical school; a GP trainee costs 127,000 euro a year (E077 over E066)")

    @model_validator(mode="after")
    def _everywhere(self) -> MedicalSchool:
        if self.regions:
            raise ValueError("regions: found some, allowed is none: the intake is national")
        return self

    @property
    def first_trainees(self) -> int:
        """The year in which the first students are through the pipeline."""
        return self.first + self.pipeline_years

    def act(self, on: Effects, at: Target) -> None:
        """Set the intake, from the first other cohort that is through the pipeline on."""
        through = np.roll(at.ramp, self.pipeline_years)
        through[: self.pipeline_years] = 0.0
        on.intake += through * (self.students * (1 - self.study_loss) * self.choosing - on.intake)


AnyLever = Annotated[
    SettlementBonus | StartPremium | TakeoverSupport | OwnershipTraining | PartnerProgramme | Campaign | Placements
    | TrainingPlaces | Selection | Obligation | TravelSupport | LocumMarket | LaterRetirement | Hours | TaskShifting
    | SmallerPractices | MedicalSchool,
    Field(discriminator="kind"),
]  # fmt: skip
Levers = Annotated[tuple[AnyLever, ...], Field(strict=False)]


# From levers to effects ---------------------------------------------------------------------------------------------


def effects(scenario: Scenario, regions: Regions, adjustment_year: int) -> Effects:
    """Return what the levers of a scenario do; `regions` has the sites that they open.

    The intake before the adjustment year cannot be changed any more. Raises `ValueError` for levers that contradict
    each other or the run.
    """
    years = regions.base_year - 1 + np.arange(HORIZON + 1)  # the calendar year of each step
    fixed = years < adjustment_year
    usual = np.array(
        [scenario.intake_current if f else scenario.intake_in(int(y)) for y, f in zip(years, fixed, strict=True)]
    )
    on = Effects.neutral(usual, len(regions), len(regions.sites))
    for lever in scenario.levers:
        at = target(lever, regions, years)
        if not regions.base_year <= lever.first < scenario.end_year:
            raise ValueError(
                f"levers.{lever.name}.first: found {lever.first}, "
                f"allowed in this run is {regions.base_year} to {scenario.end_year - 1}"
            )
        for other, beside in on.levers:
            if other.kind == lever.kind and not lever.adds_up and (beside.grid * at.grid).any():
                raise ValueError(
                    f"levers.{lever.name}: found a second {lever.kind} beside {other.name} in the same regions and "
                    "years, allowed is one: change first, last or regions"
                )
        on.levers.append((lever, at))
        try:
            lever.act(on, at)
        except ValueError as error:
            raise ValueError(f"levers.{lever.name}: {error}") from None
    on.intake[:] = np.where(fixed, usual, on.intake * on.candidates)
    for selection in on.selection:
        selection.chance(regions.origin_share)
    for placement in on.placements:
        placement.chance(regions.demand_share[0])
    for programmes in (on.selection, on.placements, on.obligations):
        if programmes and (most := np.sum([one.share for one in programmes], axis=0).max()) > 1 + ROUNDING:
            *others, newest = (one.lever.name for one in programmes)
            together = f" with {', '.join(others)}" if others else ""
            raise ValueError(f"levers.{newest}: found {most:.0%} of a cohort reached{together}, allowed is 100%")
    _check_places(scenario, regions, on)
    on.active = frozenset(name for name in TABLES if (getattr(on, name) != (name in FACTORS)).any())
    return on


def _check_places(scenario: Scenario, regions: Regions, on: Effects) -> None:
    """Raise `ValueError` when a site loses more places than it has in a year of the run, which go with the intake."""
    end = scenario.end_year - regions.base_year + 1
    total = on.intake[:end] * scenario.places_per_intake
    for number, site in enumerate(regions.sites):
        lost, there = -on.places[:end, number], site.places * total
        if (more := lost > there + ROUNDING).any():
            t = int(more.argmax())
            *others, newest = (
                lever.name
                for lever in scenario.levers
                if lever.kind == "training_places" and lever.moved_from == site.name
            )
            together = f" with {', '.join(others)}" if others else ""
            raise ValueError(
                f"levers.{newest}.places: found {lost[t]:g} moved from {site.name}{together} "
                f"in {regions.base_year - 1 + t}, allowed are the {there[t]:.1f} that it has"
            )


def _rows(lever: AnyLever, regions: Regions) -> list[int]:
    """Return the rows of the regions of a lever; raises `ValueError` with its name for one that is not there."""
    try:
        return [regions.index(region) for region in lever.regions]
    except ValueError as error:
        raise ValueError(f"levers.{lever.name}.regions: {error}") from None


def with_sites(scenario: Scenario, regions: Regions) -> Regions:
    """Return the regions with a training site, still without places, where a lever adds places and there is none."""
    there = {site.region for site in regions.sites}
    wanted = [row for lever in scenario.levers if lever.kind == "training_places" for row in _rows(lever, regions)]
    new = [regions.members[index] for index in sorted(set(wanted) - there)]
    closed = replace(regions.sites[0], institute=NEW_SITE, share=0.0, first_choice=0.0, places=0.0)
    sites = [replace(closed, name=region.name, region=region.index) for region in new]
    return replace(regions, sites=(*regions.sites, *sites)) if new else regions


def target(lever: AnyLever, regions: Regions, years: IntArray) -> Target:
    """Return when and where a lever acts; `years` (T+1,) are the calendar years of the steps."""
    where = np.ones(len(regions), dtype=bool)
    if lever.regions:
        where[:] = False
        where[_rows(lever, regions)] = True
    ramp = np.array([lever.size_in(int(year)) for year in years])
    ramp[0] = 0.0  # the base year is given
    return Target(ramp, where, regions.site_region, tuple(site.name for site in regions.sites))


def who(on: Effects, lever: AnyLever, at: Target, gps: Population, role: npt.NDArray[np.int8], year: int) -> IntArray:
    """Return the rows of GPs at work whom a lever reached in the year before 1 January of `year`.

    `role` is what they worked as before that year.
    """
    here = gps.rows(Status.WORKING)
    here = here[at.where[gps.region[here]]]
    new, now = gps.since[here] == year, gps.role[here]
    match lever.reaches:
        case "newcomers":
            counts = new
        case "tied_newcomers":
            counts = new & (gps.partner[here] != NOWHERE)
        case "settled_since":
            counts = gps.since[here] > lever.first
        case "older" if isinstance(lever, LaterRetirement):
            counts = year - 1 - gps.birth[here] >= lever.from_age  # as when they drew whether to leave
        case "locums":
            counts = (now == Role.FIXED_LOCUM) | (now == Role.CHANGING_LOCUM)
        case "new_holders":
            counts = (now == Role.HOLDER) & (role[here] != Role.HOLDER)
        case "obliged":
            number = [one.lever.name for one in on.obligations].index(lever.name)
            counts = (gps.obligation[here] == number) & (gps.obliged_until[here] > year)
        case _:
            counts = np.ones(len(here), dtype=bool)
    return here[counts]
