import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createToken } from "../src/server/auth.ts";
import { cpuSeconds } from "./cpu-seconds.ts";
import { roundMs, type Round } from "./ingest-workload.ts";

const warmUpMs = 1_000;
const measureMs = 4_000;
const readyMs = 20_000;
const atOnce = 4;

/** Points per second of the receiving process' CPU time, both fed by the same sender; null where there is no Prometheus. */
export async function overHttp(
  otlp: Round,
  remoteWrite: Round,
): Promise<{ homeostat: number; prometheus: number | null }> {
  return { homeostat: await homeostatRate(otlp), prometheus: await prometheusRate(remoteWrite) };
}

async function homeostatRate(round: Round): Promise<number> {
  const server = spawn(process.execPath, [fileURLToPath(new URL("ingest-server.ts", import.meta.url))], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const [url] = await once(createInterface(server.stdout), "line", { signal: AbortSignal.timeout(readyMs) });
    const headers = { authorization: `Bearer ${createToken().token}`, "content-type": "application/x-protobuf" };
    return await rate(`${String(url)}/v1/metrics`, headers, round, server);
  } finally {
    await end(server);
  }
}

async function prometheusRate(round: Round): Promise<number | null> {
  const folder = await mkdtemp(join(tmpdir(), "ingest-prometheus-"));
  const port = await freePort();
  await writeFile(join(folder, "prometheus.yml"), "scrape_configs: []\n");
  const server = spawn(
    "prometheus",
    [
      "--web.enable-remote-write-receiver",
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=error",
    ],
    { stdio: ["ignore", "inherit", "inherit"] },
  );
  try {
    const missing = await Promise.race([
      once(server, "error").then(() => true),
      once(server, "spawn").then(() => false),
    ]).catch(() => true);
    if (missing) return null;
    await untilReady(`http://127.0.0.1:${port}/-/ready`);
    const headers = {
      "content-type": "application/x-protobuf",
      "content-encoding": "snappy",
      "x-prometheus-remote-write-version": "0.1.0",
    };
    return await rate(`http://127.0.0.1:${port}/api/v1/write`, headers, round, server);
  } finally {
    await end(server);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Sends round after round, a few requests at once, and reads the receiver's CPU time before and after. */
async function rate(
  url: string,
  headers: Record<string, string>,
  round: Round,
  receiver: ChildProcess,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  let simulatedMs = Math.floor(Date.now() / roundMs) * roundMs;
  const run = async (forMs: number): Promise<number> => {
    let points = 0;
    for (const endMs = performance.now() + forMs; performance.now() < endMs;) {
      simulatedMs += roundMs;
      round.setTimes(simulatedMs);
      const send = (body: Buffer, i: number) =>
        post(agent, url, i === 0 ? { ...headers, "x-bench-tick-ms": String(simulatedMs) } : headers, body);
      await Promise.all(round.bodies.map(send));
      points += round.bodies.length * round.pointsPerBody;
    }
    return points;
  };
  try {
    await run(warmUpMs);
    const before = await cpuSeconds(receiver.pid);
    const points = await run(measureMs);
    return Math.round(points / ((await cpuSeconds(receiver.pid)) - before));
  } finally {
    agent.destroy();
  }
}

function post(agent: Agent, url: string, headers: Record<string, string>, body: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const sent = request(
    url,
    { agent, method: "POST", headers: { ...headers, "content-length": body.byteLength } },
    (response) => {
      const { statusCode = 0 } = response;
      let said = "";
      response.setEncoding("utf8").on("data", (text: string) => (said += text));
      response.once("end", () => {
        if (statusCode >= 200 && statusCode < 300) resolve();
        else reject(new Error(`${url} answered ${statusCode}: ${said}`));
      });
    },
  );
  sent.once("error", reject);
  sent.end(body);
  return promise;
}

async function untilReady(url: string): Promise<void> {
  for (const endMs = performance.now() + readyMs; performance.now() < endMs;) {
    if ((await fetch(url).catch(() => undefined))?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`\`${url}\` did not answer: is its port free?`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address ? address.port : 0;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill("SIGTERM");
  const killer = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await closed;
  clearTimeout(killer);
}
