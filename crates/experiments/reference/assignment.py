"""Works out assignments independently of the Rust code.

    assignment.py           writes assignment.json
    assignment.py --check   fails when assignment.json says anything else

Needs nothing but Python.
"""

import hashlib
import json
import sys
from pathlib import Path

FILE = Path(__file__).with_name("assignment.json")
BUCKETS = 10_000
KEYS = ["", "a", "user-1", "user-2", "Zoë", "話者七", "with space", "line\nbreak", "zero\0byte", "x" * 300]
SALTS = ["cnn-against-lstm", "cnn-against-lstm-2", "größe"]


def bucket(purpose, salt, key):
    text = "\0".join(["undertone-bucket-1", purpose, salt, key])
    return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16) % BUCKETS


def runs(owners):
    """Buckets in a row with one owner, as [first bucket behind them, owner]."""
    found = []
    for index, owner in enumerate(owners):
        if found and found[-1][1] == owner:
            found[-1][0] = index + 1
        else:
            found.append([index + 1, owner])
    return found


def fresh(weights):
    return [arm for arm, weight in enumerate(weights) for _ in range(weight)]


def reweighted(owners, weights):
    """Each arm keeps its lowest buckets; those that are left over go to the arms with room, in order."""
    room = dict(enumerate(weights))
    kept = []
    for owner in owners:
        if room.get(owner, 0) > 0:
            room[owner] -= 1
            kept.append(owner)
        else:
            kept.append(None)
    growing = iter([arm for arm in sorted(room) for _ in range(room[arm])])
    return [next(growing) if owner is None else owner for owner in kept]


def allocations():
    cases = []
    for history in [
        [[5000, 5000], [6000, 4000], [5000, 5000]],
        [[3334, 3333, 3333], [5000, 3000, 2000], [0, 9999, 1]],
        [[10_000], [4000, 6000], [2000, 3000, 5000]],
    ]:
        owners = fresh(history[0])
        for weights in history[1:]:
            owners = reweighted(owners, weights)
        cases.append({"history": history, "runs": runs(owners)})
    return cases


def outcome(experiment, key):
    """The arm, or why there is none."""
    if bucket("holdout", experiment["holdout"]["salt"], key) < experiment["holdout"]["buckets"]:
        return "held out"
    slot = experiment["slot"]
    if not slot["from"] <= bucket("layer", slot["layer"], key) < slot["until"]:
        return "elsewhere"
    own = bucket("arm", experiment["salt"], key)
    return next(arm for until, arm in experiment["runs"] if own < until)


def assignments():
    experiment = {
        "salt": "cnn-against-lstm",
        "weights": [2500, 2500, 5000],
        "runs": runs(fresh([2500, 2500, 5000])),
        "slot": {"layer": "models", "from": 2000, "until": 8000},
        "holdout": {"salt": "2027", "buckets": 1000},
    }
    keys = [f"speaker-{number}" for number in range(60)]
    return {**experiment, "outcomes": {key: outcome(experiment, key) for key in keys}}


def vectors():
    purposes = ["holdout", "layer", "arm"]
    return {
        "buckets": [[p, s, k, bucket(p, s, k)] for p in purposes for s in SALTS for k in KEYS],
        "allocations": allocations(),
        "experiment": assignments(),
    }


def main():
    text = json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n"
    if "--check" in sys.argv[1:]:
        sys.exit(None if FILE.read_text(encoding="utf-8") == text else f"{FILE.name} is not what follows")
    FILE.write_text(text, encoding="utf-8")


main()
