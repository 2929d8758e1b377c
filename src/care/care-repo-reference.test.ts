import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { actionsForTests, careOptions } from "./care-world.testsuite.ts";
import { checkCare } from "./check-care.ts";
import { defaultSettings } from "./default-settings.ts";

it("the reference's documents together are a valid care repo, and its defaults are the defaults", async () => {
  const text = await readFile(fileURLToPath(new URL("../../docs/reference/care-repo.md", import.meta.url)), "utf8");
  const blocks = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((m) => m[1] ?? "");
  expect(blocks.length).toBe(5);
  for (const { name } of actionsForTests) expect(text).toContain(`\`${name}\``);
  const dir = await mkdtemp(join(tmpdir(), "reference-"));
  try {
    await writeFile(join(dir, "all.yaml"), blocks.join("---\n"));
    const { config, errors } = await checkCare(dir, careOptions());
    expect(errors).toEqual([]);
    const { heartbeat, commands, restraints, prometheus, telemetry, ...rest } = config?.settings ?? defaultSettings;
    const { forward, ...kept } = telemetry;
    const asDefault = { commands: [], prometheus: [], restraints: { ...restraints, freezes: [] }, telemetry: kept };
    expect({ ...rest, ...asDefault }).toEqual(defaultSettings);
    expect(forward?.headers).toEqual({ authorization: "env:OTLP_AUTHORIZATION" });
    expect([heartbeat?.intervalMs, commands.length, restraints.freezes.length]).toEqual([60_000, 1, 1]);
    const [server] = prometheus;
    expect([server?.maxAgeMs, server?.auth]).toEqual([60_000, { bearer: "env:PROMETHEUS_TOKEN" }]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
