from tests.payments.any_fault.market import market

__all__ = ["market"]
