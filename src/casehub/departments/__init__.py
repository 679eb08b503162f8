"""Who must act: responsible units (责任单位) as a tree, and the duty list (权责清单) that says who handles what where.

Words: `department` for every kind of unit: district platform, bureau, squad, firm, utility; *territorial default*
(属地管理): where no row names the matter, the place decides.

Invariants: a version of the duty list never changes; rows that fit equally well and disagree decide nothing, a person does.
Decided: whether casehub may dispatch by a row without asking is said in the row, so that a city begins with what is sure.
Sources: reference 1.2, 2.4 (invariants, F6), 0.4.
"""
