-- The tables of inline.py.
CREATE TABLE account (
    id uuid PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name text NOT NULL,
    time_zone text NOT NULL
);
CREATE TABLE booking (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES account,
    coach_id uuid NOT NULL REFERENCES account,
    starts_at timestamptz NOT NULL,
    minutes integer NOT NULL,
    status text NOT NULL
);
CREATE INDEX ON booking (client_id);
CREATE INDEX ON booking (coach_id);
CREATE TABLE payment (
    id uuid PRIMARY KEY,
    booking_id uuid NOT NULL REFERENCES booking,
    stripe_session_id text NOT NULL UNIQUE,
    stripe_payment_intent_id text UNIQUE,
    amount_minor integer NOT NULL,
    currency text NOT NULL,
    status text NOT NULL
);
CREATE INDEX ON payment (booking_id);
