"""Works out statistics with SciPy and statsmodels, for the Rust code to agree with.

    figures.py           writes figures.json
    figures.py --check   fails when figures.json says anything else, but for rounding

Needs the packages of requirements.txt.
"""

import math
from pathlib import Path

import numpy
from scipy import stats
from statsmodels.genmod.cov_struct import Independence
from statsmodels.genmod.families import Gaussian
from statsmodels.genmod.generalized_estimating_equations import GEE
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.proportion import proportion_confint

from vectors import keep


def mcnemar_cases():
    pairs = [(0, 0), (1, 0), (5, 15), (12, 9), (200, 260), (3000, 3100)]
    return [[b, c, mcnemar([[0, b], [c, 0]], exact=True).pvalue if b + c else 1.0] for b, c in pairs]


def kappa_cases():
    tables = [[[20, 5], [10, 15]], [[45, 15, 3], [10, 40, 9], [1, 6, 71]], [[3, 0, 0], [0, 9, 1], [2, 0, 5]]]
    cases = []
    for table in tables:
        found = cohens_kappa(numpy.array(table))
        cases.append({"table": table, "kappa": found.kappa, "standard_error": found.std_kappa})
    return cases


def wilson_cases():
    cases = [(0, 10, 0.05), (7, 10, 0.05), (10, 10, 0.01), (720, 1000, 0.05), (3, 5000, 0.1)]
    return [[k, n, alpha, *proportion_confint(k, n, alpha, method="wilson")] for k, n, alpha in cases]


def chi_square_cases():
    cases = [([5000, 5000], [5050, 4950]), ([5000, 5000], [49000, 51000]), ([3000, 3000, 4000], [310, 280, 399])]
    found = []
    for weights, units in cases:
        expected = numpy.array(weights) / sum(weights) * sum(units)
        found.append({"weights": weights, "units": units, "p_value": stats.chisquare(units, expected).pvalue})
    return found


def dirichlet_cases():
    """The mixture against the multinomial distribution, by SciPy's distributions."""
    found = []
    for weights, units in [([5000, 5000], [60, 40]), ([5000, 5000], [5200, 4800]), ([2000, 3000, 5000], [30, 20, 40])]:
        shares = numpy.array(weights) / sum(weights)
        total = sum(units)
        mixture = stats.dirichlet_multinomial(100 * shares, total).logpmf(units)
        found.append({"weights": weights, "units": units, "e_value": math.exp(mixture - stats.multinomial(total, shares).logpmf(units))})
    return found


def calibration_cases():
    random = numpy.random.default_rng(1)
    confidences = numpy.round(random.uniform(0.125, 1, 60), 4)
    right = random.uniform(size=60) < confidences**2
    bins = numpy.minimum((confidences * 15).astype(int), 14)
    error = 0.0
    for bin_ in numpy.unique(bins):
        chosen = bins == bin_
        error += chosen.mean() * abs(confidences[chosen].mean() - right[chosen].mean())
    return {"confidences": confidences.tolist(), "right": right.tolist(), "error": float(error)}


def cluster_case():
    """A mean with subjects as groups: generalised estimating equations give the sandwich variance, without C / (C - 1)."""
    random = numpy.random.default_rng(2)
    sizes = random.integers(1, 8, 40)
    subjects = numpy.repeat(numpy.arange(40), sizes)
    values = (random.uniform(size=len(subjects)) < random.beta(2, 1, 40)[subjects]).astype(float)
    found = GEE(values, numpy.ones(len(values)), subjects, family=Gaussian(), cov_struct=Independence()).fit()
    clusters = [[int((subjects == own).sum()), float(values[subjects == own].sum())] for own in range(40)]
    return {"clusters": clusters, "mean": float(found.params[0]), "standard_error": float(found.bse[0] * math.sqrt(40 / 39))}


def sequence_cases():
    """The published formulas for the interval, its tuning and the e-value, term by term."""
    found = []
    for alpha, planned, n, difference, se in [
        (0.05, 5000, 100, 0.1, 0.09), (0.05, 5000, 5000, 0.03, 0.012), (0.01, 20000, 100000, -0.01, 0.003),
    ]:
        rho = math.sqrt((-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / planned)
        inside = 2 * (n * rho**2 + 1) / (n**2 * rho**2) * math.log(math.sqrt(n * rho**2 + 1) / alpha)
        half_width = se * math.sqrt(n) * math.sqrt(inside)
        total = n * difference / (se * math.sqrt(n))
        e_value = math.exp(rho**2 * total**2 / (2 * (n * rho**2 + 1))) / math.sqrt(n * rho**2 + 1)
        found.append({"alpha": alpha, "planned": planned, "units": n, "value": difference, "standard_error": se,
                      "half_width": half_width, "e_value": e_value})
    return found


def fixed_cases():
    cases = [(0.03, 0.012), (-0.5, 0.4), (0.2, 0.02)]
    return [[value, se, float(2 * stats.norm.sf(abs(value) / se)), float(stats.norm.ppf(0.975) * se)] for value, se in cases]


def covariate_case():
    """Least squares with an arm and a covariate has the slope inside the arms as its coefficient."""
    random = numpy.random.default_rng(3)
    covariate = random.normal(size=80)
    arm = numpy.arange(80) % 2
    value = 0.7 * covariate + 0.2 * arm + random.normal(size=80)
    design = numpy.column_stack([numpy.ones(80), arm, covariate])
    coefficients = numpy.linalg.lstsq(design, value, rcond=None)[0]
    units = [[int(a), float(v), float(c)] for a, v, c in zip(arm, value, covariate)]
    return {"units": units, "difference": float(coefficients[1]), "slope": float(coefficients[2])}


def power_cases():
    found = []
    for control, difference, power in [(0.72, 0.03, 0.8), (0.5, -0.1, 0.9)]:
        other = control + difference
        z = stats.norm.ppf(0.975) + stats.norm.ppf(power)
        variance = control * (1 - control) + other * (1 - other)
        found.append([control, difference, power, math.ceil(2 * z**2 * variance / difference**2)])
    return found


def figures():
    return {
        "mcnemar": mcnemar_cases(),
        "kappa": kappa_cases(),
        "wilson": wilson_cases(),
        "chi_square": chi_square_cases(),
        "dirichlet": dirichlet_cases(),
        "calibration": calibration_cases(),
        "cluster": cluster_case(),
        "sequence": sequence_cases(),
        "fixed": fixed_cases(),
        "covariate": covariate_case(),
        "power": power_cases(),
    }


keep(figures(), Path(__file__).with_name("figures.json"))
