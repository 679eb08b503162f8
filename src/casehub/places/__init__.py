"""Where: the areas (区域) of the city, what stands in them, what is permitted there, and the city itself (one row: its
zone of time, real or simulated).

Words
- tree: city (市), district (区), subdistrict (街道), community (社区), unit grid (单元网格). A level may be left out.
- group: duty grid (责任网格), care area (管护区), road (道路): areas that others belong to. An area lies in those above
  it, and in the groups that it or they belong to, so "in duty grid X" is the same question as "in district Y".
- component (部件): a facility with its register code. Permit (许可): what may stand at a place for a time, such as stalls.
- roster (排班): which collector patrols which duty grid when; a standing assignment (固定责任分工) says whose grid it is.
- An area may carry a time class (时限等级), such as A for the core; areas below it have the same until one says
  otherwise. The classes mean what the city's limit table makes of them. Source: reference 4.2.

Invariants
- The kind of clock of a city is chosen when it is made and never changes.
- Points and polygons are longitude and latitude in CGCS2000; shifted maps are converted at the edge. Source: reference 11.
- A point lies in at most one unit grid: on an edge, or where grids overlap, in the one with the smallest code.

Decisions
- Polygons are JSON in the table and a tree of boxes in each process: 50,000 look-ups a second, and no extension that a
  city's PostgreSQL may lack. `city.map_version` says when a process must read them anew; a report reads it with all else.
- An area is never deleted: cases lie in it.

Reading order: `areas`, `grids`, `components`, `permits` (rules), then `commands`.
"""
