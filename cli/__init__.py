"""The door: argparse, settings, and the one place where objects are wired together."""
