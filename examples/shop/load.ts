import { Agent, request as httpRequest } from "node:http";
import { parseArgs } from "node:util";
import { writeJson } from "./files.ts";
import { readLayout } from "./layout.ts";
import { pick, seeded, wholeBetween, type Random } from "./seeded.ts";

const sessionsPerSecond = 7.7;
const swingPeriodMs = 240_000;
const inFlightMax = 400;
const answerTimeoutMs = 4000;
const secondsKept = 120;

/** What `load.json` holds, rewritten each second. A second's bucket counts by when the request was sent. */
export interface LoadCounters {
  readonly startedAtMs: number;
  sent: number;
  ok: number;
  /** Answered 500 or above. */
  failed: number;
  /** No answer: refused, reset or none in time. */
  unanswered: number;
  /** Not sent because too many were under way. */
  skipped: number;
  readonly byStatus: Record<string, number>;
  readonly lastSeconds: { readonly atMs: number; sent: number; ok: number; failed: number; unanswered: number }[];
}

interface Step {
  readonly method: "GET" | "POST";
  readonly path: string;
}

const get = (path: string): Step => ({ method: "GET", path });

/** One visit: what a browsing, a collecting or a buying visitor asks for, in order. */
export function sessionOf(random: Random): Step[] {
  const user = `user-${wholeBetween(random, 1, 400)}`;
  const product = () => get(`/products/${wholeBetween(random, 1, 24)}`);
  const add: Step = { method: "POST", path: `/cart/${user}` };
  const browse = [get("/"), get("/products"), product(), product()];
  const collect = [get("/"), product(), add, get(`/cart/${user}`)];
  const buy: Step[] = [product(), add, { method: "POST", path: `/checkout/${user}` }];
  return pick(random, [browse, collect, buy, buy]);
}

/** Open loop: visits arrive at their rate whatever the shop answers, and so pile up on a slow shop as real ones do. */
function main(): void {
  const { values } = parseArgs({ options: { dir: { type: "string" } } });
  const layout = readLayout(values.dir ?? "");
  const random = seeded(layout.seed);
  const counters: LoadCounters = {
    startedAtMs: Date.now(),
    sent: 0,
    ok: 0,
    failed: 0,
    unanswered: 0,
    skipped: 0,
    byStatus: {},
    lastSeconds: [],
  };
  const send = senderTo(layout.gatewayUrls, counters);
  const arrive = () => {
    for (const [i, step] of sessionOf(random).entries())
      setTimeout(() => send(step, 0), i * (150 + 700 * random())).unref();
    const swing = 1 + 0.12 * Math.sin((2 * Math.PI * (Date.now() - counters.startedAtMs)) / swingPeriodMs);
    setTimeout(arrive, (-Math.log(1 - random()) * 1000) / (sessionsPerSecond * swing));
  };
  arrive();
  setInterval(() => writeJson(layout.loadFile, counters), 1000);
  process.on("SIGTERM", () => process.exit(0));
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(0);
  }, 1000).unref();
}

function senderTo(urls: readonly string[], counters: LoadCounters): (step: Step, tried: number) => void {
  const agent = new Agent({ keepAlive: true, maxSockets: 200 });
  let turn = 0;
  let inFlight = 0;
  const send = (step: Step, tried: number): void => {
    if (inFlight >= inFlightMax) {
      counters.skipped += 1;
      return;
    }
    const second = tried === 0 ? secondNow(counters) : (counters.lastSeconds.at(-1) ?? secondNow(counters));
    if (tried === 0) {
      counters.sent += 1;
      second.sent += 1;
    }
    inFlight += 1;
    let isOver = false;
    const over = (status: number) => {
      if (isOver) return;
      isOver = true;
      inFlight -= 1;
      const kind = status === 0 ? "unanswered" : status >= 500 ? "failed" : "ok";
      counters[kind] += 1;
      second[kind] += 1;
      counters.byStatus[status] = (counters.byStatus[status] ?? 0) + 1;
    };
    const url = new URL(step.path, urls[(turn += 1) % urls.length]);
    const request = httpRequest(url, { agent, method: step.method, timeout: answerTimeoutMs }, (response) => {
      response.resume();
      response.once("end", () => over(response.statusCode ?? 0));
      response.once("error", () => over(0));
    });
    request.once("timeout", () => request.destroy());
    request.once("error", (error) => {
      // A gateway that refuses is restarting: a visitor's balancer takes the other one.
      const isRefused = "code" in error && error.code === "ECONNREFUSED";
      if (!isRefused || tried + 1 >= urls.length) return over(0);
      isOver = true;
      inFlight -= 1;
      send(step, tried + 1);
    });
    request.end(step.method === "POST" ? JSON.stringify({ product: 1 }) : undefined);
  };
  return send;
}

function secondNow(counters: LoadCounters): LoadCounters["lastSeconds"][number] {
  const atMs = Math.floor(Date.now() / 1000) * 1000;
  const last = counters.lastSeconds.at(-1);
  if (last?.atMs === atMs) return last;
  const fresh = { atMs, sent: 0, ok: 0, failed: 0, unanswered: 0 };
  counters.lastSeconds.push(fresh);
  if (counters.lastSeconds.length > secondsKept) counters.lastSeconds.shift();
  return fresh;
}

if (import.meta.main) main();
