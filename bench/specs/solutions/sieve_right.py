"""The sieve of Eratosthenes."""


def primes(limit: int) -> list[int]:
    """The primes up to a number, which is one of them if it is one."""
    prime = [True] * (limit + 1)
    for number in range(2, limit + 1):
        if prime[number]:
            for multiple in range(number * number, limit + 1, number):
                prime[multiple] = False
    return [number for number in range(2, limit + 1) if prime[number]]
