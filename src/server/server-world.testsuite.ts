import { createMemoryStore } from "../adapters/store/memory/memory-store.ts";
import type { Operations, Refusal, StatusReport } from "../engine/operations.ts";
import { spanRow } from "../ports/archive.fixture.ts";
import type { History } from "../ports/archive.ts";
import type { TraceReader } from "../ports/traces.ts";
import { err, ok } from "../kernel/result.ts";
import type { Incident } from "../loop/incident/incident.ts";
import type { Scope } from "./auth.ts";
import { createToken } from "./auth.ts";
import { createServer } from "./server.ts";

export const startMs = 1_790_000_000_000;

export const healthy: StatusReport = {
  state: "ok",
  version: "1.2.3",
  controller: "c-1",
  configCommit: "abc",
  components: [{ name: "database", state: "ok", detail: "" }],
  stops: [],
  liveIncidents: 0,
  openApprovals: [],
  counters: {},
};

export const incident = (over: Partial<Incident> = {}): Incident => ({
  id: "inc-0123456789ab",
  environment: "demo",
  state: "escalated",
  severity: 2,
  services: ["cart"],
  openedAtMs: startMs,
  sinceMs: startMs - 20_000,
  updatedAtMs: startMs,
  findings: [],
  alerts: [],
  changes: [],
  timeline: [],
  traceId: "0".repeat(31) + "1",
  ...over,
});

const nothingFound = async () => ({ rows: [], cut: false, missing: [] });
/** There is one trace, and nothing else. */
const emptyHistory: History = {
  redSteps: nothingFound,
  points: nothingFound,
  logs: nothingFound,
  spans: async ({ traceId }) => ({
    rows: [spanRow(startMs)].filter((row) => row.traceId === traceId),
    cut: false,
    missing: [],
  }),
};

/** Of one service there were traces, which say nothing now. */
const noTraces: TraceReader = {
  operations: () => [],
  exemplars: () => [],
  services: () => [{ service: "cart", environment: "demo" }],
  lookedAtShare: () => 1,
};

/** The HTTP side over a store in memory and operations that note what was asked of them. */
export async function givenServer(given: Partial<Operations> = {}, history: History = emptyHistory, traces = noTraces) {
  const time = { nowMs: startMs };
  const clock = { nowMs: () => time.nowMs };
  const store = createMemoryStore(clock);
  const asked: unknown[][] = [];
  const said: string[] = [];
  const logins: [name: string, good: boolean][] = [];
  const note =
    (name: string) =>
    async (...args: unknown[]) => {
      asked.push([name, ...args]);
      return ok({ done: name } as never);
    };
  const operations: Operations = {
    status: async () => healthy,
    incidents: async (filter) => {
      asked.push(["incidents", filter]);
      return [incident()];
    },
    incident: async (id) =>
      id === incident().id
        ? { incident: incident(), diagnosis: null, plans: [], decisions: [], runs: [], approvals: [] }
        : undefined,
    plan: note("plan"),
    topology: note("topology"),
    answer: note("answer"),
    stop: note("stop"),
    resume: note("resume"),
    close: note("close"),
    createToken: note("createToken"),
    checkpoint: async () => "a checkpoint\n",
    async *exportAudit() {
      yield "one\n";
      yield "two\n";
    },
    ...given,
  };
  const server = await createServer({
    operations,
    store,
    clock,
    loginSeen: async (name, good) => void logins.push([name, good]),
    metrics: () => [],
    history,
    traces,
    log: (text) => void said.push(text),
    receivers: () => undefined,
  });
  const issue = async (...scopes: Scope[]): Promise<string> => {
    const { token, sha256 } = createToken();
    await store.tokens.put({ sha256, name: "ada", scopes, roles: ["operator"], singleUse: false });
    return `Bearer ${token}`;
  };
  return { server, store, asked, said, logins, issue, time };
}

export const refusal = (code: Refusal["code"]) => async (): Promise<ReturnType<typeof err<Refusal>>> =>
  err({ code, message: `a ${code} refusal`, reasons: ["why"] });
