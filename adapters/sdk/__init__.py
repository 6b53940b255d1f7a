"""What adapters share: ports, HTTP, files, answers, conformance. Knows no outside system."""
