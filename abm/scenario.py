"""Every parameter of the model, in one place, with unit, range, source and role; those of measures are in `levers`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from abm.levers import FIRST_YEAR, LAST_YEAR, AnyLever, Levers
from abm.parameters import parameter

# Entrants from the adjustment year on can be given per year; inflows have fields of their own.
INFLOW_IDS = ("n_inopleiding_perjaar", "n_inopleiding_perjaar2", "n_inopleiding_perjaar3")
INTAKE_RANGE = (0.0, 5000.0)


class Scenario(BaseModel):
    """What a run assumes. Frozen; unknown names and values outside the range are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    name: str = Field(
        "baseline",
        min_length=1,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$",
        description="name of the results folder",
    )
    end_year: int = parameter(
        2043,
        unit="year",
        low=FIRST_YEAR + 1,
        high=LAST_YEAR,
        source="plan of 2025: equilibrium year; nodes end in 2045",
        role="constant",
        about="last year of the run (1 January)",
    )

    # National totals: intake and demand of the official model
    intake_current: float = parameter(
        720.0,
        unit="persons/year",
        low=INTAKE_RANGE[0],
        high=INTAKE_RANGE[1],
        source="E006",
        role="constant",
        about="yearly intake of those now in training and of the entrants before the adjustment year",
    )
    intake: float | dict[int, float] = Field(
        720.0,
        description="yearly intake from the adjustment year (2027) on: one number, or one by year (else 720)",
        json_schema_extra={"unit": "persons/year", "source": "E006", "role": "lever"},
    )
    demand_scenario: Literal[1, 2, 3, 4, 6] = parameter(
        6,
        unit="",
        source="plan of 2025: the advice",
        role="uncertainty",
        about="demand scenario of the national model",
    )
    demand_level: Literal["low", "middle", "high"] = parameter(
        "middle", unit="", source="plan of 2025", role="uncertainty", about="level of the demand scenario"
    )
    yields: Literal["straight", "reference"] = parameter(
        "straight",
        unit="",
        source="national model, section on external yields",
        role="constant",
        about="how external yields run between their nodes",
    )
    national: dict[str, float] = Field(
        default_factory=dict,
        description="values that replace parameters of the national model, by id",
        json_schema_extra={"unit": "see national_parameters.csv", "source": "user", "role": "uncertainty"},
    )

    # Candidates and training
    age_at_start: float = parameter(
        29.9,
        unit="years",
        low=24,
        high=45,
        source="E455",
        role="constant",
        about="mean age at the start of training",
    )
    age_at_start_sd: float = parameter(
        2.5,
        unit="years",
        low=0,
        high=4,
        source="assumed",
        role="constant",
        about="spread of the age at the start of training",
    )
    age_at_registration: int = parameter(
        33,
        unit="years",
        low=30,
        high=40,
        source="E718",
        role="constant",
        about="age at registration, to date the registration of the GPs of the base year",
    )
    age_on_arrival: int = parameter(
        40,
        unit="years",
        low=28,
        high=60,
        source="assumed",
        role="constant",
        about="age of GPs who come from abroad",
    )
    places_per_intake: float = parameter(
        1035 / 720,
        unit="ratio",
        low=1,
        high=5,
        source="E471 over E006",
        role="lever",
        about="training places per entrant: places do not limit intake, candidates do (E049)",
    )
    site_distance: float = parameter(
        1.6,
        unit="utility per 100 km",
        low=0,
        high=6,
        source="assumed; fits E478 with the places",
        prior=(1.0, 2.5),
        role="uncertainty",
        about="how strongly candidates prefer a training site near their origin",
    )

    # Location choice: utility of a region, in logit units
    train_own: float = parameter(
        1.5,
        unit="utility",
        low=0,
        high=3,
        source="E704, fitted with train_far to E436",
        prior=(0.5, 2.1),
        role="uncertainty",
        about="working in the region of training",
    )
    train_far: float = parameter(
        2.2,
        unit="utility per 100 km",
        low=0,
        high=4,
        source="E705, fitted with train_own to E436",
        prior=(1.2, 3.0),
        role="uncertainty",
        about="decline with distance from the training region",
    )
    origin_own: float = parameter(
        1.0,
        unit="utility",
        low=0,
        high=2,
        source="E706",
        prior=(0.7, 1.4),
        role="uncertainty",
        about="working in the region of origin",
    )
    origin_far: float = parameter(
        0.5,
        unit="utility per 100 km",
        low=0,
        high=3,
        source="assumed",
        prior=(0.0, 1.5),
        role="uncertainty",
        about="decline with distance from the region of origin",
    )
    partner_tied_share: float = parameter(
        0.5,
        unit="share",
        low=0,
        high=1,
        source="assumed, range 0.3 to 0.7",
        prior=(0.3, 0.7),
        role="uncertainty",
        about="GPs whose partner is tied to a region by work or origin",
    )
    partner_own: float = parameter(
        1.0,
        unit="utility",
        low=0,
        high=2,
        source="E707",
        prior=(0.7, 1.3),
        role="uncertainty",
        about="working in the region of a tied partner",
    )
    partner_far: float = parameter(
        1.0,
        unit="utility per 100 km",
        low=0,
        high=4,
        source="assumed",
        prior=(0.3, 2.0),
        role="uncertainty",
        about="decline with distance from the region of a tied partner",
    )
    thin_job_market: float = parameter(
        -0.3,
        unit="utility per standard deviation",
        low=-1,
        high=0,
        source="E708",
        prior=(-0.5, -0.1),
        role="uncertainty",
        about="for GPs without a tied partner: a region with few jobs within reach",
    )
    job_market_reach_km: float = parameter(
        30.0,
        unit="km",
        low=5,
        high=150,
        source="assumed",
        role="constant",
        about="distance at which inhabitants count for 1/e in the job market of a region",
    )
    tightness: float = parameter(
        3.0,
        unit="utility per log point of demand over supply",
        low=0,
        high=6,
        source="E710 and E711 taken together; lasting gap draws 0.3 of itself a year",
        prior=(1.0, 4.0),
        role="uncertainty",
        about="drawing power of a shortage, vacancies and workload together",
    )
    tightness_years: int = parameter(
        3,
        unit="years",
        low=1,
        high=10,
        source="assumed",
        role="constant",
        about="years over which tightness is averaged",
    )
    tightness_cap: float = parameter(
        1.0,
        unit="log points",
        low=0,
        high=5,
        source="assumed",
        role="constant",
        about="tightness beyond this, either way, counts no further",
    )
    yearly_noise: float = parameter(
        0.7,
        unit="utility",
        low=0,
        high=3,
        source="assumed; sets realised moves with the reconsideration rates",
        prior=(0.4, 1.0),
        role="uncertainty",
        about="scale of the yearly part of the error, beside the persistent part of scale 1",
    )
    stay: float = parameter(
        0.5,
        unit="utility",
        low=0,
        high=5,
        source="assumed; sets realised moves with the reconsideration rates",
        prior=(0.0, 1.5),
        role="uncertainty",
        about="pull of the present region on those who reconsider",
    )
    attractiveness: dict[str, float] = Field(
        default_factory=dict,
        description="values that replace the attractiveness of regions, by code or name",
        json_schema_extra={"unit": "utility", "source": "user", "role": "lever"},
    )

    # Spreading measures
    levers: Levers = Field((), description="measures, each with regions, years, size and cost")

    # Reconsidering the region, yearly
    reconsider_holder: float = parameter(
        0.015,
        unit="per year",
        low=0,
        high=1,
        source="E700 for realised moves",
        prior=(0.005, 0.04),
        role="uncertainty",
        about="practice holders who think about another region",
    )
    reconsider_salaried: float = parameter(
        0.05,
        unit="per year",
        low=0,
        high=1,
        source="E701 for realised moves",
        prior=(0.02, 0.12),
        role="uncertainty",
        about="salaried GPs who think about another region",
    )
    reconsider_locum: float = parameter(
        0.13,
        unit="per year",
        low=0,
        high=1,
        source="E702 for realised moves",
        prior=(0.06, 0.25),
        role="uncertainty",
        about="locums who think about another region",
    )
    reconsider_early: float = parameter(
        1.4,
        unit="ratio",
        low=1,
        high=5,
        source="E703 for realised moves",
        prior=(1.0, 2.0),
        role="uncertainty",
        about="multiplier in the first years in a region",
    )
    early_years: int = parameter(
        3, unit="years", low=0, high=20, source="E703", role="constant", about="how long the multiplier holds"
    )

    # Roles
    fte_holder: float = parameter(
        0.76,
        unit="fte/person",
        low=0.1,
        high=1.5,
        source="national table: fte_zelfstandig",
        role="constant",
        about="relative fte of practice holders",
    )
    fte_salaried: float = parameter(
        0.69,
        unit="fte/person",
        low=0.1,
        high=1.5,
        source="national table: fte_loondienst",
        role="constant",
        about="relative fte of salaried GPs",
    )
    fte_fixed_locum: float = parameter(
        0.69,
        unit="fte/person",
        low=0.1,
        high=1.5,
        source="national table: fte_loondienst",
        role="constant",
        about="relative fte of fixed locums",
    )
    fte_changing_locum: float = parameter(
        0.80,
        unit="fte/person",
        low=0.1,
        high=1.5,
        source="national table: fte_wiss-waarnemer",
        role="constant",
        about="relative fte of changing locums",
    )
    starts_salaried: float = parameter(
        0.15,
        unit="share",
        low=0,
        high=1,
        source="E079: over three quarters start as locum",
        prior=(0.05, 0.25),
        role="uncertainty",
        about="graduates who start in salaried work",
    )
    starts_fixed_locum: float = parameter(
        0.47,
        unit="share",
        low=0,
        high=1,
        source="assumed",
        prior=(0.3, 0.65),
        role="uncertainty",
        about="of graduates who start as locum, those who start as fixed locum; the rest as changing locum",
    )
    wants_practice: float = parameter(
        0.65,
        unit="share",
        low=0,
        high=1,
        source="E697",
        prior=(0.6, 0.73),
        role="uncertainty",
        about="GPs who ever want a practice of their own",
    )
    seek_practice_early: float = parameter(
        0.06,
        unit="per year",
        low=0,
        high=1,
        prior=(0.03, 0.12),
        source="assumed; E694 over those who want one",
        role="uncertainty",
        about="chance to look for a practice until 2 years after registration, of those who want one and have none",
    )
    seek_practice_middle: float = parameter(
        0.20,
        unit="per year",
        low=0,
        high=1,
        prior=(0.1, 0.35),
        source="assumed; E695 over those who want one",
        role="uncertainty",
        about="the same, years 3 to 12",
    )
    seek_practice_late: float = parameter(
        0.35,
        unit="per year",
        low=0,
        high=1,
        prior=(0.15, 0.6),
        source="assumed; E696 over those who still want one",
        role="uncertainty",
        about="the same, after year 12",
    )
    seeks_until_age: int = parameter(
        60,
        unit="years",
        low=40,
        high=80,
        source="assumed",
        role="constant",
        about="age from which GPs no longer look for a practice",
    )
    gives_up_practice: float = parameter(
        0.01,
        unit="per year",
        low=0,
        high=1,
        source="E698",
        prior=(0.002, 0.02),
        role="uncertainty",
        about="holders who go back to work as fixed locum",
    )
    settles_as_locum: float = parameter(
        0.075,
        unit="per year",
        low=0,
        high=1,
        source="assumed",
        prior=(0.04, 0.16),
        role="uncertainty",
        about="changing locums who become fixed locum",
    )

    # Locums in several regions
    locums_in_several_regions: float = parameter(
        0.5,
        unit="share",
        low=0,
        high=1,
        source="E719, E080",
        prior=(0.3, 0.7),
        role="uncertainty",
        about="locums who work in more than one region",
    )
    locums_in_three_regions: float = parameter(
        0.3,
        unit="share",
        low=0,
        high=1,
        source="assumed",
        prior=(0.1, 0.5),
        role="uncertainty",
        about="of those, who work in three regions; the others in two",
    )
    locum_reach_km: float = parameter(
        50.0,
        unit="km",
        low=0,
        high=400,
        source="assumed",
        prior=(30.0, 80.0),
        role="uncertainty",
        about="how far from the home region the other regions of a locum are at most",
    )

    # Practices: the base year
    places_per_practice: float = parameter(
        7851 / 4837,
        unit="places/practice",
        low=1,
        high=5,
        source="derived: the plan's holders with the open places, over the practices of E798",
        role="constant",
        about="holder places per practice in the base year",
    )
    practices_of_three: float = parameter(
        0.066,
        unit="share",
        low=0,
        high=0.3,
        source="assumed; forms of practice E817 to E819",
        role="constant",
        about="practices with three holder places in the base year; the rest have one or two",
    )
    open_at_start: float = parameter(
        260 / 7591,
        unit="ratio",
        low=0,
        high=0.5,
        source="assumed: about 260 places, as the yearly fill and the outflow of holders imply",
        prior=(0.02, 0.05),
        role="uncertainty",
        about="open holder places per holder in the base year, divided over regions as vacancies are",
    )
    vacant_stays_vacant: float = parameter(
        0.45,
        unit="per year",
        low=0,
        high=1,
        source="assumed after E552: 0.44 find no successor",
        role="constant",
        about="chance that a practice without a holder stays so, to tell how long those of the base year are",
    )
    older_in_small_practices: float = parameter(
        0.5,
        unit="ratio",
        low=0,
        high=1,
        source="assumed after E434",
        prior=(0.0, 1.0),
        role="uncertainty",
        about="how much age decides which holder of the base year is in a small practice; 0 chance alone, 1 age alone",
    )

    # Practices: succession
    takeover: float = parameter(
        0.70,
        unit="per year",
        low=0,
        high=1,
        source="assumed; sets the share found within the year (E552)",
        prior=(0.5, 0.9),
        role="uncertainty",
        about="chance that an open place suits those who look for one, at the workload of the base year",
    )
    takeover_workload: float = parameter(
        0.7,
        unit="elasticity",
        low=0,
        high=5,
        source="assumed after E558 and E559",
        prior=(0.0, 2.0),
        role="uncertainty",
        about="by how many percent that chance falls with 1% more work per fte in the practice",
    )
    wants_company_women: float = parameter(
        0.8,
        unit="share",
        low=0,
        high=1,
        source="E419, E434",
        prior=(0.6, 0.9),
        role="uncertainty",
        about="women who look for a practice with a colleague in it",
    )
    wants_company_men: float = parameter(
        0.6,
        unit="share",
        low=0,
        high=1,
        source="E419, E434",
        prior=(0.4, 0.8),
        role="uncertainty",
        about="men who look for a practice with a colleague in it",
    )
    application_rounds: int = parameter(
        3,
        unit="rounds",
        low=1,
        high=20,
        source="assumed",
        role="constant",
        about="applications a year of those who look, as long as they find nothing",
    )
    practices_compared: int = parameter(
        100,
        unit="practices",
        low=1,
        high=10_000,
        source="assumed: nobody weighs more; in the Netherlands no region offers as many",
        role="constant",
        about="open practices of a region that a GP who applies there compares at most",
    )
    place_splits: float = parameter(
        0.08,
        unit="per place filled",
        low=0,
        high=1,
        source="assumed after E356 and E560; holders stay level (E720 to E728)",
        prior=(0.0, 0.2),
        role="uncertainty",
        about="chance that a practice which finds a successor opens a place more: part-timers follow full-timers",
    )
    place_absorbed: float = parameter(
        0.08,
        unit="per year",
        low=0,
        high=1,
        source="assumed",
        prior=(0.0, 0.2),
        role="uncertainty",
        about="chance that a practice with other holders gives up a place that stayed open for a year or more",
    )
    closes_after: int = parameter(
        3,
        unit="years",
        low=1,
        high=20,
        source="assumed; sets closures a year with takeover (E796 to E798)",
        role="constant",
        about="years without any holder after which a practice closes or goes on without",
    )
    goes_on_without_holder: float = parameter(
        0.4,
        unit="share",
        low=0,
        high=1,
        source="assumed",
        prior=(0.1, 0.5),
        role="uncertainty",
        about="of those practices, the ones that an organisation or chain runs on",
    )

    # Practices: lists
    list_reach_km: float = parameter(
        5.0,
        unit="km",
        low=0.1,
        high=100,
        source="assumed",
        role="constant",
        about="distance at which a practice gets 1/e of the patients of a closed one that it would get next door",
    )
    patient_stops: float = parameter(
        0.6,
        unit="share of practices",
        low=0.01,
        high=0.99,
        source="E073, E841",
        role="constant",
        about="practices with a patient stop in the base year; sets the level of workload at which they stop",
    )
    patient_stop_spread: float = parameter(
        0.3,
        unit="log points",
        low=0.01,
        high=3,
        source="assumed",
        prior=(0.15, 0.5),
        role="uncertainty",
        about="spread over practices of the workload at which they stop",
    )
    without_gp: float = parameter(
        1 / 150,
        unit="share of inhabitants",
        low=0,
        high=0.5,
        source="E057",
        role="constant",
        about="inhabitants without a GP in the base year",
    )
    without_gp_tightness: float = parameter(
        3.0,
        unit="elasticity",
        low=0,
        high=20,
        source="assumed",
        prior=(1.0, 6.0),
        role="uncertainty",
        about="by how many percent they rise with 1% more demand per supply in a region",
    )

    # Indicators
    vacancy_softness: float = parameter(
        0.02,
        unit="share of supply",
        low=0.001,
        high=0.2,
        source="assumed",
        role="constant",
        about="how gradually a gap turns into vacancies, so that they are never negative",
    )
    high_vacancy_rate: float = parameter(
        0.10,
        unit="share of supply",
        low=0,
        high=1,
        source="assumed",
        role="constant",
        about="vacancy rate above which a region is counted as one with many vacancies",
    )
    counted_as_retirement_from: int = parameter(
        60,
        unit="years",
        low=50,
        high=75,
        source="E397 to E399",
        role="constant",
        about="from this age on an exit is counted as retirement in the flows; it changes nobody's career",
    )

    @field_validator("levers")
    @classmethod
    def _levers_by_name(cls, value: tuple[AnyLever, ...]) -> tuple[AnyLever, ...]:
        names = [lever.name for lever in value]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"found {twice[0]} more than once; give each lever a name of its own")
        if taken := [name for name in names if name in cls.model_fields]:
            raise ValueError(f"found {taken[0]}, which is a parameter of the scenario; give the lever another name")
        return value

    @field_validator("intake", mode="before")
    @classmethod
    def _years_as_numbers(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                int(k) if isinstance(k, str) and k.isdecimal() else k: float(v) if type(v) is int else v
                for k, v in value.items()
            }
        return value

    @field_validator("intake")
    @classmethod
    def _intake_in_range(cls, value: float | dict[int, float]) -> float | dict[int, float]:
        low, high = INTAKE_RANGE
        for year, number in value.items() if isinstance(value, dict) else [(None, value)]:
            at = "" if year is None else f" in {year}"
            if not low <= number <= high:
                raise ValueError(f"found {number}{at}, allowed is {low:g} to {high:g}")
            if year is not None and not FIRST_YEAR < year < LAST_YEAR:
                raise ValueError(f"found year {year}, allowed is {FIRST_YEAR + 1} to {LAST_YEAR - 1}")
        return value

    @field_validator("national")
    @classmethod
    def _inflows_have_their_own_field(cls, value: dict[str, float]) -> dict[str, float]:
        for id_ in INFLOW_IDS:
            if id_ in value:
                raise ValueError(f"found {id_}: set intake_current or intake instead")
        return value

    def intake_in(self, year: int) -> float:
        """Return the intake of a year from the adjustment year on, persons a year."""
        if isinstance(self.intake, dict):
            return self.intake.get(year, float(type(self).model_fields["intake"].default))
        return self.intake
