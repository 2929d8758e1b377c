import type { JsonObject } from "../../../kernel/json.ts";
import type { TokenStore } from "../../../ports/store.ts";
import { changed, read, rows, sql, write, type Db } from "./database.ts";

interface TokenRow {
  readonly name: string;
  readonly scopes: string[];
  readonly roles: string[];
}

export const tokenStore = (db: Db): TokenStore => ({
  async put(t) {
    await changed(
      db,
      sql`insert into tokens (sha256, name, scopes, roles, expires_at_ms, single_use)
        values (${t.sha256}, ${t.name}, ${[...t.scopes]}::text[], ${[...t.roles]}::text[], ${t.expiresAtMs ?? null}, ${t.singleUse}) on conflict do nothing`,
    );
  },
  async find(sha256, nowMs) {
    const [row] = await rows<TokenRow>(
      db,
      sql`select name, scopes, roles from tokens where sha256 = ${sha256} and not single_use and (expires_at_ms is null or expires_at_ms > ${nowMs})`,
    );
    return row;
  },
  async redeem(sha256, nowMs) {
    const [row] = await rows<TokenRow>(
      db,
      sql`update tokens set redeemed = true
        where sha256 = ${sha256} and single_use and not redeemed and (expires_at_ms is null or expires_at_ms > ${nowMs})
        returning name, scopes, roles`,
    );
    return row;
  },
  async count() {
    const [row] = await rows<{ n: string }>(db, sql`select count(*) as n from tokens where not single_use`);
    return Number(row?.n ?? 0);
  },
  async setting(key) {
    const [row] = await rows<{ value: string }>(db, sql`select value from settings where key = ${key}`);
    return row && read<JsonObject>(row.value);
  },
  async settingOnce(key, value) {
    await changed(db, sql`insert into settings values (${key}, ${write(value)}) on conflict do nothing`);
    const [row] = await rows<{ value: string }>(db, sql`select value from settings where key = ${key}`);
    return row ? read<JsonObject>(row.value) : value;
  },
});
