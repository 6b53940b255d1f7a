"""One outside system a folder: knows its API, not our meaning; yields, never publishes."""
