import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ifReadable, readText, writeJson, writeText } from "./files.ts";
import { instanceNamed, readLayout } from "./layout.ts";

const keysMax = 5000;
const saveEveryMs = 2000;

/**
 * The database-like dependency: `GET /data/KEY`, `PUT /data/KEY`, `GET /healthz`. It sends no telemetry. SIGUSR2 makes it
 * hang as a deadlock would: it accepts connections, answers nothing and ignores SIGTERM; a restart heals it.
 */
function main(): void {
  const { values } = parseArgs({ options: { dir: { type: "string" }, instance: { type: "string" } } });
  const layout = readLayout(values.dir ?? "");
  const { instance } = instanceNamed(layout, values.instance ?? "");
  const file = join(layout.dir, "store", "data.json");
  const data = new Map(Object.entries(ifReadable(() => savedData(file)) ?? firstData()));
  let isDirty = true;
  let isHung = false;
  const save = () => {
    if (isDirty && !isHung) writeJson(file, Object.fromEntries(data));
    isDirty = false;
  };
  const server = createServer((request, response) => {
    if (isHung) return;
    if (request.method === "PUT") isDirty = true;
    // A client that gave up meanwhile is no reason to fall over.
    setTimeout(() => void answer(request, response, data).catch(() => response.destroy()), 3 + 5 * Math.random());
  });
  server.listen(instance.port, "127.0.0.1", () => writeText(instance.portFile, `${instance.port}\n`));
  setInterval(save, saveEveryMs).unref();
  process.on("SIGUSR2", () => {
    isHung = true;
  });
  process.on("SIGTERM", () => {
    if (isHung) return;
    save();
    process.exit(0);
  });
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(0);
  }, 1000).unref();
}

const savedData = (file: string): Record<string, unknown> => JSON.parse(readText(file));

const firstData = (): Record<string, unknown> =>
  Object.fromEntries(
    Array.from({ length: 24 }, (_, i) => [`products/${i + 1}`, { id: i + 1, name: `thing ${i + 1}`, price: 5 + i }]),
  );

async function answer(request: IncomingMessage, response: ServerResponse, data: Map<string, unknown>): Promise<void> {
  const path = request.url ?? "/";
  const reply = (status: number, body: unknown) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body ?? null));
  };
  if (path === "/healthz") return reply(200, { status: "ok" });
  const key = path.replace(/^\/data\//, "");
  if (request.method === "PUT") {
    let text = "";
    for await (const part of request) text += String(part);
    data.delete(key);
    data.set(key, JSON.parse(text === "" ? "null" : text));
    const oldest = data.size > keysMax ? [...data.keys()].find((name) => !name.startsWith("products/")) : undefined;
    if (oldest !== undefined) data.delete(oldest);
  }
  reply(200, data.get(key));
}

main();
