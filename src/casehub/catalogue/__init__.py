"""What kinds of matters there are (大类, 小类), and the conditions on which a sighting becomes a case (立案条件).

A code is only meaningful with its scheme: the key is (scheme, kind, code), the code being major and minor together.
`codes.csv` ships `cjt214_2007` whole (the default of a new city) and of `gbt30428_2_2013` what is confirmed or a
strong candidate, each with its status. Unknown positions get no name. Source: reference 3.
"""
