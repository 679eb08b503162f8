"""casehub: the case flow of a city, from report to close, with its deadlines, letters and rates."""

__version__ = "0.1.0"
