"""The line items of a Checkout Session, with the prices and products made on the way."""

from sandbox.stripe.account import Account
from sandbox.stripe.amounts import check_currency, check_unit
from sandbox.stripe.errors import InvalidParameter
from sandbox.stripe.objects import Json, new_id, shaped


def line_items(account: Account, wanted: list[Json]) -> list[Json]:
    """The items that the parameter describes, all of one currency; raises InvalidParameter."""
    if not wanted:
        raise _missing("line_items")
    items = [_line_item(account, item, f"line_items[{index}]") for index, item in enumerate(wanted)]
    if len({item["currency"] for item in items}) > 1:
        raise InvalidParameter("All line items must have the same currency.", param="line_items")
    return items


def _line_item(account: Account, item: Json, param: str) -> Json:
    price = _price(account, item, param)
    if "quantity" not in item:
        raise InvalidParameter(
            f"Quantity is required. Add `quantity` to `{param}`",
            code="parameter_missing",
            param=f"{param}[quantity]",
        )
    if item["quantity"] < 1:
        raise InvalidParameter(
            "Invalid positive integer", code="parameter_invalid_integer", param=f"{param}[quantity]"
        )
    amount = price["unit_amount"] * item["quantity"]
    return shaped(
        "item",
        id=new_id("li"),
        amount_subtotal=amount,
        amount_total=amount,
        currency=price["currency"],
        description=account.store.get("product", price["product"])["name"],
        price=price,
        quantity=item["quantity"],
    )


def _price(account: Account, item: Json, param: str) -> Json:
    if "price" in item:
        return account.store.get("price", item["price"], f"{param}[price]")
    if "price_data" not in item:
        raise _missing(f"{param}[price_data]")
    offer, where = item["price_data"], f"{param}[price_data]"
    currency = check_currency(offer["currency"], f"{where}[currency]")
    if "unit_amount" not in offer:
        raise _missing(f"{where}[unit_amount]")
    check_unit(offer["unit_amount"], currency, f"{where}[unit_amount]")
    price = shaped(
        "price",
        id=new_id("price"),
        created=account.clock.now(),
        currency=currency,
        product=_product(account, offer, where)["id"],
        unit_amount=offer["unit_amount"],
        unit_amount_decimal=str(offer["unit_amount"]),
    )
    return account.store.add(price)


def _product(account: Account, offer: Json, where: str) -> Json:
    if "product" in offer:
        return account.store.get("product", offer["product"], f"{where}[product]")
    if "product_data" not in offer:
        raise _missing(f"{where}[product_data]")
    now, named = account.clock.now(), offer["product_data"]
    product = shaped(
        "product",
        id=new_id("prod", 14),
        created=now,
        description=named.get("description"),
        images=named.get("images", []),
        metadata=named.get("metadata", {}),
        name=named["name"],
        updated=now,
    )
    return account.store.add(product)


def _missing(param: str) -> InvalidParameter:
    return InvalidParameter(f"Missing required param: {param}.", code="parameter_missing", param=param)
