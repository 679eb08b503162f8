"""The formulas and grade bands that ship, as examples from which a city makes its own."""

from functools import cache
from importlib.resources import files

from casehub.rates.formula import Formula, Scheme, parse, read_formula, read_scheme

_BANDS = "bands.yaml"


@cache
def example_scheme() -> Scheme:
    """The grade bands that ship: a proposal, no official ones were recovered. Source: reference 5.8."""
    return parse(_read(_BANDS), _BANDS, read_scheme)


@cache
def example_formulas() -> dict[str, Formula]:
    """The formulas of real cities that ship, as far as they were published, by name. Source: reference 5.6."""
    names = sorted(one.name for one in files("casehub.rates").joinpath("examples").iterdir())
    schemes = {example_scheme().scheme}
    found = [
        parse(_read(name), name, lambda raw: read_formula(raw, schemes=schemes))
        for name in names
        if name != _BANDS
    ]
    return {formula.formula: formula for formula in found}


def _read(name: str) -> str:
    return files("casehub.rates").joinpath("examples", name).read_text(encoding="utf-8")
