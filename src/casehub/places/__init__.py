"""Where: the areas (区域) of the city as a tree, and the city itself (one row: its zone of time, real or simulated).

Invariant: the kind of clock of a city is chosen when it is made and never changes.
"""
