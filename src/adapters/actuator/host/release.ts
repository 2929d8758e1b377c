import { lstat, readdir, readlink, realpath, rename, rm, stat, symlink } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import { z } from "zod";
import { sha256Hex } from "../../../kernel/digest.ts";
import type { ActionRequest, EffectState } from "../../../loop/run/run.ts";
import type { ReleaseTarget } from "../../../loop/signal/service.ts";
import type { TargetState } from "../../../loop/signal/target-state.ts";
import type { Actuator } from "../../../ports/actuator.ts";
import { AdapterError } from "../../../ports/adapter-error.ts";
import { readBounded, syncDirectory } from "./files.ts";
import { codeOf, declaredService, isUndo, messageOf, serviceOf, type Host } from "./host.ts";
import { action } from "./parameters.ts";

/** One path segment that cannot lead out of the release directory and is not hidden. */
const releaseName = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._+-]*$/, "must be the name of a release directory");

const switchTo = action(
  "release.switch",
  "probe",
  "Points the `current` link at another release at once. Only to a release whose manifest says it is compatible.",
  z.strictObject({ to: releaseName.describe("name of the release to switch to") }),
);

const beforeSchema = z.strictObject({ release: z.string().nullable() });
/** Releases looked at in one directory (I11). */
const releasesMax = 500;

/** Switches releases that are directories behind a link. What runs changes only when instances are restarted. */
export function createReleaseActuator(host: Host): Actuator {
  return {
    name: "release",
    actions: [switchTo.spec],
    async observe(name) {
      const target = declaredService(host, name)?.release;
      return target && observe(target);
    },
    async capture(request) {
      return { release: (await currentRelease(chosen(host, request).target)) ?? null };
    },
    async execute(request, signal) {
      const { target, to } = chosen(host, request);
      const current = await currentRelease(target);
      const after = { release: to };
      if (current === to) return { detail: `release ${to} is current`, after };
      const before = releaseBefore(request);
      if ((current ?? null) !== before)
        throw new AdapterError(
          "target-changed",
          `\`${target.link}\` was ${before ?? "missing"} and is ${current ?? "missing"} now: somebody else changed it`,
        );
      await mayRun(target, to, isUndo(request.key));
      if (signal.aborted) throw new AdapterError("timeout", `switching to ${to} was aborted before it began`);
      await pointLink(target, to, request.key);
      return { detail: `release ${to} is current, it was ${before ?? "none"}`, after };
    },
    probe: (request) => probe(host, request),
  };
}

async function probe(host: Host, request: ActionRequest): Promise<EffectState> {
  const { target, to } = chosen(host, request);
  const current = await currentRelease(target).catch(() => undefined);
  if (current === undefined) return "unknown";
  if (current === to) return "applied";
  return current === releaseBefore(request) ? "not-applied" : "unknown";
}

function chosen(host: Host, request: Omit<ActionRequest, "before">): { target: ReleaseTarget; to: string } {
  const service = serviceOf(host, request.service);
  const { to } = switchTo.read(request.parameters);
  if (!service.release)
    throw new AdapterError("no-release", `service \`${service.name}\` declares no releases; add spec.release`);
  return { target: service.release, to };
}

function releaseBefore(request: ActionRequest): string | null {
  const before = beforeSchema.safeParse(request.before);
  if (!before.success) throw new AdapterError("bad-before", "what was captured before this step cannot be read");
  return before.data.release;
}

/** Name of the release the link leads to; undefined when there is no link. */
async function currentRelease(target: ReleaseTarget): Promise<string | undefined> {
  try {
    const to = await readlink(target.link);
    const path = isAbsolute(to) ? to : join(dirname(target.link), to);
    if ((await realpath(dirname(path))) !== (await realpath(target.directory)))
      throw new Error(`it leads out of \`${target.directory}\``);
    return basename(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT" && !(await linkExists(target.link))) return undefined;
    throw new AdapterError("unreadable", `cannot read link \`${target.link}\`: ${messageOf(error)}`, { cause: error });
  }
}

const linkExists = (link: string): Promise<boolean> => lstat(link).then(Boolean, () => false);

/** Refuses what is no directory of its own here, and, except to undo, what is not marked compatible. */
async function mayRun(target: ReleaseTarget, to: string, undo: boolean): Promise<void> {
  const path = join(target.directory, to);
  const info = await lstat(path).catch(() => undefined);
  if (!info?.isDirectory())
    throw new AdapterError("no-such-release", `\`${target.directory}\` holds no release directory \`${to}\``);
  if (!undo && !(await isCompatible(target, to)))
    throw new AdapterError(
      "not-compatible",
      `release \`${to}\` is not marked compatible in its \`${target.manifest}\``,
    );
}

/** A manifest that is missing or broken says no (I7). */
async function isCompatible(target: ReleaseTarget, name: string): Promise<boolean> {
  try {
    const text = (await readBounded(join(target.directory, name, target.manifest), 65_536)).toString("utf8");
    return z.looseObject({ compatible: z.literal(true) }).safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

async function pointLink(target: ReleaseTarget, to: string, key: string): Promise<void> {
  const next = `${target.link}.homeostat-${sha256Hex(key).slice(0, 12)}`;
  const path = join(target.directory, to);
  try {
    const old = await readlink(target.link).catch(() => path);
    await rm(next, { force: true });
    await symlink(isAbsolute(old) ? path : relative(dirname(target.link), path), next);
    await rename(next, target.link);
    await syncDirectory(dirname(target.link));
  } catch (error) {
    await rm(next, { force: true }).catch(() => undefined);
    throw new AdapterError("write-failed", `cannot switch \`${target.link}\`: ${messageOf(error)}`, { cause: error });
  }
}

async function observe(target: ReleaseTarget): Promise<Partial<TargetState>> {
  const unreadable: string[] = [];
  const note = (error: unknown) => void unreadable.push(`release: ${messageOf(error)}`);
  const release = await currentRelease(target).catch(note);
  const releases = await listReleases(target).catch(note);
  if (!release && unreadable.length === 0) unreadable.push(`release: no link \`${target.link}\``);
  return { ...(release ? { release } : {}), ...(releases ? { releases } : {}), unreadable };
}

async function listReleases(target: ReleaseTarget): Promise<NonNullable<TargetState["releases"]>> {
  const entries = await readdir(target.directory, { withFileTypes: true });
  const names = entries.filter((e) => e.isDirectory() && releaseName.safeParse(e.name).success).map((e) => e.name);
  const found = await Promise.all(
    names
      .toSorted()
      .slice(0, releasesMax)
      .map(async (name) => {
        const info = await stat(join(target.directory, name));
        const createdAtMs = Math.round(info.birthtimeMs || info.mtimeMs);
        return { name, compatible: await isCompatible(target, name), createdAtMs };
      }),
  );
  return found;
}
