import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CareError } from "../loop/signal/care-error.ts";
import { checkCare } from "./check-care.ts";
import { createCareKeeper, type CareKeeper } from "./care-keeper.ts";
import { careOptions } from "./care-world.testsuite.ts";
import { gitSource, isGitUrl } from "./git-source.ts";
import { initCare } from "./init-care.ts";

const serviceNamed = (name: string) => `apiVersion: homeostat.dev/v1
kind: Service
metadata: { name: ${name} }
spec: { environment: test, owner: team }
`;

let root: string;
let care: string;
let keeper: CareKeeper | undefined;
const activated: string[] = [];
const refused: CareError[][] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "keeper-"));
  care = join(root, "care");
  await mkdir(care);
  activated.length = 0;
  refused.length = 0;
});
afterEach(async () => {
  await keeper?.stop();
  keeper = undefined;
  await rm(root, { recursive: true, force: true });
});

const keep = async (source: string) => {
  const made = await createCareKeeper({
    ...careOptions(),
    source,
    dataDir: join(root, "data"),
    pollMs: 3_600_000,
    onActivated: (config) => activated.push(config.services.map((s) => s.name).join()),
    onRefused: (errors) => refused.push([...errors]),
  });
  if (made.ok) keeper = made.value;
  return made;
};

const git = (...args: string[]) =>
  execFileSync("git", ["-C", care, "-c", "user.name=t", "-c", "user.email=t@example.com", ...args])
    .toString()
    .trim();

describe("a watched folder", () => {
  it("activates good changes and keeps the last good config through a bad one", async () => {
    await writeFile(join(care, "a.yaml"), serviceNamed("one"));
    await keep(care);
    const first = keeper?.current();
    await writeFile(join(care, "b.yaml"), serviceNamed("two").replace("owner", "ownr"));
    await keeper?.refresh();
    await keeper?.refresh();
    expect(keeper?.current()).toBe(first);
    expect(refused).toHaveLength(1);
    expect(keeper?.problems()[0]).toMatchObject({ file: "b.yaml", line: 4, message: "unknown field `ownr`" });
    await writeFile(join(care, "b.yaml"), serviceNamed("two"));
    await keeper?.refresh();
    expect(activated).toEqual(["one", "one,two"]);
    expect(keeper?.problems()).toEqual([]);
    expect(keeper?.current().commit).not.toBe(first?.commit);
  });

  it("keeps the last good config when the folder or its policies break, and does not activate the same twice", async () => {
    await writeFile(join(care, "a.yaml"), serviceNamed("one"));
    await keep(care);
    await rename(care, `${care}-away`);
    await keeper?.refresh();
    expect(keeper?.current().services).toHaveLength(1);
    expect(keeper?.problems()).toHaveLength(1);
    await rename(`${care}-away`, care);
    await writeFile(join(care, "p.cedar"), "broken");
    await keeper?.refresh();
    expect(keeper?.problems()).toMatchObject([{ file: "p.cedar" }]);
    await rm(join(care, "p.cedar"));
    await keeper?.refresh();
    expect(keeper?.problems()).toEqual([]);
    expect(activated).toEqual(["one"]);
  });

  it("does not start without a good config", async () => {
    await writeFile(join(care, "a.yaml"), "kind: Service\n");
    expect(await keep(care)).toMatchObject({ ok: false, error: [{ file: "a.yaml", line: 1 }] });
  });
});

describe("a Git repository", () => {
  beforeEach(async () => {
    git("init", "-q", "-b", "main");
    await writeFile(join(care, "a.yaml"), serviceNamed("one"));
    git("add", ".");
    git("commit", "-qm", "one");
  });

  it("follows the branch and names its commits", async () => {
    await keep(pathToFileURL(care).href);
    expect(keeper?.current().commit).toBe(git("rev-parse", "HEAD"));
    await writeFile(join(care, "b.yaml"), serviceNamed("two"));
    git("add", ".");
    git("commit", "-qm", "two");
    await keeper?.refresh();
    expect(keeper?.current().commit).toBe(git("rev-parse", "HEAD"));
    expect(activated).toEqual(["one", "one,two"]);
  });

  it("stays with what it has, and starts from it, while the repository cannot be reached", async () => {
    const url = pathToFileURL(care).href;
    await keep(url);
    await keeper?.stop();
    await rename(care, `${care}-away`);
    const again = await keep(url);
    expect(again.ok).toBe(true);
    expect(keeper?.current().services).toHaveLength(1);
    expect(keeper?.problems()).toMatchObject([{ message: expect.stringContaining("cannot fetch") }]);
    expect(await keep(pathToFileURL(join(root, "nowhere")).href)).toMatchObject({ ok: false });
  });

  it("tells addresses from folders", () => {
    expect(
      ["https://git.example.com/care.git", "git@git.example.com:care.git", "ssh://git@h/care"].every(isGitUrl),
    ).toBe(true);
    expect(["./care", "/srv/care", "care", "http://git.example.com/care", "-c:x"].some(isGitUrl)).toBe(false);
  });

  it.each([
    "https://me:hunter2@git.example.com/care.git",
    "https://me:hunter2/@git.example.com/care.git",
    "http://me:hunter2@git.example.com/care.git",
    "me:hunter2@git.example.com:care.git",
  ])("is refused at %s without the password being told on", async (source) => {
    const made = await keep(source);
    expect(made).toMatchObject({ ok: false, error: [{ message: expect.stringContaining("me:***@git.example.com") }] });
    expect(JSON.stringify(made)).not.toContain("hunter2");
  });

  it("masks a token in its address also where Git repeats it", async () => {
    const made = gitSource("https://hunter2@127.0.0.1:9/care.git", join(root, "data"));
    const updated = made.ok ? await made.value.update() : made;
    expect(updated).toMatchObject({ ok: false, error: expect.stringContaining("https://***@127.0.0.1:9/care.git") });
    expect(JSON.stringify(updated)).not.toContain("hunter2");
  });

  it("never runs what the repository's configuration or hooks ask for", async () => {
    const ran = join(root, "ran");
    git("config", "core.fsmonitor", `touch ${ran}`);
    await writeFile(join(care, ".git", "hooks", "post-checkout"), `#!/bin/sh\ntouch ${ran}\n`, { mode: 0o755 });
    const { config } = await checkCare(care, careOptions());
    expect(config?.commit).toBe(git("-c", "core.fsmonitor=false", "rev-parse", "HEAD"));
    await expect(readFile(ran)).rejects.toThrow("ENOENT");
  });
});

describe("initCare", () => {
  it("writes a care repo that loads, observes only, and whose example is right once taken", async () => {
    expect(await initCare(join(root, "new"))).toMatchObject({ ok: true });
    const { errors, warnings } = await checkCare(join(root, "new"), careOptions());
    expect(errors).toEqual([]);
    expect(warnings.map((w) => w.message)).toContain(
      "no policy lets a runbook act: Homeostat observes only and shows what it would do",
    );
    const file = join(root, "new", "services", "my-service.yaml");
    const lines = (await readFile(file, "utf8")).split("\n").slice(1);
    await writeFile(file, lines.map((line) => line.replace(/^# /, "")).join("\n"));
    const taken = await checkCare(join(root, "new"), careOptions());
    expect(taken.errors).toEqual([]);
    expect(taken.config?.slos).toHaveLength(1);
  });

  it("touches nothing in a folder that is not empty", async () => {
    await writeFile(join(care, "mine.txt"), "x");
    expect(await initCare(care)).toMatchObject({ ok: false, error: expect.stringContaining("mine.txt") });
  });
});
