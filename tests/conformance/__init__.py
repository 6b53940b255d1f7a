"""Adapters against the suite of the SDK, and against the habits of the systems they speak to."""
