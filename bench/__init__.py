"""What is measured: suites of ratios against a peer or the ideal, and the doubles they run on."""
