-- People, sessions, API tokens and the audit log of the desk.

CREATE TABLE desk_user (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  password_hash TEXT,               -- Argon2id (libsodium); null until the one-time link is used
  role TEXT NOT NULL,               -- writer | editor | audience | administrator | auditor
  disabled BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE desk_link (            -- one-time sign-in links
  token_hash BLOB PRIMARY KEY,
  user_id BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);

CREATE TABLE desk_session (
  token_hash BLOB PRIMARY KEY,
  user_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

CREATE TABLE api_token (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  token_hash BLOB NOT NULL UNIQUE,
  scopes TEXT NOT NULL,             -- space separated: alerts:draft alerts:release lists subscribers read
  expires_at BIGINT,
  created_at BIGINT NOT NULL
);

CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL
);
