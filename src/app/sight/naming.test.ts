import { expect, test } from "vitest";
import { seriesKey, type RedBucket } from "../../loop/detection/red.ts";
import type { Finding } from "../../loop/detection/finding.ts";
import type { Service } from "../../loop/signal/service.ts";
import type { TelemetryReader } from "../../ports/telemetry.ts";
import { nameHeard } from "./name-heard.ts";
import { createNaming } from "./naming.ts";

const services = [{ name: "cart", telemetryName: "shop.cart.v2", environment: "demo" }] as unknown as Service[];
const naming = createNaming(() => services);
const bucket = (series: string): RedBucket => ({
  series,
  startMs: 0,
  count: 1,
  errors: 0,
  ownErrors: 0,
  durationSumMs: 1,
  durations: [],
});
const asked: string[] = [];
const reader: TelemetryReader = {
  service: async (service) => {
    asked.push(service);
    return [bucket(seriesKey({ type: "service", service, environment: "demo" }))];
  },
  edge: async (edge) => [bucket(seriesKey({ type: "edge", edge, environment: "demo" }))],
  all: async (names) =>
    names.map((service) => bucket(seriesKey({ type: "version", service, environment: "demo", version: "1" }))),
  edges: async () => [{ from: "gateway", to: "shop.cart.v2" }],
};

test("notable lines and failed calls are asked for by telemetry's names and answer in the care repo's", () => {
  const line = { text: "x", severity: 17, count: 1, firstMs: 0, lastMs: 0 };
  const read = naming.notable((_environment, [name = ""]) => ({
    logs: { [name]: [line] },
    failedCalls: [
      { from: name, to: "store", count: 1, lastMs: 0 },
      { to: name, status: 503, count: 1, lastMs: 0 },
    ],
  }));
  expect(read("demo", ["cart"])).toEqual({
    logs: { cart: [line] },
    failedCalls: [
      { from: "cart", to: "store", count: 1, lastMs: 0 },
      { to: "cart", status: 503, count: 1, lastMs: 0 },
    ],
  });
});

test("findings speak the care repo's names", () => {
  const found = naming.finding({
    service: "shop.cart.v2",
    environment: "demo",
    edge: { from: "shop.cart.v2", to: "store" },
  } as Finding);
  expect(found).toMatchObject({ service: "cart", edge: { from: "cart", to: "store" } });
});

test("a service of the same telemetry name in another environment keeps its name", () => {
  expect(naming.finding({ service: "shop.cart.v2", environment: "other" } as Finding).service).toBe("shop.cart.v2");
});

test("telemetry is asked for by its own names and answers in the care repo's", async () => {
  const named = naming.reader(reader);
  expect((await named.service("cart", "demo", 0, 1))[0]?.series).toBe(
    seriesKey({ type: "service", service: "cart", environment: "demo" }),
  );
  expect(asked).toEqual(["shop.cart.v2"]);
  expect((await named.edge({ from: "gateway", to: "cart" }, "demo", 0, 1))[0]?.series).toBe(
    seriesKey({ type: "edge", edge: { from: "gateway", to: "cart" }, environment: "demo" }),
  );
  expect((await named.all(["cart"], "demo", 0, 1))[0]?.series).toBe(
    seriesKey({ type: "version", service: "cart", environment: "demo", version: "1" }),
  );
  expect(await named.edges("demo", 1)).toEqual([{ from: "gateway", to: "cart" }]);
});

test("whom telemetry came from goes by the care repo's names", () => {
  const heard = ["demo", "other"].map((environment) => ({ service: "shop.cart.v2", environment, lastMs: 1 }));
  const named = nameHeard({ detector: { heard: () => heard }, openedMs: 7 }, naming)();
  expect([named.sinceMs, named.services.map((h) => h.service)]).toEqual([7, ["cart", "shop.cart.v2"]]);
});
