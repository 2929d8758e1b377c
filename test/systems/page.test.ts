import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { IncidentView, StatusReport } from "../../src/engine/operations.ts";
import type { Incident } from "../../src/loop/incident/incident.ts";
import { spanRow } from "../../src/ports/archive.fixture.ts";
import { createLoginCode } from "../../src/server/session.ts";
import { givenServer, healthy, incident, startMs } from "../../src/server/server-world.testsuite.ts";
import { findChromium, launchChromium } from "./chromium.ts";

const found = findChromium();
const digest = `sha256:${"ab".repeat(32)}` as const;
const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>\u202egnp.exe`;

/** The one trace the server has. */
const { traceId } = spanRow(startMs);

const first = incident({ services: [hostile], state: "awaiting-approval" });
const second: Incident = { ...incident({ services: ["payment"] }), id: "inc-second000000" };

const viewOf = (shown: Incident): IncidentView =>
  ({
    incident: {
      ...shown,
      timeline: [{ atMs: startMs, kind: "note", actor: { kind: "person", name: hostile }, text: hostile }],
    },
    diagnosis: {
      incidentId: shown.id,
      atMs: startMs,
      hypotheses: [
        {
          id: "h",
          service: hostile,
          cause: "bad-release",
          confidence: 0.8,
          evidenceFor: [{ kind: "x", weight: 1, text: `for ${hostile}`, refs: [] }],
          evidenceAgainst: [{ kind: "y", weight: 1, text: "against it", refs: [] }],
        },
      ],
      missing: [hostile],
      operations: [
        {
          service: hostile,
          operation: hostile,
          change: "slower",
          text: `moved: ${hostile}`,
          through: [],
          traceIds: [traceId],
        },
      ],
      inputs: digest,
    },
    plans: [
      {
        digest,
        plan: {
          runbook: { name: "release-rollback", version: "1", digest, risk: "low", escalates: false },
          service: hostile,
          expected: hostile,
          steps: [
            { id: "switch", action: "release.switch", parameters: { to: hostile }, undo: { irreversible: hostile } },
          ],
        },
      },
    ],
    decisions: [
      {
        effect: "ask",
        planDigest: digest,
        configCommit: "c",
        reasons: [{ source: "policy", name: "prod-asks", text: hostile }],
        errors: [hostile],
        atMs: startMs,
      },
    ],
    runs: [],
    approvals: [request(shown.id)],
  }) as unknown as IncidentView;

const request = (incidentId: string): IncidentView["approvals"][number] => ({
  planDigest: digest,
  incidentId,
  runId: `${incidentId}-1`,
  wanted: { quorum: 2, roles: [hostile], expiresInMs: 60_000 },
  requestedAtMs: startMs,
  expiresAtMs: startMs + 60_000,
  state: "open",
  answers: [],
});

const status: StatusReport = {
  ...healthy,
  state: "degraded",
  components: [{ name: hostile, state: "degraded", detail: hostile }],
  stops: [{ scope: { kind: "service", value: "cart" }, by: "ada", reason: hostile, atMs: startMs }],
  liveIncidents: 2,
  openApprovals: [request(first.id)],
};

describe.skipIf(found === undefined)(`the page in Chromium${found ? "" : " (skipped: no chromium here)"}`, () => {
  const state = { status, down: false };
  let browser: Browser;
  let page: Page;
  let url: string;
  let close: () => Promise<unknown>;
  let newLink: () => Promise<string>;
  const complaints: string[] = [];
  const dialogs: string[] = [];

  beforeAll(async () => {
    const views = new Map([first, second].map((i) => [i.id, viewOf(i)]));
    const { server, store } = await givenServer({
      status: async () => (state.down ? Promise.reject(new Error("down")) : state.status),
      incidents: async () => [first, second],
      incident: async (id) => views.get(id),
    });
    url = await server.listen({ host: "127.0.0.1", port: 0 });
    close = () => server.close();
    newLink = async () => `${url}/login?code=${await createLoginCode(store, { nowMs: () => startMs }, "ada")}`;
    browser = await launchChromium(found ?? "");
    page = await browser.newPage();
    const content = `document.addEventListener("securitypolicyviolation", (e) => console.error(e.violatedDirective))`;
    await page.addInitScript({ content });
    page.on("console", (m) => void (m.type() === "error" && complaints.push(m.text())));
    page.on("pageerror", (e) => complaints.push(e.message));
    page.on("dialog", (d) => {
      dialogs.push(d.message());
      void d.dismiss();
    });
  });
  afterAll(async () => {
    await browser?.close();
    await close?.();
  });

  test("a login link opens it once", async () => {
    const link = await newLink();
    await page.goto(link);
    expect(page.url()).toBe(`${url}/`);
    await page.waitForSelector("#view h3");
    const other = await (await browser.newContext()).newPage();
    expect((await other.goto(link))?.status()).toBe(401);
    expect(await other.textContent("body")).toContain("homeostat login");
    expect((await other.goto(`${url}/`))?.status()).toBe(401);
    await other.context().close();
  });

  test("hostile text is shown as text, everywhere", async () => {
    const said = (await page.textContent("body")) ?? "";
    expect(said.split("<img src=x onerror").length).toBeGreaterThan(12);
    expect(said).not.toContain("\u202e");
    expect(await page.locator("img, main script, iframe, object").count()).toBe(0);
    expect(await page.title()).toBe("(1) Homeostat");
  });

  test("what people have to decide is there, with what to type", async () => {
    expect(await page.textContent("#approval-list")).toContain(`homeostat approve ${"ab".repeat(6)}`);
    expect(await page.textContent("#approval-list")).toContain("wants 2 people of");
    expect(await page.textContent("#stop-list")).toContain("homeostat resume service/cart");
    const view = await page.textContent("#view");
    for (const part of ["+ for ", "− against it", digest, "release.switch", "cannot be undone", "policy prod-asks: "])
      expect(view).toContain(part);
    expect(await page.getAttribute("#state", "data-state")).toBe("stopped");
  });

  test("it is worked by keyboard alone: the focus stays while it refreshes", async () => {
    await page.focus(`#incidents a[data-id="${first.id}"]`);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: second.id }).waitFor();
    const chosen = `#incidents a[data-id="${second.id}"]`;
    expect(await page.getAttribute(chosen, "aria-current")).toBe("true");
    expect(await page.locator(":focus").getAttribute("data-id")).toBe(second.id);
    state.status = { ...status, liveIncidents: 7 };
    await page.locator("#state", { hasText: "7 live" }).waitFor();
    expect(await page.locator(":focus").getAttribute("data-id")).toBe(second.id);
  });

  test("a trace of an operation that moved is shown as a tree, one that is nowhere says so, and the way back is there", async () => {
    expect(await page.textContent("#view")).toContain("moved: ");
    await page.click(`#view a[href="#trace/${traceId}"]`);
    await page.getByRole("heading", { name: `trace ${traceId}` }).waitFor();
    await page.locator("#view tbody tr", { hasText: "GET /cart" }).waitFor();
    await page.goto(`${url}/#trace/${"f".repeat(32)}`);
    await page.locator("#view", { hasText: "no span of the trace" }).waitFor();
    await page.click(`#incidents a[data-id="${second.id}"]`);
    await page.getByRole("heading", { name: second.id }).waitFor();
    await page.locator("#view", { hasText: "release.switch" }).waitFor();
  });

  test("has names for its regions, one heading of the first level, and a live status", async () => {
    for (const role of ["navigation", "article", "main", "status"] as const)
      expect(await page.getByRole(role).count(), role).toBeGreaterThan(0);
    expect(await page.getByRole("heading", { level: 1 }).count()).toBe(1);
    expect(await page.getByRole("navigation", { name: "Incidents" }).count()).toBe(1);
    expect(await page.getAttribute("html", "lang")).toBe("en");
  });

  test("broke no content security policy, threw nothing, asked nothing", () => {
    // Chromium itself tells of the trace that is nowhere.
    expect(complaints.filter((c) => !c.includes("404"))).toEqual([]);
    expect(dialogs).toEqual([]);
  });

  test("says when the server fails, keeps what it showed, and comes back", async () => {
    state.down = true;
    await page.waitForSelector(`#state[data-state="failed"]`);
    expect(await page.textContent("#view")).toContain("release.switch");
    state.down = false;
    await page.waitForSelector(`#state[data-state="stopped"]`, { timeout: 40_000 });
  });

  test("on a small screen nothing sticks out", async () => {
    await page.setViewportSize({ width: 360, height: 700 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
  });
});
