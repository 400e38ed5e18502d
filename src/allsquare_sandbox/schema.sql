-- The sandbox's store. One file, one process; every table but mischief and delivery only ever gains facts or moves forward.
CREATE TABLE account (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  api_key TEXT NOT NULL UNIQUE,            -- in the clear: it opens pretended money, and the panel shows it
  owner INTEGER NOT NULL DEFAULT 0,        -- may open further accounts
  webhook_url TEXT NOT NULL DEFAULT '',
  webhook_secret TEXT NOT NULL,
  clock_offset REAL NOT NULL DEFAULT 0,    -- seconds ahead of the machine
  card_basis_points INTEGER NOT NULL DEFAULT 140 CHECK (card_basis_points BETWEEN 0 AND 10000),
  card_fixed INTEGER NOT NULL DEFAULT 25 CHECK (card_fixed >= 0),
  debit_fixed INTEGER NOT NULL DEFAULT 35 CHECK (debit_fixed >= 0),
  dispute_fee INTEGER NOT NULL DEFAULT 1500 CHECK (dispute_fee >= 0),
  settlement_days INTEGER NOT NULL DEFAULT 2 CHECK (settlement_days >= 0),
  debit_days INTEGER NOT NULL DEFAULT 3 CHECK (debit_days >= 0),
  daily_payouts INTEGER NOT NULL DEFAULT 1,
  paid_out_until TEXT NOT NULL,            -- midnights up to here have had their daily payout
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE charge (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  status TEXT NOT NULL,
  stage TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  method TEXT NOT NULL,
  description TEXT NOT NULL,
  return_url TEXT NOT NULL,
  customer_email TEXT NOT NULL,
  customer_name TEXT NOT NULL,
  metadata TEXT NOT NULL,
  attempt TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  save_method INTEGER NOT NULL,
  scenario TEXT NOT NULL DEFAULT '',
  token TEXT NOT NULL DEFAULT '',
  brand TEXT NOT NULL DEFAULT '',
  last_four TEXT NOT NULL DEFAULT '',
  expires TEXT NOT NULL DEFAULT '',
  fee INTEGER NOT NULL DEFAULT 0,
  refunded INTEGER NOT NULL DEFAULT 0,     -- pending refunds included
  disputed INTEGER NOT NULL DEFAULT 0,     -- open and lost disputes
  failure_code TEXT NOT NULL DEFAULT '',
  failure_message TEXT NOT NULL DEFAULT '',
  created_at TEXT NOT NULL,
  succeeded_at TEXT NOT NULL DEFAULT '',
  reader TEXT NOT NULL DEFAULT '',         -- at which the card is to be held; '' for a page
  asks_for_tip INTEGER NOT NULL DEFAULT 0, -- the reader does, before the card is read
  tip INTEGER NOT NULL DEFAULT 0 CHECK (tip >= 0), -- what of the amount was given on top
  challenge INTEGER NOT NULL DEFAULT 0,    -- the merchant wants the payer's bank to ask, whatever the card
  due_at TEXT NOT NULL,                    -- when it expires, or clears; '' when nothing is to come
  UNIQUE (account_id, idempotency_key),
  CHECK (refunded >= 0 AND disputed >= 0 AND refunded + disputed <= amount)
) STRICT;
CREATE INDEX charge_by_attempt ON charge (account_id, attempt);
CREATE INDEX charge_due ON charge (account_id, due_at) WHERE due_at <> '';

CREATE TABLE reader (                      -- of cards, in the merchant's shop
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  label TEXT NOT NULL,
  online INTEGER NOT NULL DEFAULT 1,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE saved_method (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  token TEXT NOT NULL UNIQUE,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  scenario TEXT NOT NULL,
  brand TEXT NOT NULL,
  last_four TEXT NOT NULL,
  expires TEXT NOT NULL,
  created_at TEXT NOT NULL,
  removed_at TEXT NOT NULL DEFAULT '',
  replaced_by TEXT NOT NULL DEFAULT ''     -- the token under which it is kept from then on
) STRICT;

CREATE TABLE refund (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  charge_id TEXT NOT NULL REFERENCES charge (id) ON DELETE CASCADE,
  status TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  reason TEXT NOT NULL,
  metadata TEXT NOT NULL,
  attempt TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  failure_code TEXT NOT NULL DEFAULT '',
  failure_message TEXT NOT NULL DEFAULT '',
  created_at TEXT NOT NULL,
  due_at TEXT NOT NULL DEFAULT '',
  UNIQUE (account_id, idempotency_key)
) STRICT;
CREATE INDEX refund_by_charge ON refund (charge_id);
CREATE INDEX refund_by_attempt ON refund (account_id, attempt);
CREATE INDEX refund_due ON refund (account_id, due_at) WHERE due_at <> '';

CREATE TABLE dispute (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  charge_id TEXT NOT NULL REFERENCES charge (id) ON DELETE CASCADE,
  status TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  fee INTEGER NOT NULL,
  currency TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at TEXT NOT NULL,
  closed_at TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX dispute_by_charge ON dispute (charge_id);

CREATE TABLE payout (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  created_at TEXT NOT NULL,
  arrives_on TEXT NOT NULL
) STRICT;

CREATE TABLE entry (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,                      -- charge, refund, refund_failed, dispute, dispute_won, payout_failed
  currency TEXT NOT NULL,
  amount INTEGER NOT NULL,
  fee INTEGER NOT NULL,
  source_id TEXT NOT NULL,
  available_at TEXT NOT NULL,
  payout_id TEXT NOT NULL DEFAULT '',
  at TEXT NOT NULL,
  UNIQUE (kind, source_id)                 -- nothing counts twice
) STRICT;
CREATE INDEX entry_to_pay_out ON entry (account_id, currency, available_at) WHERE payout_id = '';
CREATE INDEX entry_by_payout ON entry (payout_id) WHERE payout_id <> '';

CREATE TABLE event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  body TEXT NOT NULL,                      -- exactly the bytes that are signed and sent
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX event_by_object ON event (account_id, object_id);

CREATE TABLE delivery (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  event_id TEXT NOT NULL REFERENCES event (id) ON DELETE CASCADE,
  url TEXT NOT NULL,
  flavour TEXT NOT NULL,                   -- true, duplicate, resent, forged or late
  state TEXT NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  next_try REAL NOT NULL,
  last_status INTEGER NOT NULL DEFAULT 0,
  last_error TEXT NOT NULL DEFAULT '',
  last_tried_at TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX delivery_waiting ON delivery (next_try) WHERE state = 'waiting';
CREATE INDEX delivery_by_event ON delivery (event_id);

CREATE TABLE mischief (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  scope TEXT NOT NULL,
  remaining INTEGER,
  probability REAL NOT NULL,
  seconds REAL NOT NULL,
  copies INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  draws INTEGER NOT NULL DEFAULT 0,
  hits INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE answer (                      -- what a request with an idempotency key was told
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  idempotency_key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (account_id, idempotency_key)
) STRICT, WITHOUT ROWID;
