"""Writes numbers for the Rust code to agree with, or compares the written ones with new ones."""

import json
import math
import sys

TOLERANCE = 1e-9


def differences(own, other, where=""):
    if isinstance(own, dict) and isinstance(other, dict) and own.keys() == other.keys():
        return [line for key in own for line in differences(own[key], other[key], f"{where}.{key}")]
    if isinstance(own, list) and isinstance(other, list) and len(own) == len(other):
        return [line for i, pair in enumerate(zip(own, other)) for line in differences(*pair, f"{where}[{i}]")]
    numbers = all(isinstance(value, (int, float)) for value in (own, other))
    alike = math.isclose(own, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE) if numbers else own == other
    return [] if alike else [f"{where}: {own} is not {other}"]


def written(text, indent=0):
    """JSON of which a list without objects or lists in its lists stands on one line."""
    if isinstance(text, dict):
        lines = [f"{' ' * (indent + 1)}{json.dumps(key)}: {written(own, indent + 1)}" for key, own in text.items()]
        return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"
    if isinstance(text, list) and any(isinstance(own, dict) or (isinstance(own, list) and own) for own in text):
        lines = [f"{' ' * (indent + 1)}{written(own, indent + 1)}" for own in text]
        return "[\n" + ",\n".join(lines) + "\n" + " " * indent + "]"
    return json.dumps(text)


def keep(found, file):
    """Writes `file`; with --check, fails where it says something else."""
    found = json.loads(json.dumps(found, default=float))
    if "--check" in sys.argv[1:]:
        lines = differences(json.loads(file.read_text(encoding="utf-8")), found)
        sys.exit("\n".join(lines) or None)
    file.write_text(written(found) + "\n", encoding="utf-8")
