from tests.bookings.any_order.world import world

__all__ = ["world"]
