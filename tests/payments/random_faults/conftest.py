from tests.payments.random_faults.world import market

__all__ = ["market"]
