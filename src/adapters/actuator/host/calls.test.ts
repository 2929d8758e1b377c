import { once } from "node:events";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { actuatorSuite } from "../../../ports/actuator.testsuite.ts";
import { createCommandActuator } from "./command.ts";
import { createHttpActuator } from "./http.ts";
import { act, requestOf, testHost } from "./stage.testsuite.ts";

/** A server that honours idempotency keys and counts effects, not requests. */
async function served() {
  const keys = new Set<string>();
  const seen: IncomingHttpHeaders[] = [];
  let silent = false;
  const server = createServer((request, response) => {
    seen.push(request.headers);
    if (request.url === "/away") return response.writeHead(302, { location: "/drain" }).end();
    if (request.url === "/fail") return response.writeHead(503).end();
    if (silent) return undefined;
    keys.add(String(request.headers["idempotency-key"]));
    return request.resume().on("end", () => response.end("{}"));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const base = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  const { host, end } = await testHost(() => ({
    endpoints: ["/drain", "/away", "/fail"].map((path) => ({
      method: "POST" as const,
      url: `${base}${path}`,
      honoursKey: path !== "/away",
    })),
  }));
  return {
    base,
    keys,
    seen,
    actuator: createHttpActuator(host),
    silence: () => {
      silent = true;
    },
    end: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      await end();
    },
  };
}

for (const action of ["http.call", "http.call-once"] as const)
  actuatorSuite(action, async () => {
    const world = await served();
    return {
      actuator: world.actuator,
      request: requestOf(action, { method: "POST", url: `${world.base}/drain`, body: { node: "a" } }),
      look: async () => world.keys.size,
      effects: async () => world.keys.size,
      hang: async () => world.silence(),
      end: world.end,
    };
  });

async function commanded(script: string) {
  const { dir, host, end } = await testHost(
    () => ({}),
    (at) => [join(at, "tool")],
  );
  await writeFile(join(dir, "tool"), script, { mode: 0o755 });
  const binary = join(dir, "tool");
  return { dir, binary, actuator: createCommandActuator(host), end };
}

const counting = `#!/bin/sh\necho ran >> "$1"\n[ -e "$1.hang" ] && sleep 30\nexit 0\n`;

actuatorSuite("command", async () => {
  const { dir, binary, actuator, end } = await commanded(counting);
  const ledger = join(dir, "ledger");
  const count = async () => (await readFile(ledger, "utf8").catch(() => "")).split("\n").filter(Boolean).length;
  return {
    actuator,
    request: requestOf("command.run", { binary, args: [ledger] }),
    look: count,
    effects: count,
    hang: () => writeFile(`${ledger}.hang`, ""),
    end,
  };
});

describe("http.call", () => {
  it("calls only what is declared, sends its key and follows no redirect", async () => {
    const { base, seen, actuator, end } = await served();
    await act(actuator, "run/step", requestOf("http.call", { method: "POST", url: `${base}/drain` }));
    expect(seen.at(-1)).toMatchObject({ "idempotency-key": "run/step" });
    for (const [method, path] of [
      ["GET", "/drain"],
      ["POST", "/drain?x=1"],
      ["POST", "/drain/../admin"],
    ] as const)
      await expect(
        act(actuator, "r/s", requestOf("http.call", { method, url: `${base}${path}` })),
      ).rejects.toMatchObject({ code: "undeclared-endpoint" });
    const before = seen.length;
    await expect(
      act(actuator, "r/s", requestOf("http.call", { method: "POST", url: `${base}/away` })),
    ).rejects.toMatchObject({ code: "http-302" });
    expect(seen.length).toBe(before + 1);
    await end();
  });

  it("lets only keyed calls to honouring endpoints be repeated", async () => {
    const { base, actuator, end } = await served();
    const url = `${base}/fail`;
    const fails = (action: "http.call" | "http.call-once") =>
      act(actuator, "r/s", requestOf(action, { method: "POST", url }));
    await expect(fails("http.call")).rejects.toMatchObject({ code: "http-503", retryable: false });
    await expect(fails("http.call-once")).rejects.toMatchObject({ code: "http-503", retryable: true });
    await expect(
      act(actuator, "r/s", requestOf("http.call-once", { method: "POST", url: `${base}/away` })),
    ).rejects.toMatchObject({ code: "not-idempotent" });
    await end();
  });
});

describe("command.run", () => {
  it("gives a command neither our environment nor a shell", async () => {
    process.env["HOMEOSTAT_TEST_SECRET"] = "s3cret";
    const { dir, binary, actuator, end } = await commanded(`#!/bin/sh\nenv > "$2"\necho "$1" >> "$2"\n`);
    const out = join(dir, "out");
    await act(actuator, "r/s", requestOf("command.run", { binary, args: ["$(id); `id` && id", out] }));
    const text = await readFile(out, "utf8");
    delete process.env["HOMEOSTAT_TEST_SECRET"];
    expect(text).not.toContain("s3cret");
    expect(text).toContain("$(id); `id` && id");
    expect(text).toMatch(/^HOME=.*homeostat-command-/m);
    await end();
  });

  it("ends what writes too much, and what fails, with a refusal", async () => {
    const loud = await commanded(
      "#!/bin/sh\nwhile :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done\n",
    );
    await expect(act(loud.actuator, "r/s", requestOf("command.run", { binary: loud.binary }))).rejects.toMatchObject({
      code: "too-much-output",
    });
    await loud.end();
    const failing = await commanded("#!/bin/sh\nexit 3\n");
    await expect(
      act(failing.actuator, "r/s", requestOf("command.run", { binary: failing.binary })),
    ).rejects.toMatchObject({ code: "command-failed", message: expect.stringContaining("ended with 3") });
    await failing.end();
  });

  it("ends what a command leaves running in the background", async () => {
    const { dir, binary, actuator, end } = await commanded('#!/bin/sh\nsleep 60 &\necho $! > "$1"\n');
    const file = join(dir, "pid");
    await act(actuator, "r/s", requestOf("command.run", { binary, args: [file] }));
    const pid = Number(await readFile(file, "utf8"));
    await expect
      .poll(async () =>
        (await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "gone")).replace(/^.*\) /, "").slice(0, 1),
      )
      .toMatch(/^[Zg]$/);
    await end();
  });

  it("refuses binaries that are not allowed, or that anybody may rewrite", async () => {
    const { binary, actuator, end } = await commanded("#!/bin/sh\n");
    for (const wrong of ["/bin/sh", "tool", `${binary}/../tool`])
      await expect(act(actuator, "r/s", requestOf("command.run", { binary: wrong }))).rejects.toMatchObject({
        code: "not-allowed",
      });
    await chmod(binary, 0o777);
    await expect(act(actuator, "r/s", requestOf("command.run", { binary }))).rejects.toMatchObject({
      code: "not-allowed",
    });
    await end();
  });
});
