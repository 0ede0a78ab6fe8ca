"""Which way an indicator improves for a region; of those not named here neither way is the better one."""

from __future__ import annotations

from collections.abc import Mapping

MORE, LESS, NEITHER = 1, -1, 0
BETTER: Mapping[str, int] = {
    **dict.fromkeys(
        (
            "supply_fte", "supply_persons", "supply_persons_each", "coverage", "fte_per_10k", "persons_per_10k",
            "alumni_ratio", "position", "share_succession_found",
        ),
        MORE,
    ),
    **dict.fromkeys(
        (
            "vacancy_rate", "vacancies_fte", "shortage_fte", "shortage_persons", "inhabitants_per_fte", "without_gp",
            "share_patient_stop", "unfilled_places", "mean_list", "outflow_5y", "closures",
            "regions_high_vacancy", "gini_coverage", "range_coverage",
        ),
        LESS,
    ),
}  # fmt: skip
