/** What detection learned, a row a stream. Ordered by bytes, so that pages come in one order everywhere; packed already. */
export const learned = `
create table learned (
  kind text collate "C" not null, stream text collate "C" not null, format integer not null, learned_at_ms bigint not null,
  state bytea not null, primary key (kind, stream));
alter table learned alter column state set storage external;
create index learned_by_time on learned (learned_at_ms);
`;
