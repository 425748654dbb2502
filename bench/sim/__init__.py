"""A run in virtual time: doubles of every port, so that thousands of seeded histories take minutes."""
