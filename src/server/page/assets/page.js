// Asks the API every two seconds and shows what it says. What did not change is left alone, so that focus stays where it is.
import { approvalItem, element, incidentItem, incidentView, plain, stopItem, traceView } from "./view.js";

const everyMs = 2000;
const slowestMs = 30000;
const timeoutMs = 10000;
const byId = (id) => document.getElementById(id);
const shown = new Map();
let waitMs = everyMs;
let timer;
let asking = 0;
let shownTrace;
const tracePrefix = "trace/";

/** Replaces the children of an element when what they show changed, and gives the focus back to the same link. */
function show(id, value, children) {
  const text = JSON.stringify(value);
  if (shown.get(id) === text) return;
  shown.set(id, text);
  const focused = byId(id).contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  byId(id).replaceChildren(...children());
  if (focused !== null) [...byId(id).querySelectorAll("a")].find((a) => a.getAttribute("href") === focused)?.focus();
}

function setText(id, text) {
  const shownText = plain(text);
  if (byId(id).textContent !== shownText) byId(id).textContent = shownText;
}

async function ask(path) {
  const response = await fetch(path, {
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status === 401) throw new Error("the login has expired: get a new link with `homeostat login`");
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.json();
}

function showStatus(status) {
  const { stops, openApprovals: waiting } = status;
  const wrong = status.components.filter((c) => c.state !== "ok").map((c) => `${c.name}: ${c.detail}`);
  byId("state").dataset.state = stops.length > 0 ? "stopped" : status.state;
  setText(
    "state",
    `${stops.length > 0 ? "STOPPED. " : ""}${status.state}, ${status.liveIncidents} live, ${waiting.length} waiting for approval${wrong.length > 0 ? ` – ${wrong.join("; ")}` : ""}`,
  );
  document.title = waiting.length > 0 ? `(${waiting.length}) Homeostat` : "Homeostat";
  byId("stops").hidden = stops.length === 0;
  show("stop-list", stops, () => stops.map(stopItem));
  byId("approvals").hidden = waiting.length === 0;
  show("approval-list", waiting, () => waiting.map(approvalItem));
}

/** The incident in the address, else the newest. */
function chosenOf(incidents) {
  try {
    const named = decodeURIComponent(location.hash.slice(1));
    if (named !== "" && named !== "detail") return named;
  } catch {
    // An address that was mangled names nothing.
  }
  return incidents[0]?.id;
}

async function showIncidents(incidents) {
  const chosen = chosenOf(incidents);
  byId("empty").hidden = incidents.length > 0;
  const listed = incidents.map(({ id, state, services, severity, environment, openedAtMs }) => ({
    id,
    state,
    services,
    severity,
    environment,
    openedAtMs,
  }));
  show("incidents", [listed, chosen], () => listed.map((incident) => incidentItem(incident, incident.id === chosen)));
  if (chosen === undefined) return;
  if (chosen.startsWith(tracePrefix)) {
    await showTrace(chosen.slice(tracePrefix.length));
    return;
  }
  shownTrace = undefined;
  const view = await ask(`/api/v1/incidents/${encodeURIComponent(chosen)}`);
  setText("detail-title", view.incident.id);
  show("view", view, () => incidentView(view));
}

/** A trace does not change any more, and is looked for once. */
async function showTrace(id) {
  if (shownTrace === id) return;
  shownTrace = id;
  setText("detail-title", `trace ${id}`);
  try {
    const path = `/api/v1/telemetry/traces/${encodeURIComponent(id)}`;
    const response = await fetch(path, { signal: AbortSignal.timeout(timeoutMs) });
    const answer = await response.json();
    if (shownTrace !== id) return;
    show("view", answer, () => (response.ok ? traceView(answer) : [element("p", answer.error.message, "bad text")]));
  } catch (error) {
    shownTrace = undefined;
    throw error;
  }
}

/** One round; a newer one that was asked for meanwhile wins. */
async function refresh() {
  clearTimeout(timer);
  const mine = ++asking;
  try {
    const [status, { incidents }] = await Promise.all([ask("/api/v1/status"), ask("/api/v1/incidents?limit=50")]);
    if (mine !== asking) return;
    showStatus(status);
    await showIncidents(incidents);
    waitMs = everyMs;
  } catch (error) {
    if (mine !== asking) return;
    byId("state").dataset.state = "failed";
    setText("state", `${error.message}; what is shown is old`);
    waitMs = Math.min(slowestMs, waitMs * 2);
  }
  if (mine === asking && !document.hidden) timer = setTimeout(() => void refresh(), waitMs);
}

addEventListener("hashchange", () => void refresh());
document.addEventListener("visibilitychange", () => void (document.hidden || refresh()));
void refresh();
