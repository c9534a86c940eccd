"""What the OpenAPI generator cannot know: tags, ids of operations, names of schemas, and further answers."""

TAG_OF_BLUEPRINT = {
    "accounts": "Accounts",
    "passwords": "Accounts",
    "second_factors": "Accounts",
    "privacy": "Accounts",
    "coaches": "Coaches",
    "bookings": "Bookings",
    "feed": "Bookings",
    "payments": "Payments",
    "webhook": "Payments",
    "earnings": "Earnings",
    "payout_accounts": "Earnings",
    "health": "Operating",
    "admin_accounts": "Operating",
    "admin_audit": "Operating",
    "admin_coaches": "Operating",
    "admin_differences": "Operating",
    "admin_disputes": "Operating",
    "admin_emails": "Operating",
    "admin_debts": "Operating",
    "admin_erased": "Operating",
    "admin_events": "Operating",
    "admin_recoveries": "Operating",
    "admin_fraud_warnings": "Operating",
    "admin_refunds": "Operating",
    "admin_refused_sign_ins": "Operating",
    "metrics": "Operating",
    "problem_pages": "Operating",
    "overview": "Operating",
}

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemView"}}}
ICALENDAR = {"description": "iCalendar", "content": {"text/calendar": {"schema": {"type": "string"}}}}
CSV = {"description": "CSV (RFC 4180)", "content": {"text/csv": {"schema": {"type": "string"}}}}
METRICS = {
    "description": "Prometheus's text format",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}
EXPORT = {
    "description": "A file: account, coach, bookings, payments, ledger, mails, sign-ins, audit and the like",
    "content": {"application/json": {"schema": {"type": "object"}}},
}
FURTHER_ANSWERS = {
    "privacy.export_me": {"200": EXPORT},
    "metrics.show_metrics": {"200": METRICS},
    "bookings.show_calendar": {"200": ICALENDAR},
    "feed.show_feed": {"200": ICALENDAR},
    "feed.show_coach_feed": {"200": ICALENDAR},
    "earnings.download_statement": {"200": CSV},
    "health.ready": {
        "503": {
            "description": "A dependency is down",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ReadyView"}}},
        }
    },
    "payments.open_checkout": {
        "200": {
            "description": "The session that is already open",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CheckoutView"}}},
        }
    },
}
PATH = {
    "month": {"type": "string", "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])$", "example": "2026-11"},
    "slug": {"type": "string", "maxLength": 100, "example": "slot-taken"},
    "event_id": {"type": "string", "maxLength": 255, "example": "evt_1NG8Du2eZvKYlo2CUI79vXWy"},
}
"""Path ids that are not UUIDs."""
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "The same request under the same key is answered again, with `Idempotent-Replayed: true`,"
    " and not done again, for 24 hours. Another request under the key is a 422, one still in flight a 409,"
    " and so is one whose answer showed a secret and is not kept.",
}

HEADERS = {
    "X-Request-ID": {"description": "The id of the request in our logs.", "schema": {"type": "string"}},
    "Retry-After": {
        "description": "Seconds to wait before you send the request again.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "Idempotent-Replayed": {
        "description": "`true` if this is the stored answer of an earlier request.",
        "schema": {"type": "string", "const": "true"},
    },
    "ETag": {"description": "Identifies this version of the calendar.", "schema": {"type": "string"}},
}
OPERATION_IDS = {
    "accounts.me": "getAccount",
    "accounts.change_me": "updateAccount",
    "accounts.deactivate_me": "deactivateOwnAccount",
    "accounts.log_out_everywhere": "logoutEverywhere",
    "accounts.refresh": "refreshTokens",
    "accounts.send_verification_again": "resendVerification",
    "accounts.verify": "verifyEmailAddress",
    "admin_accounts.show_account": "getAccountForOperator",
    "admin_coaches.list_coaches": "listCoachesForOperator",
    "admin_coaches.show_coach": "getCoachForOperator",
    "bookings.request_booking": "createBooking",
    "bookings.request_series": "createSeries",
    "coaches.change_me": "updateOwnCoach",
    "coaches.show_me": "getOwnCoach",
    "coaches.give_back_time_off": "deleteTimeOff",
    "coaches.take_time_off": "createTimeOff",
    "feed.renew_feed": "createFeed",
    "feed.revoke_feed": "deleteFeed",
    "health.live": "getLiveness",
    "health.ready": "getReadiness",
    "passwords.change": "changePassword",
    "passwords.forgot": "requestPasswordReset",
    "passwords.reset": "resetPassword",
    "payments.open_checkout": "createCheckout",
    "payout_accounts.onboard": "openPayoutAccount",
    "privacy.erase_me": "eraseAccount",
    "privacy.export_me": "exportAccount",
    "second_factors.begin": "beginSecondFactor",
    "second_factors.confirm": "confirmSecondFactor",
    "second_factors.turn_off": "disableSecondFactor",
    "webhook.receive": "receiveStripeEvent",
}
"""Ids of operations whose view's name alone does not say what they do."""
SCHEMA_NAMES = {
    "Again": "RetryRequest",
    "AppCode": "SecondFactorCode",
    "BothFactors": "SecondFactorProof",
    "Credentials": "LoginRequest",
    "Erasure": "ErasureRequest",
    "Kind-Input": "StripeObjectKind",
    "Missing": "MissingStep",
    "NoMore": "DiscardRequest",
    "Registration": "RegistrationRequest",
    "What": "RefusedSignInKind",
    "app__bookings__status__Status": "BookingStatus",
    "app__payments__ledger__entries__Kind": "EntryKind",
    "app__payments__status__Status": "PaymentStatus",
    "app__payments__stripe__listing__Kind": "StripeObjectKind",
}
"""Schemas whose class has another name than an API's reader expects."""
