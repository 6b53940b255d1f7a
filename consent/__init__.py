"""May this go there, for that, and in which form? Decides; never sends."""
