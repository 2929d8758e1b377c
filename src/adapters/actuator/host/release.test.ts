import { mkdir, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { actuatorSuite } from "../../../ports/actuator.testsuite.ts";
import { createReleaseActuator } from "./release.ts";
import { act, requestOf, testHost } from "./stage.testsuite.ts";

async function released() {
  const { dir, host, end } = await testHost((at) => ({
    release: { directory: join(at, "releases"), link: join(at, "current"), manifest: "release.json" },
  }));
  for (const [name, manifest] of [
    ["v1", '{"compatible": true}'],
    ["v2", '{"compatible": true}'],
    ["old", '{"compatible": false}'],
    ["broken", "{"],
  ] as const) {
    await mkdir(join(dir, "releases", name), { recursive: true });
    await writeFile(join(dir, "releases", name, "release.json"), manifest);
  }
  const link = join(dir, "current");
  await symlink("releases/v2", link);
  return { dir, link, actuator: createReleaseActuator(host), end };
}

const toV1 = requestOf("release.switch", { to: "v1" });

actuatorSuite("release", async () => {
  const { link, actuator, end } = await released();
  return {
    actuator,
    request: toV1,
    look: () => readlink(link),
    effects: async () => ((await readlink(link)) === "releases/v1" ? 1 : 0),
    end,
  };
});

const within = async (test: (world: Awaited<ReturnType<typeof released>>) => Promise<void>) => {
  const world = await released();
  try {
    await test(world);
  } finally {
    await world.end();
  }
};

describe("release.switch", () => {
  it("keeps the link's way of pointing and captures where it pointed", () =>
    within(async ({ link, actuator }) => {
      const { request } = await act(actuator, "r/s", toV1);
      expect(request.before).toEqual({ release: "v2" });
      expect(await readlink(link)).toBe("releases/v1");
    }));

  it.each(["../escape", "..", ".", "/etc", "v1/../../x", "a b", "", "-rf"])("refuses the name `%s`", (to) =>
    within(async ({ link, actuator }) => {
      const request = { ...requestOf("release.switch", { to }), key: "r/s", before: { release: "v2" } };
      await expect(actuator.execute(request, new AbortController().signal)).rejects.toMatchObject({
        code: "invalid-parameters",
      });
      expect(await readlink(link)).toBe("releases/v2");
    }),
  );

  it("keeps the running release when the wanted one is missing, incompatible, or says nothing readable", () =>
    within(async ({ link, actuator }) => {
      for (const [to, code] of [
        ["v9", "no-such-release"],
        ["old", "not-compatible"],
        ["broken", "not-compatible"],
      ] as const)
        await expect(act(actuator, "r/s", requestOf("release.switch", { to }))).rejects.toMatchObject({ code });
      expect(await readlink(link)).toBe("releases/v2");
    }));

  it("undoes to where it came from even when that is not marked compatible", () =>
    within(async ({ link, actuator }) => {
      await act(actuator, "r/s/undo.2", requestOf("release.switch", { to: "old" }));
      expect(await readlink(link)).toBe("releases/old");
    }));

  it("refuses a release directory that is a link leading elsewhere", () =>
    within(async ({ dir, link, actuator }) => {
      await symlink("/tmp", join(dir, "releases", "sly"));
      await expect(act(actuator, "r/s/undo", requestOf("release.switch", { to: "sly" }))).rejects.toMatchObject({
        code: "no-such-release",
      });
      expect(await readlink(link)).toBe("releases/v2");
    }));

  it("leaves somebody else's switch alone, and says it cannot tell", () =>
    within(async ({ link, actuator }) => {
      const asked = { ...toV1, key: "r/s" };
      const request = { ...asked, before: await actuator.capture(asked) };
      await rm(link);
      await symlink("releases/old", link);
      await expect(actuator.execute(request, new AbortController().signal)).rejects.toMatchObject({
        code: "target-changed",
      });
      expect(await actuator.probe(request)).toBe("unknown");
      expect(await readlink(link)).toBe("releases/old");
    }));

  it("observes the current release and which ones it may go back to", () =>
    within(async ({ dir, link, actuator }) => {
      expect(await actuator.observe("shop")).toMatchObject({
        release: "v2",
        releases: [
          { name: "broken", compatible: false },
          { name: "old", compatible: false },
          { name: "v1", compatible: true },
          { name: "v2", compatible: true },
        ],
        unreadable: [],
      });
      await rm(link);
      await symlink(dir, link);
      expect(await actuator.observe("shop")).toMatchObject({ unreadable: [expect.stringContaining("leads out of")] });
    }));
});
