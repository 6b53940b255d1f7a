"""What holds for every input, searched for a counterexample."""
