import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { freePort } from "../examples/demo/homeostat.ts";
import { missingOf, startProgram } from "./start-program.ts";

/** Why tests with a real Prometheus are skipped here; `""` when they are not. */
export const noPrometheus = missingOf(["prometheus"]).length > 0 ? " (skipped: no prometheus here)" : "";

export interface RealPrometheus {
  readonly url: string;
  stop(): Promise<void>;
}

/** A real Prometheus that asks one `/metrics` once a second for what `metrics` says then. */
export async function startPrometheus(metrics: () => string): Promise<RealPrometheus> {
  const dir = await mkdtemp(join(tmpdir(), "prometheus-"));
  const target = createServer((_, response) => response.end(metrics()));
  await new Promise<void>((done) => void target.listen(0, "127.0.0.1", done));
  const { port } = target.address() as AddressInfo;
  const address = `127.0.0.1:${await freePort()}`;
  const scraped = { job_name: "shop", static_configs: [{ targets: [`127.0.0.1:${port}`] }] };
  await writeFile(
    join(dir, "prometheus.yml"),
    stringify({ global: { scrape_interval: "1s" }, scrape_configs: [scraped] }),
  );
  const args = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", `--web.listen-address=${address}`];
  const program = startProgram("prometheus", dir, args);
  const stop = async (): Promise<void> => {
    await program.stop();
    target.closeAllConnections();
    target.close();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await program.ready(`http://${address}/-/ready`, 30_000);
    return { url: `http://${address}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
