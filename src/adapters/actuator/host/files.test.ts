import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { actuatorSuite } from "../../../ports/actuator.testsuite.ts";
import { contentDigest } from "./config-history.ts";
import { createConfigActuator } from "./config.ts";
import { createFlagActuator } from "./flag.ts";
import { act, requestOf, testHost } from "./stage.testsuite.ts";

const flagText = `{
  "$schema": "https://flagd.dev/schema/v0/flags.json",
  "flags": {
    "express":   { "state": "ENABLED",  "variants": {"on": true, "off": false}, "defaultVariant": "on" },
    "private": { "state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off" }
  }
}
`;

async function flagged(text = flagText) {
  const { dir, host, end } = await testHost((at) => ({ flags: { file: join(at, "flags.json"), flags: ["express"] } }));
  const file = join(dir, "flags.json");
  await writeFile(file, text, { mode: 0o640 });
  return { dir, file, actuator: createFlagActuator(host), end };
}

async function configured() {
  const { dir, host, end } = await testHost((at) => ({ config: [{ name: "main", file: join(at, "main.conf") }] }));
  const file = join(dir, "main.conf");
  await writeFile(file, "limit = 10\n", { mode: 0o600 });
  const actuator = createConfigActuator(host);
  await actuator.observe("shop");
  await writeFile(file, "limit = 0\n");
  return { dir, file, actuator, good: contentDigest(Buffer.from("limit = 10\n")), end };
}

actuatorSuite("flag", async () => {
  const { file, actuator, end } = await flagged();
  return {
    actuator,
    request: requestOf("flag.set", { flag: "express", variant: "off" }),
    look: () => readFile(file, "utf8"),
    effects: async () => ((await readFile(file, "utf8")) === flagText ? 0 : 1),
    end,
  };
});

actuatorSuite("config", async () => {
  const { file, actuator, good, end } = await configured();
  return {
    actuator,
    request: requestOf("config.restore", { file: "main", digest: good }),
    look: () => readFile(file, "utf8"),
    effects: async () => ((await readFile(file, "utf8")) === "limit = 10\n" ? 1 : 0),
    end,
  };
});

describe("flag.set", () => {
  it("rewrites only the words that change, and undoes to the same bytes", async () => {
    const { dir, file, actuator, end } = await flagged();
    const turned = await act(
      actuator,
      "r/s",
      requestOf("flag.set", { flag: "express", variant: "off", state: "DISABLED" }),
    );
    expect(await readFile(file, "utf8")).toBe(
      flagText
        .replace('"state": "ENABLED",  "variants"', '"state": "DISABLED",  "variants"')
        .replace('"defaultVariant": "on"', '"defaultVariant": "off"'),
    );
    expect(turned.request.before).toEqual({ variant: "on", state: "ENABLED" });
    await act(actuator, "r/s/undo", requestOf("flag.set", { flag: "express", variant: "on", state: "ENABLED" }));
    expect(await readFile(file, "utf8")).toBe(flagText);
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    expect((await readdir(dir)).toSorted()).toEqual(["data", "flags.json"]);
    await end();
  });

  it("turns only declared flags to variants they have, and leaves somebody else's change alone", async () => {
    const { file, actuator, end } = await flagged();
    await expect(act(actuator, "r/s", requestOf("flag.set", { flag: "private", variant: "on" }))).rejects.toMatchObject(
      {
        code: "undeclared-flag",
      },
    );
    await expect(act(actuator, "r/s", requestOf("flag.set", { flag: "express", variant: "x" }))).rejects.toMatchObject({
      code: "no-such-variant",
    });
    const asked = { ...requestOf("flag.set", { flag: "express", variant: "off" }), key: "r/s" };
    const request = { ...asked, before: await actuator.capture(asked) };
    const theirs = flagText.replace("ENABLED", "DISABLED");
    await writeFile(file, theirs);
    await expect(actuator.execute(request, new AbortController().signal)).rejects.toMatchObject({
      code: "target-changed",
    });
    expect(await readFile(file, "utf8")).toBe(theirs);
    await end();
  });

  it("turns flags in YAML too, comments and all", async () => {
    const yaml =
      "# ours\nflags:\n  express:\n    state: ENABLED # since May\n    variants: { on: true, off: false }\n    defaultVariant: on\n";
    const { file, actuator, end } = await flagged(yaml);
    await act(actuator, "r/s", requestOf("flag.set", { flag: "express", variant: "off" }));
    expect(await readFile(file, "utf8")).toBe(yaml.replace("defaultVariant: on", 'defaultVariant: "off"'));
    await end();
  });

  it("names a broken file as unreadable instead of guessing", async () => {
    const { file, actuator, end } = await flagged();
    await writeFile(file, "{");
    expect(await actuator.observe("shop")).toMatchObject({
      flags: {},
      unreadable: [expect.stringContaining("flags:")],
    });
    await rm(file);
    expect(await actuator.observe("shop")).toMatchObject({
      flags: {},
      unreadable: [expect.stringContaining("flags:")],
    });
    await end();
  });
});

describe("config.restore", () => {
  it("restores a version it saw, keeps the mode, and can undo to the broken one", async () => {
    const { file, actuator, good, end } = await configured();
    await chmod(file, 0o604);
    const done = await act(actuator, "r/s", requestOf("config.restore", { file: "main", digest: good }));
    expect(await readFile(file, "utf8")).toBe("limit = 10\n");
    expect((await stat(file)).mode & 0o777).toBe(0o604);
    const before = done.request.before;
    const digest = before !== null && typeof before === "object" && "digest" in before ? (before["digest"] ?? "") : "";
    await act(actuator, "r/s/undo", requestOf("config.restore", { file: "main", digest }));
    expect(await readFile(file, "utf8")).toBe("limit = 0\n");
    await end();
  });

  it("keeps what it saw readable by its own user alone, and does not trust a history that was changed", async () => {
    const { dir, actuator, good, end } = await configured();
    const root = join(dir, "data", "config-history");
    const [folder = ""] = await readdir(root);
    expect((await stat(join(root, folder))).mode & 0o777).toBe(0o700);
    const kept = join(root, folder, good.slice("sha256:".length));
    expect((await stat(kept)).mode & 0o777).toBe(0o600);
    await writeFile(kept, "limit = 999\n");
    await expect(
      act(actuator, "r/s", requestOf("config.restore", { file: "main", digest: good })),
    ).rejects.toMatchObject({
      code: "unknown-version",
    });
    await end();
  });

  it("keeps a bounded number of versions, the one in use among them", async () => {
    const { dir, file, actuator, end } = await configured();
    for (let i = 0; i < 60; i++) {
      await writeFile(file, `limit = ${i}\n`);
      await actuator.observe("shop");
    }
    const root = join(dir, "data", "config-history");
    const [folder = ""] = await readdir(root);
    const kept = await readdir(join(root, folder));
    expect(kept.length).toBeLessThanOrEqual(50);
    expect(kept).toContain(contentDigest(Buffer.from("limit = 59\n")).slice("sha256:".length));
    await end();
  });

  it("refuses a path in place of a name, and what is no regular file", async () => {
    const { file, actuator, good, end } = await configured();
    await expect(
      act(actuator, "r/s", requestOf("config.restore", { file: "../../etc/passwd", digest: good })),
    ).rejects.toMatchObject({ code: "undeclared-config" });
    await rm(file);
    await mkdir(file);
    expect(await actuator.observe("shop")).toMatchObject({
      config: {},
      unreadable: [expect.stringContaining("no regular file")],
    });
    await end();
  });
});
