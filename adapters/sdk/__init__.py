"""What adapters share: ports, HTTP, workbooks, answers, conformance. Knows no outside system."""
