"""The sieve of Eratosthenes, whose limit is left out."""


def primes(limit: int) -> list[int]:
    """The primes below a number."""
    prime = [True] * limit
    for number in range(2, limit):
        if prime[number]:
            for multiple in range(number * number, limit, number):
                prime[multiple] = False
    return [number for number in range(2, limit) if prime[number]]
