"""The blueprints that only operators may call."""

from app.admin.accounts import admin_accounts
from app.admin.audit import admin_audit
from app.admin.coaches import admin_coaches
from app.admin.debts import admin_debts
from app.admin.differences import admin_differences
from app.admin.disputes import admin_disputes
from app.admin.emails import admin_emails
from app.admin.erased_coaches import admin_erased
from app.admin.events import admin_events
from app.admin.fraud_warnings import admin_fraud_warnings
from app.admin.overview import overview
from app.admin.recoveries import admin_recoveries
from app.admin.refunds import admin_refunds
from app.admin.refused_sign_ins import admin_refused_sign_ins

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
