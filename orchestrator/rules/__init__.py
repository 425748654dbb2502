"""Pure functions on nouns: no clock, disk, network, or model."""
