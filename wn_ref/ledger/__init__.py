"""The ledger: every number and claim of the paper beside ours, made from published runs alone.

tables        published runs: CSV, a row a run
possible      what a row of them can say
places        where they are, and whose page is beside them
search        a midpoint to be located, and located again in published runs
row           a number or a claim, and the rule for the verdict
evidence      what published runs say about rows
numbers       rows of Tables 1 and 4
global_claims, walking_claims, binarization                 rows of sections 3 to 9, Table 2
multiplicative_claims, mixed_claims, execution_claims       rows of sections 6 to 8, Table 3
conditions    what these have in common
catalog       all rows
running       run rows into a store, and publish
cost          what that will cost
checking      run a published row again
totals        what each campaign took
exceptions    numbers that do not come out, and what changing one thing does
page, html    the ledger as a page
drawn         the paper's figures from published runs
published     both for anybody
"""
