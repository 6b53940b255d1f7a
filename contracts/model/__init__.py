"""The common child-labour schema: one file a thing."""
