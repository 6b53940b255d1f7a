"""Joins everything: stages, vault, linkage, referrals, API. Empty on purpose."""
