"""Referrals: procedure, directory, states and payload. Sends nothing."""
