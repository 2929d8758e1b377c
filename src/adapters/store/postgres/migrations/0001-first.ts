/** The first schema. Documents are JSON text, whole; columns beside them are what queries look for. */
export const first = `
create table incidents (
  id text primary key, environment text not null, live boolean not null, opened_at_ms bigint not null,
  version integer not null, document text not null);
create index incidents_by_time on incidents (live, opened_at_ms desc);
create table diagnoses (seq bigint generated always as identity primary key, incident_id text not null, document text not null);
create index diagnoses_by_incident on diagnoses (incident_id, seq desc);
create table plans (digest text primary key, document text not null);
create table decisions (seq bigint generated always as identity primary key, incident_id text not null, document text not null);
create index decisions_by_incident on decisions (incident_id, seq);
create table runs (
  id text primary key, incident_id text not null, plan_digest text not null, state text not null,
  started_at_ms bigint not null, ended_at_ms bigint, verification text);
create index runs_by_incident on runs (incident_id, started_at_ms);
create index runs_by_time on runs (started_at_ms);
create table acts (
  key text primary key, run_id text not null references runs (id), seq bigint generated always as identity,
  intent text not null, outcome text);
create index acts_by_run on acts (run_id, seq);
create table approvals (
  plan_digest text primary key, incident_id text not null, run_id text not null, state text not null,
  consumed_by text, expires_at_ms bigint not null, document text not null);
create table approval_answers (
  plan_digest text not null references approvals (plan_digest), person text not null, seq bigint generated always as identity,
  document text not null, primary key (plan_digest, person));
create table stops (kind text not null, value text not null, document text not null, primary key (kind, value));
create sequence fencing_tokens;
create table leases (name text primary key, holder text not null, token bigint not null, expires_at timestamptz not null);
create table known_good (
  seq bigint generated always as identity primary key, service text not null, environment text not null, aspect text not null,
  value text not null, since_ms bigint not null, at_ms bigint not null);
create index known_good_by_target on known_good (service, environment, aspect, seq desc);
create table inbox (
  id text primary key, seq bigint generated always as identity, kind text not null, environment text not null, at_ms bigint not null,
  received_at_ms bigint not null, claimed_until timestamptz, done boolean not null default false, document text not null);
create index inbox_waiting on inbox (seq) where not done;
create index inbox_changes on inbox (environment, at_ms) where kind = 'change';
create table audit_leaves (index bigint primary key, key text not null unique, leaf_hash text not null, canonical text not null);
create table audit_checkpoints (size bigint primary key, note text not null);
create table audit_salts (record_key text not null, field text not null, salt text not null, value text not null, primary key (record_key, field));
create table windows (
  series text not null, start_ms bigint not null, controller text not null, count integer not null, errors integer not null,
  own_errors integer not null, duration_sum_ms double precision not null, durations integer[] not null,
  primary key (series, start_ms, controller));
create index windows_by_time on windows (start_ms);
create table tokens (
  sha256 text primary key, name text not null, scopes text[] not null, roles text[] not null, expires_at_ms bigint,
  single_use boolean not null, redeemed boolean not null default false);
create table settings (key text primary key, value text not null);
`;
