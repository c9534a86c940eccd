"""What the database lets nobody change, changed all the same: as it was in another time."""

from sqlalchemy import text

from app.extensions import db


def rewrite(statement: str) -> None:
    """Execute SQL while no trigger looks. Commits."""
    db.session.execute(text("SET LOCAL session_replication_role = replica"))
    db.session.execute(text(statement))
    db.session.execute(text("SET LOCAL session_replication_role = origin"))
    db.session.commit()
