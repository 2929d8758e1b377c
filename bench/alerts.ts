import { parseArgs } from "node:util";
import { setTimeout as pause } from "node:timers/promises";
import { alertSender, type AlertSender, type BenchAlert, type SendAlerts } from "./alert-sender.ts";
import { cellEnvironment, cellsCount, cellService, servicesCount } from "./alerts-care.ts";
import { stormEnvironment, stormIndices, stormService } from "./alerts-care.ts";
import { tailAudit, type AuditTail } from "./audit-tail.ts";
import { benchHomeostat, type BenchHomeostat } from "./homeostat.ts";
import { createIncidentBoard, type IncidentBoard } from "./incident-board.ts";

const { values: options } = parseArgs({
  options: {
    full: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    only: { type: "string", default: "" },
  },
});
/** Cells alerted at the modest rate and at once; alerts of the storm; how long alerts of one size are sent. */
const size = options.full
  ? { ratePerS: 5, modest: 150, burst: 1_000, storm: 10_000, acceptMs: 5_000, waitMs: 180_000 }
  : { ratePerS: 5, modest: 30, burst: 120, storm: 1_000, acceptMs: 1_000, waitMs: 15_000 };
const sendersAtOnce = 8;
/** Between notifications of a storm that comes little by little, so that it meets several looks. */
const tricklePauseMs = 300;
/** Alerts of a storm are waited for this long: many incidents are open for a while, and their heals look too. */
const stormWaitMs = 60_000;
/** Looks go on for this long after the last alert was placed. */
const settleMs = 3_000;

const cellAlert = (cell: number): BenchAlert => ({
  service: cellService(cell, "orders"),
  environment: cellEnvironment,
  name: "HighErrorRate",
  fingerprint: `cell${cell}`,
});

/** Each service of the storm tells of errors and of slowness. */
const stormAlert = (n: number): BenchAlert => ({
  service: stormService(n % stormIndices.length),
  environment: stormEnvironment,
  name: n < stormIndices.length ? "HighErrorRate" : "HighLatency",
  fingerprint: `storm${n}`,
});

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const chunksOf = <T>(all: readonly T[], many: number): T[][] =>
  range(0, Math.ceil(all.length / many)).map((i) => all.slice(i * many, (i + 1) * many));
const prints = (alerts: readonly BenchAlert[]): string[] => alerts.map((a) => a.fingerprint);
const quantile = (times: readonly number[], q: number): number | null => {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted.length === 0
    ? null
    : Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? 0);
};
const spread = (times: readonly number[]) => ({ p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) });

/** The same shuffle every time: a storm's alerts do not come in the order of their cause. */
function shuffled<T>(all: readonly T[]): T[] {
  let state = 42;
  const mixed = [...all];
  for (let i = mixed.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = state % (i + 1);
    [mixed[i], mixed[j]] = [mixed[j] as T, mixed[i] as T];
  }
  return mixed;
}

/** One alert a notification, each about a cell of its own, evenly spaced. */
async function latency(send: SendAlerts, board: IncidentBoard) {
  const alerts = range(0, size.modest).map(cellAlert);
  const answers: Promise<void>[] = [];
  for (const alert of alerts) {
    board.sent(alert.fingerprint);
    answers.push(send([alert]));
    await pause(1_000 / size.ratePerS);
  }
  await Promise.all(answers);
  await board.until(() => board.decided(prints(alerts)).length === alerts.length, size.waitMs);
  const decided = board.decided(prints(alerts));
  return {
    alertsPerS: size.ratePerS,
    alerts: alerts.length,
    decided: decided.length,
    toIncident: spread(board.opened(prints(alerts))),
    toDecision: spread(decided),
  };
}

/** Many alerts at once, 50 a notification, each about a cell of its own. */
async function saturation(send: SendAlerts, board: IncidentBoard) {
  const alerts = range(size.modest, size.modest + size.burst).map(cellAlert);
  const startedMs = performance.now();
  alerts.forEach((a) => board.sent(a.fingerprint));
  await Promise.all(chunksOf(alerts, 50).map(send));
  await board.until(() => board.opened(prints(alerts)).length === alerts.length, size.waitMs);
  await board.until(
    () => board.decided(prints(alerts)).length === alerts.length,
    size.waitMs - (performance.now() - startedMs),
  );
  const [opened, decided] = [board.opened(prints(alerts)), board.decided(prints(alerts))];
  const perS = (times: readonly number[]) =>
    times.length === 0 ? 0 : Number(((times.length * 1_000) / Math.max(...times)).toFixed(1));
  return {
    alerts: alerts.length,
    opened: opened.length,
    decided: decided.length,
    incidentsPerS: perS(opened),
    decisionsPerS: perS(decided),
    toDecision: spread(decided),
  };
}

