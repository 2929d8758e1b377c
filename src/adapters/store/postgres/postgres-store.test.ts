import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startTestPostgres, type TestPostgres } from "../../../../test/postgres.ts";
import { sha256Hex } from "../../../kernel/digest.ts";
import { storeSuite } from "../../../ports/store.testsuite.ts";
import { sampleIncident, sampleLeaf } from "../../../ports/store-suite/samples.testsuite.ts";
import { openPostgresStore, type PostgresStore } from "./postgres-store.ts";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.stop());

const opened: PostgresStore[] = [];
afterEach(() => Promise.all(opened.splice(0).map((store) => store.close())));

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

storeSuite("postgres", async () => ({
  store: await openPostgresStore({ url: await postgres.newDatabase() }),
  // The database's own clock: what is awaited is real time, longer than the lease and no finer than it.
  pass: (ms) => new Promise((done) => setTimeout(done, ms)),
}));

const both = async (): Promise<[PostgresStore, PostgresStore]> => {
  const url = await postgres.newDatabase();
  const stores = await Promise.all([openPostgresStore({ url, poolMax: 4 }), openPostgresStore({ url, poolMax: 4 })]);
  opened.push(...stores);
  return stores;
};

const appendSome = async (store: PostgresStore, name: string): Promise<void> => {
  for (let i = 0; i < 25; i++) await store.audit.append([sampleLeaf(`${name}/${i}`), sampleLeaf(`all/${i}`)]);
};

const claimAll = async (store: PostgresStore): Promise<string[]> => {
  const mine: string[] = [];
  for (let items = await store.inbox.claim("x", 7); items.length > 0; items = await store.inbox.claim("x", 7))
    mine.push(...items.map((item) => item.id));
  return mine;
};

describe("several controllers on one database", () => {
  it("migrate an empty database together, once", async () => {
    const [a, b] = await both();
    await Promise.all([a.migrate(), b.migrate()]);
    await a.incidents.save(sampleIncident({ id: "i" }), 0);
    expect((await b.incidents.get("i"))?.version).toBe(1);
  });

  it("give one lease to one of them, with tokens that only grow", async () => {
    const [a, b] = await both();
    let last = 0;
    for (let round = 0; round < 10; round++) {
      const tries = [a, b, a, b].map((store, i) => store.leases.acquire("target", `h${i}`, 60_000));
      const [lease, second] = (await Promise.all(tries)).filter((l) => l !== undefined);
      if (!lease) throw new Error("nobody got it");
      expect(second).toBeUndefined();
      expect(lease.token).toBeGreaterThan(last);
      last = lease.token;
      await a.leases.release(lease);
    }
  });

  it("append to one audit log without a gap or a doublet", async () => {
    const [a, b] = await both();
    await Promise.all([appendSome(a, "1"), appendSome(a, "2"), appendSome(b, "3"), appendSome(b, "4")]);
    const leaves = await a.audit.range(0, 1_000);
    expect(leaves.map((leaf) => leaf.index)).toEqual(Array.from({ length: 125 }, (_, i) => i));
    expect(new Set(leaves.map((leaf) => leaf.record.key)).size).toBe(125);
    expect(await b.audit.leafHashes(0, 1_000)).toEqual(leaves.map((leaf) => sha256Hex(leaf.canonical)));
  });

  it("never hand an inbox item out twice", async () => {
    const [a, b] = await both();
    const signal = {
      kind: "change",
      id: "c",
      change: "flag",
      service: "s",
      environment: "e",
      timeMs: 1,
      source: "event",
    } as const;
    const ids = Array.from({ length: 300 }, (_, i) => `${i}`);
    const put = (store: PostgresStore) => store.inbox.put(ids.map((id) => ({ id, signal, receivedAtMs: 1 })));
    const reversed = () => b.inbox.put(ids.toReversed().map((id) => ({ id, signal, receivedAtMs: 1 })));
    const added = await Promise.all([put(a), reversed(), put(a)]);
    expect(added.reduce((sum, n) => sum + n)).toBe(300);
    const claimed = (await Promise.all([claimAll(a), claimAll(a), claimAll(b), claimAll(b)])).flat();
    expect(claimed.toSorted()).toEqual(ids.toSorted());
  });
});

