// The page asks the API every two seconds and shows what it says. Text is always set as text, never as markup.
const everyMs = 2000;
const byId = (id) => document.getElementById(id);
let chosen;

function element(tag, text, className) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

async function ask(path) {
  const response = await fetch(path, { headers: { accept: "application/json" } });
  if (response.status === 401) throw new Error("the login has expired: get a new link with `homeostat login`");
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.json();
}

function showState(status) {
  const state = byId("state");
  const stopped = status.stops.length > 0;
  const wrong = status.components.filter((c) => c.state !== "ok").map((c) => `${c.name}: ${c.detail}`);
  state.dataset.state = stopped ? "stopped" : status.state;
  const stops = stopped
    ? `STOPPED (${status.stops.map((s) => `${s.scope.kind} ${s.scope.value}`.trim()).join(", ")}). `
    : "";
  state.textContent = `${stops}${status.state}, ${status.liveIncidents} live, ${status.openApprovals.length} waiting for approval${wrong.length > 0 ? ` – ${wrong.join("; ")}` : ""}`;
}

function showList(incidents) {
  const focused = document.activeElement?.dataset?.id;
  byId("empty").hidden = incidents.length > 0;
  chosen ??= incidents[0]?.id;
  byId("incidents").replaceChildren(
    ...incidents.map((incident) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.id = incident.id;
      button.setAttribute("aria-current", String(incident.id === chosen));
      button.append(
        element("strong", `${incident.state}: ${incident.services.join(", ")}`),
        element(
          "div",
          `severity ${incident.severity}, ${incident.environment}, ${new Date(incident.openedAtMs).toLocaleString()}`,
          "soft",
        ),
      );
      button.addEventListener("click", () => {
        chosen = incident.id;
        void refresh();
      });
      item.append(button);
      return item;
    }),
  );
  if (focused) document.querySelector(`button[data-id="${CSS.escape(focused)}"]`)?.focus();
}

function showDetail(view) {
  const { incident, diagnosis } = view;
  const first = diagnosis?.hypotheses[0];
  byId("summary").replaceChildren(
    element("p", `${incident.id} – ${incident.state}`),
    ...(first
      ? [
          element(
            "p",
            `Cause: ${first.service}, ${first.cause}${first.subject ? ` (${first.subject})` : ""}, confidence ${first.confidence}`,
          ),
        ]
      : []),
    ...(first?.evidenceFor ?? []).map((e) => element("div", `+ ${e.text}`, "soft")),
    ...(first?.evidenceAgainst ?? []).map((e) => element("div", `− ${e.text}`, "soft")),
  );
  byId("timeline").replaceChildren(
    ...incident.timeline.toReversed().map((entry) => {
      const line = document.createElement("li");
      line.append(
        element("time", new Date(entry.atMs).toLocaleTimeString(), "soft"),
        element("span", `${entry.kind}`, "soft"),
        element("span", `${entry.text}${entry.actor.kind === "homeostat" ? "" : ` (${entry.actor.name})`}`),
      );
      return line;
    }),
  );
}

async function refresh() {
  try {
    const [status, { incidents }] = await Promise.all([ask("/api/v1/status"), ask("/api/v1/incidents?limit=50")]);
    showState(status);
    showList(incidents);
    if (chosen) showDetail(await ask(`/api/v1/incidents/${encodeURIComponent(chosen)}`));
  } catch (error) {
    byId("state").dataset.state = "failed";
    byId("state").textContent = error.message;
  }
}

void refresh();
setInterval(() => void refresh(), everyMs);
