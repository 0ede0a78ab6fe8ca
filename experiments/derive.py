"""Tables that follow from the model itself: `python -m experiments.derive`, then `python -m regions.build`.

Both are written to `regions/sources`, where the build finds them: the attractiveness of regions, fitted to what is
known of where recent graduates work, and the mean relative fte of the roles in the baseline.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize

import regions as regions_package
from abm import Scenario, SettlementModel, Status, careers, location_choice
from experiments.arrays import FloatArray
from regions import ROLES, SEXES, Regions

SOURCES = Path(regions_package.__file__).parent / "sources"

# Share of recent graduates over share of fte (E919 to E926): above, about and below 1.
ABOVE = ("RA0512", "RA0511", "RA0204", "RA1325")
ABOUT = ("RA0101",)
BELOW = ("RA0205", "RA0206", "RA1323")
CLASS_MARGIN = 0.1  # log points: how far above or below counts as such; assumed
CLASS_SD = 0.1  # log points by which a class may be missed; assumed
# Regions differ little in capacity after decades of the same pull (E136, E274), so graduates must spread nearly as the
# stock does: prior spread of the log ratio. And of alpha itself. Both assumed.
RATIO_SD = 0.35
ALPHA_SD = 0.5

CONTRACTIONS = 40
REPLICATIONS = 20
LAST_YEAR = 2045


def expected_shares(scenario: Scenario, regions: Regions, alpha: FloatArray) -> FloatArray:
    """Return the share of graduates who choose each region, by training site, shape (S, R), without tightness."""
    utility = location_choice.utility(scenario, regions)
    sites = careers.sites(scenario, regions)
    origin = sites.origin_given_site(regions.origin_share)
    background = location_choice.background(scenario, regions, utility, sites.share[:, None] * origin)
    weight = np.exp(utility.base - regions.alpha + alpha + utility.training[:-1])[:, None, :]
    weight = weight * np.exp(utility.origin[:-1])  # (S, O, R)
    normaliser = weight @ background.partner_weight.T  # (S, O, P)
    chance = (background.partner / normaliser) @ background.partner_weight * weight  # (S, O, R)
    home = np.asarray(np.einsum("so,sor->sr", origin, chance))
    return home + elsewhere(scenario) * (
        next_best(location_choice.within_reach(scenario, regions.distance_km), home) - home
    )


def elsewhere(scenario: Scenario) -> float:
    """Return the share of their work that recent graduates do outside their home region, as locums in several."""
    several, three = scenario.locums_in_several_regions, scenario.locums_in_three_regions
    return (1 - scenario.starts_salaried) * several * ((1 - three) / 2 + three * 2 / 3)


def next_best(reach: npt.NDArray[np.bool_], share: FloatArray) -> FloatArray:
    """Return the share of each region as second choice within reach of the first, shape (S, R) as `share` of the first.

    Under a logit the second best is chosen in proportion to the shares of the rest; that one site's graduates differ in
    origin and partner is left out. Who has no region within reach stays at home.
    """
    weight = share[:, None, :] * reach
    total = weight.sum(axis=2, keepdims=True)
    chance = np.divide(weight, total, out=np.broadcast_to(np.eye(len(reach)), weight.shape).copy(), where=total > 0)
    return np.asarray(np.einsum("sr,srq->sq", share, chance))


def fit_attractiveness(scenario: Scenario, regions: Regions) -> FloatArray:
    """Return alpha by region: the least attractiveness under which graduates spread as is known, summing to zero."""
    force = regions.workforce
    fte = np.bincount(force.region, force.fte, minlength=len(regions))
    site_share = careers.sites(scenario, regions).share
    above, about, below = ([regions.index(code) for code in group] for group in (ABOVE, ABOUT, BELOW))

    def loss(free: FloatArray) -> float:
        alpha = free - free.mean()
        ratio = np.log(site_share @ expected_shares(scenario, regions, alpha) / (fte / fte.sum()))
        missed = np.concatenate(
            [
                np.minimum(0, ratio[above] - CLASS_MARGIN),
                ratio[about],
                np.maximum(0, ratio[below] + CLASS_MARGIN),
            ]
        )
        return float((alpha**2).sum() / ALPHA_SD**2 + (ratio**2).sum() / RATIO_SD**2 + (missed**2).sum() / CLASS_SD**2)

    found = minimize(loss, np.zeros(len(regions)), method="L-BFGS-B")
    return np.asarray(found.x - found.x.mean())


def carry_attractiveness(old: Regions, new: Regions, division: FloatArray) -> FloatArray:
    """Return alpha for other regions under which graduates spread over the country as they do over the old ones.

    `division` (R, N) is the share of each old region's inhabitants by new region. The pull of one's own region counts
    for more where regions are larger; alpha takes that up, so that two groupings start from the same inflow by place.
    """
    shares = careers.sites(Scenario(), old).share
    target = (shares @ expected_shares(Scenario(), old, old.alpha)) @ division
    alpha = new.alpha.copy()
    for _ in range(CONTRACTIONS):
        alpha += np.log(target / (careers.sites(Scenario(), new).share @ expected_shares(Scenario(), new, alpha)))
    return np.asarray(alpha - alpha.mean())


def relative_fte(regions: Regions, replications: int = REPLICATIONS) -> pd.DataFrame:
    """Return the mean relative fte of the roles at work by year and sex, over replications of the baseline."""
    scenario = Scenario(end_year=LAST_YEAR)
    relative = np.array([getattr(scenario, f"fte_{name}") for name in ROLES])
    sums = np.zeros((LAST_YEAR - regions.base_year + 1, 2, 2))
    for seed in range(1, replications + 1):
        model = SettlementModel(scenario, regions, rng=seed)
        while True:
            gps = model.population
            working = gps.rows(Status.WORKING)
            np.add.at(sums[model.t, :, 0], gps.sex[working], relative[gps.role[working]])
            np.add.at(sums[model.t, :, 1], gps.sex[working], 1.0)
            if not model.running:
                break
            model.step()
    years = np.arange(len(sums)) + regions.base_year
    mean = sums[..., 0] / sums[..., 1]
    rows = [(year, sex, round(mean[t, s], 5)) for t, year in enumerate(years) for s, sex in enumerate(SEXES)]
    return pd.DataFrame(rows, columns=["year", "sex", "mean"])


def attractiveness_table(regions: Regions) -> pd.DataFrame:
    """Return the fitted attractiveness as the table that ships."""
    known = {*ABOVE, *ABOUT, *BELOW}
    alpha = fit_attractiveness(Scenario(), regions).round(4)
    alpha[0] -= alpha.sum()
    return pd.DataFrame(
        {
            "region": regions.codes,
            "alpha": alpha.round(4),
            "quality": ["derived" if code in known else "assumed" for code in regions.codes],
            "source": ["E136, E274" + ("; E919 to E926" if code in known else "") for code in regions.codes],
        }
    )


def main() -> None:
    """Write both tables."""
    regions = regions_package.load()
    attractiveness_table(regions).to_csv(SOURCES / "attractiveness.csv", index=False, lineterminator="\n")
    relative_fte(regions).to_csv(SOURCES / "relative_fte.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
