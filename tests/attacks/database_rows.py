"""What the database holds, to see that nothing changed."""

from sqlalchemy import text

from app.extensions import Base, db


def all_rows() -> dict[str, str]:
    """A digest of each table's rows."""
    digest = "SELECT coalesce(md5(string_agg(row::text, '' ORDER BY row::text)), '') FROM \"{}\" row"
    return {name: db.session.scalars(text(digest.format(name))).one() for name in Base.metadata.tables}