describe("a database that is not as wished", () => {
  it("is refused when a newer Homeostat wrote it, and left as it is", async () => {
    const url = await postgres.newDatabase();
    await (await openPostgresStore({ url })).close();
    await query(url, "update homeostat.schema_version set version = 99");
    await expect(openPostgresStore({ url })).rejects.toMatchObject({ code: "newer-schema", retryable: false });
    expect(await query(url, "select version from homeostat.schema_version")).toEqual([{ version: 99 }]);
  });

  it("is worked with again after every connection was cut, without anybody's help", async () => {
    const url = await postgres.newDatabase();
    const lost: Error[] = [];
    const store = await openPostgresStore({ url, lost: (error) => lost.push(error) });
    opened.push(store);
    await Promise.all([1, 2, 3].map((n) => store.tokens.settingOnce(`k${n}`, { n })));
    await query(
      url,
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    for (let i = 0; i < 100 && lost.length === 0; i++) await new Promise((done) => setTimeout(done, 20));
    expect(lost.length).toBeGreaterThan(0);
    // A cut connection may be handed out once more before the pool hears of it: that is `unavailable`, to be tried again.
    const kept = async () => store.tokens.setting("k1").catch((error: unknown) => ({ error }));
    let found = await kept();
    for (let i = 0; i < 5 && found !== undefined && "error" in found; i++) {
      expect(found.error).toMatchObject({ code: "unavailable", retryable: true });
      found = await kept();
    }
    expect(found).toEqual({ n: 1 });
  });

  it("is unavailable, to be tried again, when its connection is cut in the middle of a statement", async () => {
    const url = await postgres.newDatabase();
    const store = await openPostgresStore({ url });
    opened.push(store);
    const holder = new Client({ connectionString: url });
    await holder.connect();
    await holder.query("begin; select pg_advisory_xact_lock(7215082)");
    const append = store.audit.append([sampleLeaf("k")]);
    const refused = expect(append).rejects.toMatchObject({
      name: "AdapterError",
      code: "unavailable",
      retryable: true,
    });
    const waiting =
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event = 'advisory'";
    for (let i = 0; i < 100 && (await query(url, waiting)).length === 0; i++)
      await new Promise((done) => setTimeout(done, 20));
    await refused;
    await holder.end();
    expect(await store.audit.append([sampleLeaf("k")])).toBe(1);
  });

  it("is unavailable, to be tried again, when nothing listens there", async () => {
    const nowhere = Object.assign(new URL(postgres.url), { port: "1" }).href;
    await expect(openPostgresStore({ url: nowhere })).rejects.toMatchObject({ code: "unavailable", retryable: true });
  });

  it("is refused for good with a wrong password", async () => {
    const wrong = Object.assign(new URL(postgres.url), { password: "wrong" }).href;
    await expect(openPostgresStore({ url: wrong })).rejects.toMatchObject({ code: "database", retryable: false });
  });
});

it("prunes what is done and what ran out, and nothing else", async () => {
  const store = await openPostgresStore({ url: await postgres.newDatabase() });
  opened.push(store);
  const signal = {
    kind: "change",
    id: "c",
    change: "flag",
    service: "s",
    environment: "e",
    timeMs: 1,
    source: "event",
  } as const;
  await store.inbox.put(["done", "waits"].map((id) => ({ id, signal, receivedAtMs: 1_000 })));
  await store.inbox.done(["done"]);
  const token = { name: "n", scopes: [], roles: [] };
  await store.tokens.put({ ...token, sha256: "old", singleUse: true, expiresAtMs: 1_000 });
  await store.tokens.put({ ...token, sha256: "kept", singleUse: false });
  await store.leases.acquire("target", "h", 60_000);
  expect(await store.prune(2_000)).toBe(2);
  expect(await store.inbox.claim("x", 9)).toMatchObject([{ id: "waits" }]);
  expect(await store.tokens.count()).toBe(1);
  expect(await store.leases.current("target")).toMatchObject({ holder: "h" });
});

it("says so instead of leaving a stop out when there are too many", async () => {
  const url = await postgres.newDatabase();
  const store = await openPostgresStore({ url });
  opened.push(store);
  await query(url, "insert into homeostat.stops select 'service', n::text, '{}' from generate_series(1, 1001) n");
  await expect(store.stops.list()).rejects.toMatchObject({ code: "too-many-stops" });
  expect(await store.stops.lift({ kind: "service", value: "7" })).toBe(true);
  expect(await store.stops.list()).toHaveLength(1_000);
});
