import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { ActionRequest, EffectState } from "../../../loop/run/run.ts";
import type { ConfigTarget } from "../../../loop/signal/service.ts";
import type { TargetState } from "../../../loop/signal/target-state.ts";
import type { Actuator } from "../../../ports/actuator.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { contentDigest, recall, remember } from "./config-history.ts";
import { readBounded, replaceFile } from "./files.ts";
import { declaredService, messageOf, serviceOf, type Host } from "./host.ts";
import { action } from "./parameters.ts";

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, "must be sha256:<64 hex digits>");

const restore = action(
  "config.restore",
  "probe",
  "Puts a declared config file back to a version Homeostat saw earlier, by the digest of its content.",
  z.strictObject({
    file: z.string().min(1).max(256).describe("declared name of the config file, not its path"),
    digest: digest.describe("sha256 of the content to restore"),
  }),
);

const beforeSchema = z.strictObject({ digest });

/** Restores config files from what was seen of them. Looking keeps a copy, under `config-history` in the data folder. */
export function createConfigActuator(host: Host): Actuator {
  const root = join(host.dataDir, "config-history");
  const look = async (config: ConfigTarget) =>
    remember(root, config.file, await readBounded(config.file), host.clock.nowMs());
  return {
    name: "config",
    actions: [restore.spec],
    async observe(name) {
      const service = declaredService(host, name);
      return service && service.config.length > 0 ? observe(service.config, look) : undefined;
    },
    async capture(request) {
      return { digest: await look(chosen(host, request).config) };
    },
    async execute(request, signal) {
      const { config, wanted } = chosen(host, request);
      const now = contentDigest(await readBounded(config.file));
      const after = { digest: wanted };
      if (now === wanted) return { detail: `config ${config.name} is ${short(wanted)}`, after };
      if (now !== digestBefore(request))
        throw new AdapterError("target-changed", `config \`${config.name}\` was changed by somebody else meanwhile`);
      const content = await recall(root, config.file, wanted);
      if (signal.aborted) throw new AdapterError("timeout", `restoring ${config.name} was aborted before it began`);
      await replaceFile(await realpath(config.file), content, request.key);
      return { detail: `config ${config.name} is ${short(wanted)}, it was ${short(now)}`, after };
    },
    probe: (request) => probe(host, request),
  };
}

async function probe(host: Host, request: ActionRequest): Promise<EffectState> {
  const { config, wanted } = chosen(host, request);
  try {
    const now = contentDigest(await readBounded(config.file));
    if (now === wanted) return "applied";
    return now === digestBefore(request) ? "not-applied" : "unknown";
  } catch {
    return "unknown";
  }
}

function chosen(host: Host, request: Omit<ActionRequest, "before">): { config: ConfigTarget; wanted: string } {
  const service = serviceOf(host, request.service);
  const { file, digest: wanted } = restore.read(request.parameters);
  const config = service.config.find((c) => c.name === file);
  if (!config)
    throw new AdapterError("undeclared-config", `service \`${service.name}\` declares no config \`${file}\``);
  return { config, wanted };
}

function digestBefore(request: ActionRequest): string {
  const before = beforeSchema.safeParse(request.before);
  if (!before.success) throw new AdapterError("bad-before", "what was captured before this step cannot be read");
  return before.data.digest;
}

const short = (text: string): string => text.slice(0, "sha256:".length + 12);

async function observe(
  files: readonly ConfigTarget[],
  look: (config: ConfigTarget) => Promise<string>,
): Promise<Partial<TargetState>> {
  const config: Record<string, string> = {};
  const unreadable: string[] = [];
  for (const file of files)
    try {
      config[file.name] = await look(file);
    } catch (error) {
      unreadable.push(`config ${file.name}: ${messageOf(error)}`);
    }
  return { config, unreadable };
}
