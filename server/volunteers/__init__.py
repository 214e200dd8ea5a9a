"""Volunteers: registration, activities with places, and hours that count once somebody else has verified them.

Stars follow from verified hours by the city's policy; they give extras and never bear on a resident's rights (N-04).
"""
