import { describe, expect, test } from "vitest";
import type { TopologyView } from "../../engine/operations.ts";
import { viewTopology } from "../../engine/view-topology.ts";
import type { Edge } from "../../loop/detection/finding.ts";
import type { Service } from "../../loop/signal/service.ts";
import { givenServer, startMs } from "../server-world.testsuite.ts";

const hostile = `evil\u001b[2J\u202e${"x".repeat(200)}`;
type Answer = TopologyView & { readonly error?: { readonly code: string; readonly message: string } };

const service = (name: string, dependsOn: readonly string[], emitsTelemetry = true): Service =>
  ({ name, environment: "prod", telemetryName: name, dependsOn, emitsTelemetry }) as Service;

/** A server of a shop that calls pay without saying so, and no longer mail, which is silent. */
async function given(edges: readonly Edge[] = [], strangers: readonly string[] = [], environment = "prod") {
  const services = [service("cart", ["mail", "store"]), service("mail", ["store"]), service("store", [], false)];
  const learned = [{ from: "cart", to: "store" }, { from: "cart", to: "pay" }, ...edges];
  const lastMs = startMs - 5_000;
  const heard = [
    { service: "cart", environment: "prod", lastMs },
    ...strangers.map((name) => ({ service: name, environment, lastMs })),
  ];
  const none = async () => [];
  const world = {
    config: () => ({ services }) as never,
    telemetry: { service: none, edge: none, all: none, edges: async (of: string) => (of === "prod" ? learned : []) },
    heard: () => ({ sinceMs: 0, services: heard }),
    clock: { nowMs: () => startMs },
  };
  const { server, issue } = await givenServer({ topology: (query) => viewTopology(world, query) });
  const authorization = await issue("read");
  const ask = async (query = "") => {
    const answer = await server.inject({ url: `/api/v1/topology${query}`, headers: { authorization } });
    return { status: answer.statusCode, body: answer.json<Answer>(), text: answer.body };
  };
  return { ask, server, issue };
}

describe("topology", () => {
  test("tells services, calls and differences, each with what to do about it", async () => {
    const { ask } = await given();
    const { status, body } = await ask("?environment=prod");
    expect(status).toBe(200);
    expect(body).toMatchObject({ nowMs: startMs, sinceMs: 0, withinMs: 1_800_000, environmentsLeftOut: 0 });
    const [prod] = body.environments;
    expect(prod?.services).toMatchObject({ total: 3, shown: [{ name: "cart", isHeard: true }, {}, {}] });
    expect(prod?.calls.shown.map((c) => [c.from, c.to, c.source, c.isSeen])).toEqual([
      ["cart", "mail", "declared", false],
      ["cart", "pay", "learned", true],
      ["cart", "store", "both", true],
      ["mail", "store", "declared", null],
    ]);
    expect(prod?.callsUnknown).toBe(1);
    expect(prod?.differences).toMatchObject({
      undeclaredCalls: {
        total: 1,
        shown: [{ from: "cart", to: "pay", text: "`cart` calls `pay`, which its `dependsOn` lacks" }],
      },
      unseenCalls: { total: 1, shown: [{ text: "`cart` was not seen to call `mail` in the last 30m" }] },
      undeclaredServices: { total: 0, shown: [] },
      unheardServices: { total: 1, shown: [{ service: "mail", text: "`mail` was not heard in the last 1d" }] },
    });
  });

  test("of all environments, declared ones first, where none is named", async () => {
    const { ask } = await given([], ["cart"], "default");
    const { body } = await ask();
    expect(body.environments.map((e) => e.environment)).toEqual(["prod", "default"]);
    expect(body.environments[1]?.differences.undeclaredServices.shown[0]).toMatchObject({
      service: "cart",
      advice: expect.stringMatching(/it is declared in `prod`: .*deployment\.environment\.name/),
    });
  });

  test("of thousands of services is bounded, and says how many there are", async () => {
    const many = Array.from({ length: 5_000 }, (_, i) => `s-${i}`);
    const { ask } = await given(
      many.map((to) => ({ from: "cart", to })),
      many,
    );
    const { body, text } = await ask("?limit=50");
    expect(text.length).toBeLessThan(100_000);
    const { undeclaredCalls, undeclaredServices } = body.environments[0]?.differences ?? {};
    expect([undeclaredCalls?.total, undeclaredCalls?.shown.length]).toEqual([5_001, 50]);
    expect([undeclaredServices?.total, undeclaredServices?.shown.length]).toEqual([5_000, 50]);
  });

  test("in the words for untrusted names steers nothing and is short", async () => {
    const { ask } = await given([{ from: hostile, to: hostile }], [hostile]);
    const { body } = await ask();
    const [told] = body.environments[0]?.differences.undeclaredServices.shown ?? [];
    expect(told?.service).toBe(hostile);
    // oxlint-disable-next-line no-control-regex
    expect(told?.text).not.toMatch(/[\u0000-\u001f\u202e]/);
    expect(told?.text.length).toBeLessThan(250);
  });

  test("of an environment that nobody knows is not found, and those that are known are named", async () => {
    const { ask } = await given([], ["web"], "stage");
    const { status, body } = await ask(`?environment=${encodeURIComponent("prd\u001b")}`);
    expect([status, body.error?.code]).toEqual([404, "not-found"]);
    expect(body.error?.message).toBe(
      "no service is declared or heard in the environment `prd\ufffd`: known are `prod`, `stage`",
    );
  });

  test.each([
    ["?limit=0", "limit"],
    ["?limit=1001", "limit"],
    ["?environment=a&environment=b", "environment"],
    ["?environment=" + "x".repeat(300), "environment"],
    ["?form=svg", "form"],
  ])("%s is refused by name", async (query, word) => {
    const { ask } = await given();
    const { status, body } = await ask(query);
    expect([status, body.error?.message]).toEqual([400, expect.stringContaining(word)]);
  });

  test("takes the scope `read`", async () => {
    const { server, issue } = await given();
    const headers = { authorization: await issue("ingest") };
    expect((await server.inject({ url: "/api/v1/topology", headers })).statusCode).toBe(403);
    expect((await server.inject({ url: "/api/v1/topology" })).statusCode).toBe(401);
  });
});
