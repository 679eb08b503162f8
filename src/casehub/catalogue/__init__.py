"""What kinds of matters there are (大类, 小类), and the conditions on which a sighting becomes a case (立案条件).

A code is only meaningful with its scheme: the key is (scheme, kind, code), the code being major and minor together.
`codes.csv` ships `cjt214_2007` whole (the default of a new city) and of `gbt30428_2_2013` what is confirmed or a
strong candidate, each with its status. Unknown positions get no name. Source: reference 3.

A filing condition sets the handling limit: one for each time class (时限等级) of areas, `-` for all others, so that
both readings of the classes A, B and C fit. A limit may be steps (arrive, stop, punish, demolish, done), each counted
from the start of handling; the last one's is the deadline of the case. Source: reference 4.2, 4.8.
A limit table says all conditions of the categories that it names. `limits_example_city.csv` is one city's
administrative standard, an example that only the demo loads. Source: reference 4.6, 4.7.
"""
