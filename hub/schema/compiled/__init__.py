"""Query document → plan → MongoDB projection → answer, without a call for each field.

documents.py keeps parsed and validated documents; selection.py says which fields are asked for;
builder.py writes a Python function that makes them; plan.py holds one for each root field;
execution.py answers, and leaves to Strawberry's executor what no plan covers.
"""
