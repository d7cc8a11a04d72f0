"""Works out corrections and adjustments with SciPy and statsmodels, for the Rust code to agree with.

    corrections.py           writes corrections.json
    corrections.py --check   fails when corrections.json says anything else, but for rounding

Needs the packages of requirements.txt.
"""

import math
from pathlib import Path

import numpy
from scipy import integrate, optimize, stats
from statsmodels.regression.linear_model import OLS, WLS
from statsmodels.stats.multitest import multipletests

from vectors import keep


def bound(units, alpha, planned, comparisons=1):
    """Standard errors to either side of the confidence sequence, tuned for `planned` units before `alpha` is shared."""
    rho = math.sqrt((-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / planned)
    information = units * rho**2
    return math.sqrt(2 * (information + 1) / information * math.log(math.sqrt(information + 1) / (alpha / comparisons)))


def clamped(value, half_width, low, high):
    return numpy.clip([value - half_width, value + half_width], low, high).tolist()


def holm_cases():
    """Ties, values that come out above 1, one alone."""
    cases = [[0.01, 0.04, 0.03, 0.005, 0.8], [0.02, 0.02, 0.02], [0.5, 0.9, 0.6], [0.049], [0.0, 1.0, 1e-9, 0.013]]
    return [{"p_values": own, "adjusted": multipletests(own, method="holm")[1].tolist()} for own in cases]


def cuped_cases():
    """The standard error is Welch's, of the values without what the covariate foretold of them."""
    random = numpy.random.default_rng(4)
    found = []
    for control, arm, strength in [(40, 60, 0.8), (7, 5, 0.2), (90, 90, 0.0)]:
        past = random.normal(size=control + arm)
        drawn = numpy.arange(control + arm) >= control
        value = strength * past + 0.3 * drawn + random.normal(size=control + arm)
        design = numpy.column_stack([~drawn, drawn, past]).astype(float)
        slope = OLS(value, design).fit().params[2]
        rest = value - slope * past
        test = stats.ttest_ind(rest[drawn], rest[~drawn], equal_var=False)
        difference = rest[drawn].mean() - rest[~drawn].mean()
        plain = stats.ttest_ind(value[drawn], value[~drawn], equal_var=False)
        before = (value[drawn].mean() - value[~drawn].mean()) / plain.statistic
        error = difference / test.statistic
        found.append({
            "units": [[int(own), float(v), float(p)] for own, v, p in zip(drawn, value, past)],
            "difference": difference, "slope": slope, "standard_error": error, "saved": 1 - (error / before) ** 2,
        })
    return found


def foretold_case():
    """Shares of right answers of subjects of whom most have a past; the rest have the mean of the others' pasts."""
    random = numpy.random.default_rng(5)
    subjects, units = [], []
    for subject in range(120):
        chance, arm, answers = random.beta(3, 1), subject % 2, int(random.integers(1, 6))
        right = int(random.binomial(answers, chance))
        past = None if subject % 3 == 0 else round(float(random.binomial(10, chance)) / 10, 1)
        subjects.append([arm, answers, right, past])
        units.append((arm, right / answers, past))
    mean = numpy.mean([past for *_, past in units if past is not None])
    arm = numpy.array([own[0] for own in units])
    value = numpy.array([own[1] for own in units])
    past = numpy.array([mean if own[2] is None else own[2] for own in units])
    slope = OLS(value, numpy.column_stack([arm == 0, arm == 1, past]).astype(float)).fit().params[2]
    rest = value - slope * past
    difference = rest[arm == 1].mean() - rest[arm == 0].mean()
    error = difference / stats.ttest_ind(rest[arm == 1], rest[arm == 0], equal_var=False).statistic
    half_width = error * bound(120, 0.05, 500)
    return {"subjects": subjects, "planned": 500, "difference": difference, "standard_error": error,
            "interval": clamped(difference, half_width, -1, 1)}


def inverse_weighted_cases():
    """Terms of three arms whose shares change on the way; the standard error is that of their mean."""
    random = numpy.random.default_rng(6)
    found = []
    for count in (2, 300):
        units, terms, values = [], [], []
        for place in range(count):
            shares = [0.5, 0.4, 0.1] if place < count / 2 else [0.2, 0.2, 0.6]
            arm = place if count == 2 else int(random.choice(3, p=shares))
            value = float(random.uniform() < 0.6 + 0.1 * (arm == 1))
            centre = numpy.mean(values) if values else 0.0
            sign = {0: -1, 1: 1, 2: 0}[arm]
            terms.append(sign * (value - centre) / shares[arm])
            values.append(value)
            units.append([arm, shares[arm], value])
        found.append({"units": units, "difference": numpy.mean(terms), "standard_error": stats.sem(terms),
                      "fewest": min(sum(own[0] == arm for own in units) for arm in (0, 1))})
    return found


def thompson_cases():
    """The probability that an arm is the best one, by integrating its density where all others are lower."""
    found = []
    for arms, floor in [([[720, 280], [740, 260]], 500), ([[8, 4], [5, 5], [9, 2]], 1000), ([[0, 0], [0, 0]], 100)]:
        betas = [stats.beta(right + 1, wrong + 1) for right, wrong in arms]
        weights = []
        for place, own in enumerate(betas):
            others = [other for at, other in enumerate(betas) if at != place]
            density = lambda x: own.pdf(x) * math.prod(other.cdf(x) for other in others)
            best = integrate.quad(density, 0, 1, points=[own.mean()], limit=500)[0]
            weights.append(floor + best * (10_000 - floor * len(arms)))
        found.append({"arms": arms, "floor": floor, "weights": weights})
    return found


def clustered(values, weights, subjects):
    """Mean and standard error of least squares with a constant, of subjects with many answers each."""
    fit = WLS(values, numpy.ones(len(values)), weights=weights).fit(cov_type="cluster", cov_kwds={"groups": subjects})
    return float(fit.params[0]), float(fit.bse[0])


def doubted(error, spread, subjects):
    """With half an answer of doubt, of values that are `spread` wide."""
    return math.hypot(error, spread / 2 * math.sqrt(subjects / (subjects - 1)) / subjects)


def strata_of(waits, paired):
    """Borders of five groups of about equal size; equal waits stay together, and none is without a pair."""
    order = numpy.sort(numpy.unique(waits))
    size, groups, group = math.ceil(len(waits) / 5), [], []
    for wait in order:
        if group and numpy.isin(waits, group).sum() >= size:
            groups.append(group)
            group = []
        group.append(wait)
    groups.append(group)
    joined = []
    for group in groups:
        alone = not paired[numpy.isin(waits, group)].any()
        if joined and (alone or not paired[numpy.isin(waits, joined[-1])].any()):
            joined[-1] = joined[-1] + group
        else:
            joined.append(group)
    return joined


def coverage_case():
    """Pairs that count for all answers that waited about as long, by weighted least squares."""
    random = numpy.random.default_rng(7)
    answers = []
    for subject in range(80):
        for item in range(int(random.integers(1, 5))):
            wait = int(random.integers(0, 12) * 7)
            control = bool(random.uniform() < 0.7)
            pair = None if random.uniform() < wait / 90 else bool(random.uniform() < 0.8 - wait / 200)
            answers.append([subject, item, wait, control, pair])
    # Nobody waited longer, and nobody is paired.
    answers += [[80 + own, 0, 500, True, None] for own in range(60)]
    subjects, _, waits = (numpy.array([own[at] for own in answers]) for at in range(3))
    paired = numpy.array([own[4] is not None for own in answers])
    groups = strata_of(waits, paired)
    weights = numpy.zeros(len(answers))
    for group in groups:
        inside = numpy.isin(waits, group)
        weights[inside & paired] = inside.sum() / (inside & paired).sum()
    pairs = [own for own in answers if own[4] is not None]
    value, error = clustered([float(own[4]) - float(own[3]) for own in pairs], weights[paired], subjects[paired])
    units = len({own[0] for own in pairs})
    error = doubted(error, 2, units)
    low = numpy.mean([(own[4] or 0) - own[3] for own in answers])
    high = numpy.mean([(1 if own[4] is None else own[4]) - own[3] for own in answers])
    return {"answers": answers, "planned": 2000, "value": value, "standard_error": error, "bounds": [low, high],
            "strata": [[int(max(own)), int(numpy.isin(waits, own).sum()), int((numpy.isin(waits, own) & paired).sum())] for own in groups],
            "interval": clamped(value, error * bound(units, 0.05, 2000), -1, 1)}


def figures_case():
    """Accuracy and average recall of an arm that is nearly always right, with intervals that end at 1."""
    random = numpy.random.default_rng(8)
    answers = []
    for subject in range(40):
        for _ in range(int(random.integers(1, 6))):
            truth = int(random.choice(3, p=[0.6, 0.3, 0.1]))
            answers.append([subject, truth, truth if random.uniform() < 0.95 else (truth + 1) % 3])
    subjects, truth, answered = (numpy.array([own[at] for own in answers]) for at in range(3))
    right = (truth == answered).astype(float)
    accuracy, error = clustered(right, numpy.ones(len(right)), subjects)
    error = doubted(error, 1, 40)
    occurring, counts = numpy.unique(truth, return_counts=True)
    fit = OLS(right, (truth[:, None] == occurring).astype(float))
    fit = fit.fit(cov_type="cluster", cov_kwds={"groups": subjects, "use_correction": False})
    share = numpy.full(len(occurring), 1 / len(occurring))
    spread = math.sqrt(share @ fit.cov_params() @ share * 40 / 39)
    spread = math.hypot(spread, math.sqrt((0.25 / (len(occurring) * counts) ** 2).sum()))
    reach, recall = bound(40, 0.05, 2000), float(share @ fit.params)
    return {"answers": answers, "planned": 2000,
            "accuracy": [accuracy, *clamped(accuracy, error * reach, 0, 1)],
            "average_recall": [recall, *clamped(recall, spread * reach, 0, 1)]}


def duration_cases():
    """Units after which the sequence has found a difference with the wanted probability."""
    found = []
    for control, difference, correlation, answers, power, agreement, planned in [
        (0.72, 0.03, 0.0, 1.0, 0.8, 0.8, 7000), (0.6, -0.08, 0.3, 5.0, 0.9, 0.7, 1000),
    ]:
        other, effect = control + difference, (1 + (answers - 1) * correlation) / answers
        live = 2 * (control * (1 - control) + other * (1 - other)) * effect
        shadow = (1 - agreement - difference**2) * effect

        def units(variance):
            short = lambda n: stats.norm.sf(bound(n, 0.05, planned) - abs(difference) * math.sqrt(n / variance)) - power
            return math.ceil(optimize.brentq(short, 1, 1e9, xtol=1e-6, rtol=1e-12))

        found.append([control, difference, correlation, answers, power, agreement, planned, units(live), units(shadow)])
    return found


keep(
    {
        "holm": holm_cases(),
        "cuped": cuped_cases(),
        "foretold": foretold_case(),
        "inverse_weighted": inverse_weighted_cases(),
        "thompson": thompson_cases(),
        "coverage": coverage_case(),
        "figures": figures_case(),
        "duration": duration_cases(),
    },
    Path(__file__).with_name("corrections.json"),
)