/**
 * One cause hurts everybody: alerts in no order, 50 a notification, at once or with a pause after each notification. Ends once the
 * inbox is empty and the looks after that had time to join what they find to be one.
 */
async function storm(send: SendAlerts, board: IncidentBoard, pending: () => Promise<number>, pauseMs: number) {
  const alerts = shuffled(range(0, size.storm).map(stormAlert));
  const startedMs = performance.now();
  for (const chunk of chunksOf(alerts, 50)) {
    await send(chunk);
    await pause(pauseMs);
  }
  const acceptedMs = performance.now() - startedMs;
  while ((await pending()) > 0 && performance.now() - startedMs < acceptedMs + stormWaitMs) await pause(100);
  const placedMs = performance.now() - startedMs;
  await pause(settleMs);
  const { opened, left } = board.incidents(stormEnvironment);
  return {
    alerts: alerts.length,
    acceptedMs: Math.round(acceptedMs),
    placedMs: Math.round(placedMs),
    waiting: await pending(),
    opened,
    incidents: left,
  };
}

/** Alerts per second answered 2xx, which is after they are durable, by several senders at once. All are about one service. */
async function accepted(send: SendAlerts, perNotification: number): Promise<number> {
  let taken = 0;
  const startedMs = performance.now();
  const sender = async (s: number): Promise<void> => {
    for (let n = 0; performance.now() - startedMs < size.acceptMs; n++) {
      const alerts = range(0, perNotification).map((i) => ({
        ...cellAlert(cellsCount - 1),
        fingerprint: `accept${perNotification}x${s}x${n}x${i}`,
      }));
      await send(alerts);
      taken += alerts.length;
    }
  };
  await Promise.all(range(0, sendersAtOnce).map(sender));
  return Math.round((taken * 1_000) / (performance.now() - startedMs));
}

/** CPU time of Homeostat's process for each of `many`, so that a busy machine shows less in it than in rates. */
async function withCpu<T extends object>(homeostat: BenchHomeostat, many: number, work: () => Promise<T>) {
  const before = await homeostat.cpuSeconds();
  const result = await work();
  const each = (1_000 * ((await homeostat.cpuSeconds()) - before)) / many;
  return { ...result, cpuMsEach: Number(each.toFixed(1)) };
}

/** What one Homeostat, started for it, is measured with. */
interface Stage {
  readonly homeostat: BenchHomeostat;
  readonly sender: AlertSender;
  readonly board: IncidentBoard;
  readonly tail: AuditTail;
}

/** Each part of the benchmark has a Homeostat of its own, so that the incidents of one do not hold up the other's. */
async function onStage<T>(play: (stage: Stage) => Promise<T>): Promise<T> {
  const homeostat = await benchHomeostat();
  const sender = alertSender(homeostat.url, homeostat.token);
  const board = createIncidentBoard((service) => (service.startsWith("storm") ? stormEnvironment : cellEnvironment));
  const tail = await tailAudit(homeostat.databaseUrl, board.seen);
  try {
    return await play({ homeostat, sender, board, tail });
  } finally {
    sender.close();
    await tail.stop();
    await homeostat.end();
  }
}

const separate = () =>
  onStage(async ({ homeostat, sender: { send, refused }, board, tail }) => {
    const acceptedPerS = {
      by1: await accepted(send, 1),
      by10: await accepted(send, 10),
      by50: await accepted(send, 50),
    };
    for (const endMs = performance.now() + size.waitMs * 4; (await tail.waiting()) > 0 && performance.now() < endMs;)
      await pause(100);
    const left = await tail.waiting();
    const modest = await latency(send, board);
    const burst = await withCpu(homeostat, size.burst, () => saturation(send, board));
    return { startMs: homeostat.startMs, acceptedPerS, leftBeforeModest: left, modest, burst, refused: refused() };
  });

const connected = (pauseMs: number) =>
  onStage(async ({ homeostat, sender: { send, refused }, board, tail }) => ({
    ...(await withCpu(homeostat, size.storm, () => storm(send, board, tail.waiting, pauseMs))),
    refused: refused(),
  }));

/** `--only separate`, `storm`, or of a storm `at-once` or `trickle` alone; all without it. */
const only = (...parts: readonly string[]): boolean => options.only === "" || parts.includes(options.only);

const result = {
  benchmark: "alerts",
  services: servicesCount,
  ...(only("separate") ? await separate() : {}),
  ...(only("storm", "at-once") ? { storm: await connected(0) } : {}),
  ...(only("storm", "trickle") ? { trickle: await connected(tricklePauseMs) } : {}),
};
console.log(JSON.stringify(result, null, options.json ? 0 : 2));
