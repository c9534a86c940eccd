"""All that only an operator may call."""

from app.ops.admin_accounts import admin_accounts
from app.ops.admin_audit import admin_audit
from app.ops.admin_coaches import admin_coaches
from app.ops.admin_debts import admin_debts
from app.ops.admin_differences import admin_differences
from app.ops.admin_disputes import admin_disputes
from app.ops.admin_emails import admin_emails
from app.ops.admin_erased import admin_erased
from app.ops.admin_events import admin_events
from app.ops.admin_fraud_warnings import admin_fraud_warnings
from app.ops.admin_recoveries import admin_recoveries
from app.ops.admin_refunds import admin_refunds
from app.ops.admin_refused_sign_ins import admin_refused_sign_ins
from app.ops.overview import overview

ROUTES = (
    overview,
    admin_accounts,
    admin_coaches,
    admin_events,
    admin_emails,
    admin_refunds,
    admin_disputes,
    admin_recoveries,
    admin_fraud_warnings,
    admin_differences,
    admin_debts,
    admin_erased,
    admin_audit,
    admin_refused_sign_ins,
)
