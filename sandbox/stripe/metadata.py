"""The limits of metadata (Stripe: "Metadata": 50 keys of 40 characters, values of 500)."""

from sandbox.stripe.errors import InvalidParameter
from sandbox.stripe.objects import Json


def check_metadata(metadata: "Json | str | None", param: str) -> None:
    """Refuse too many or too long entries."""
    if not metadata or isinstance(metadata, str):
        return
    if len(metadata) > 50:
        raise InvalidParameter(
            f"You can only set up to 50 metadata keys, and you passed {len(metadata)}.", param=param
        )
    for key, value in metadata.items():
        if len(key) > 40:
            raise InvalidParameter(
                f"Metadata keys can't be longer than 40 characters. The key `{key}` has {len(key)}.",
                param=param,
            )
        if len(str(value)) > 500:
            raise InvalidParameter(
                "Metadata values can have up to 500 characters, but you passed in a value that is "
                f"{len(str(value))} characters. Invalid value: {str(value)[:20]}…",
                param=f"{param}[{key}]",
            )


def merged(present: Json, wanted: "Json | str") -> Json:
    """The metadata after an update: an empty value unsets its key, an empty string unsets all."""
    if not isinstance(wanted, dict):
        return {}
    return {key: value for key, value in {**present, **wanted}.items() if value != ""}
