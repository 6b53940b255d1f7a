"""The labour inspectorate's workbooks. Knows their form, not what a finding means."""
