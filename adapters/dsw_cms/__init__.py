"""The Department of Social Welfare's case management system. Knows its API, not our meaning."""
