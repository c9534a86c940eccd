from tests.bookings.random_order.world import world

__all__ = ["world"]
