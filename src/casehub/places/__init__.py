"""Where: the areas (区域) of the city as a tree, and the city itself (one row: its zone of time, real or simulated).

An area may carry a time class (时限等级), such as A for the core; areas below it have the same until one says otherwise.
The classes mean what the city's limit table makes of them. Source: reference 4.2.

Invariant: the kind of clock of a city is chosen when it is made and never changes.
"""
