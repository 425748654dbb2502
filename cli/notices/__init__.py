"""Tells a person who is elsewhere that they are needed, and takes their answers: channels, deliveries, receiving."""
