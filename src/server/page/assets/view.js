// Builds what the page shows. Text is always set as text, never as markup: it may come from anyone.

/**
 * Characters that break a line, steer or turn the direction of text around could make one text look like another. The same
 * as in `src/kernel/one-line.ts`.
 */
// oxlint-disable-next-line no-control-regex
const steering = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const signs = { "\n": "⏎", "\t": " " };

export const plain = (text) => text.replaceAll(steering, (character) => signs[character] ?? "\ufffd");

export function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = plain(text);
  if (className) made.className = className;
  return made;
}

function within(tag, children, className = "") {
  const made = element(tag, "", className);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

function time(ms, form = "toLocaleTimeString") {
  const made = element("time", new Date(ms)[form](), "soft");
  made.dateTime = new Date(ms).toISOString();
  return made;
}

const short = (digest) => digest.slice(7, 19);
const section = (title, children) => (children.length > 0 ? [element("h3", title), ...children] : []);
const list = (items, className) =>
  within(
    "ul",
    items.map((item) => within("li", item)),
    className,
  );

const scopeText = ({ kind, value }) => (kind === "all" ? "all" : `${kind}/${value}`);

export const stopItem = (stop) =>
  within("li", [
    element("strong", scopeText(stop.scope), "text"),
    element("span", ` by ${stop.by}: ${stop.reason} `, "text"),
    element("code", `homeostat resume ${scopeText(stop.scope)}`),
  ]);

/** A plan that waits: what to type to answer it, and until when. */
export function approvalItem(request) {
  const { quorum, roles } = request.wanted;
  const who = `${quorum} ${quorum === 1 ? "person" : "people"}${roles.length > 0 ? ` of ${roles.join(", ")}` : ""}`;
  const link = element("a", request.incidentId);
  link.href = `#${encodeURIComponent(request.incidentId)}`;
  return within("li", [
    link,
    element(
      "span",
      request.plan ? ` ${request.plan.runbook} on ${request.plan.service} (${request.plan.environment})` : "",
      "text",
    ),
    element("span", ` wants ${who}; ${request.answers.length} answered; until `, "text"),
    time(request.expiresAtMs),
    within("p", [
      element("code", `homeostat approve ${short(request.planDigest)}`),
      element("span", " or "),
      element("code", `homeostat deny ${short(request.planDigest)}`),
    ]),
  ]);
}

export function incidentItem(incident, isChosen) {
  const link = element("a");
  link.href = `#${encodeURIComponent(incident.id)}`;
  link.dataset.id = incident.id;
  link.setAttribute("aria-current", String(isChosen));
  link.append(
    element("strong", `${incident.state}: ${incident.services.join(", ")}`, "text"),
    element(
      "div",
      `severity ${incident.severity}, ${incident.environment}, ${new Date(incident.openedAtMs).toLocaleString()}`,
      "soft text",
    ),
  );
  return within("li", [link]);
}

const hypothesis = (h) =>
  within("li", [
    element(
      "strong",
      `${h.service}: ${h.cause}${h.subject ? ` (${h.subject})` : ""}, confidence ${h.confidence}`,
      "text",
    ),
    ...h.evidenceFor.map((e) => element("div", `+ ${e.text}`, "soft text")),
    ...h.evidenceAgainst.map((e) => element("div", `− ${e.text}`, "soft text")),
    ...(h.explanations ?? []).map((e) => element("div", `${e.title} ${e.advice}`, "text")),
  ]);

const rankedPlace = (p) =>
  within("li", [
    element(
      "strong",
      `${p.service}${p.dimension ? ` (${p.dimension})` : ""}${p.instance ? `, instance ${p.instance.name}` : ""}, confidence ${p.confidence}`,
      "text",
    ),
    ...p.evidenceFor.map((e) => element("div", `+ ${e.text}`, "soft text")),
    ...p.evidenceAgainst.map((e) => element("div", `− ${e.text}`, "soft text")),
  ]);

const rankingView = ({ places, isCredible, missing }) => [
  element(
    "p",
    isCredible ? "Where it starts, by all telemetry together:" : "All telemetry together shows nothing credible.",
  ),
  ...(places.length > 0 ? [within("ol", places.slice(0, 3).map(rankedPlace))] : []),
  ...(missing.length > 0 ? [element("p", `Not there to look at: ${missing.join("; ")}`, "soft text")] : []),
];

const traceLink = (traceId) => {
  const link = element("a", `trace ${traceId.slice(0, 8)}…`);
  link.href = `#trace/${encodeURIComponent(traceId)}`;
  return link;
};

/** An operation that is not as it was, and traces that show it. */
const operationItem = (o) => [
  element("span", `${o.text} `, "text"),
  ...o.traceIds.flatMap((id) => [traceLink(id), " "]),
];

const diagnosisView = ({ hypotheses, missing, ranking }) => [
  hypotheses.length > 0
    ? within("ol", hypotheses.slice(0, 5).map(hypothesis))
    : element("p", "Nothing credible was found."),
  ...(missing.length > 0 ? [element("p", `Not there to look at: ${missing.join("; ")}`, "soft text")] : []),
  ...(ranking ? rankingView(ranking) : []),
];

const undoText = (undo) =>
  "irreversible" in undo
    ? `cannot be undone: ${undo.irreversible}`
    : `undone by ${undo.map((u) => u.action).join(", ")}`;

const planView = ({ digest, plan }) =>
  within("li", [
    element("strong", `${plan.runbook.name} ${plan.runbook.version} on ${plan.service}`, "text"),
    element("div", `plan ${digest}; ${plan.runbook.risk} risk; expected: ${plan.expected}`, "soft text"),
    within(
      "ol",
      plan.steps.map((s, i) =>
        element("li", `${i + 1}. ${s.id}: ${s.action} ${JSON.stringify(s.parameters)}; ${undoText(s.undo)}`, "text"),
      ),
    ),
  ]);

const decisionView = (d) => [
  element("strong", d.effect, d.effect === "deny" ? "bad" : ""),
  element("span", ` on plan ${short(d.planDigest)} at `, "soft"),
  time(d.atMs),
  ...d.reasons.map((r) => element("div", `${r.source} ${r.name}: ${r.text}`, "soft text")),
  ...d.errors.map((e) => element("div", `error: ${e}`, "bad text")),
];

const runView = (run) => [
  element("strong", `${run.id}: ${run.state}`),
  ...run.intents.map((intent) => {
    const outcome = run.outcomes.find((o) => o.key === intent.key);
    return element(
      "div",
      `${intent.action} on ${intent.service}: ${outcome ? `${outcome.effect}, ${outcome.detail}` : "under way"}`,
      "soft text",
    );
  }),
  ...(run.verification?.gates ?? []).map((g) =>
    element("div", `${g.verdict}: ${g.gate}: ${g.text}`, g.verdict === "fail" ? "bad text" : "soft text"),
  ),
];

const line = (entry) => [
  time(entry.atMs),
  element("span", entry.kind, "soft"),
  element("span", `${entry.text}${entry.actor.kind === "homeostat" ? "" : ` (${entry.actor.name})`}`, "text"),
];

/** Everything known of one incident, the newest first. */
export function incidentView({ incident, diagnosis, plans, decisions, runs, approvals }) {
  const open = approvals.filter((a) => a.state === "open");
  return [
    element(
      "p",
      `${incident.state}; severity ${incident.severity}; ${incident.environment}; ${incident.services.join(", ")}`,
      "text",
    ),
    ...section("Waiting for people", open.length > 0 ? [within("ul", open.map(approvalItem))] : []),
    ...section("Hypotheses", diagnosis ? diagnosisView(diagnosis) : []),
    ...section(
      "Operations",
      (diagnosis?.operations ?? []).length > 0 ? [list(diagnosis.operations.map(operationItem))] : [],
    ),
    ...section("Plans", plans.length > 0 ? [within("ul", plans.toReversed().map(planView))] : []),
    ...section("Decisions", decisions.length > 0 ? [list(decisions.slice(-20).toReversed().map(decisionView))] : []),
    ...section("Runs", runs.length > 0 ? [list(runs.toReversed().map(runView))] : []),
    ...section("Timeline", [list(incident.timeline.toReversed().map(line), "timeline")]),
  ];
}

const ms = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
/** Deeper than this is not moved in further. */
const indentMax = 20;

function spanRow(span) {
  const what = `${"\u2003".repeat(Math.min(indentMax, span.depth))}${span.service}  ${span.name}${span.peer ? ` → ${span.peer}` : ""}`;
  const marks = [
    ...(span.error ? [span.isOrigin ? "failed, began here" : "failed"] : []),
    ...(span.isOrphan ? ["its parent is not there"] : []),
  ];
  return within("tr", [
    ...[span.offsetMs, span.durationMs, span.selfMs].map((value) => element("td", ms(value), "number")),
    element("td", span.criticalMs > 0 ? "●" : ""),
    within("td", [element("span", what, "text"), element("span", ` ${marks.join("; ")}`, "bad")]),
  ]);
}

const originText = ({ service, name, peer }) =>
  `It failed first ${peer ? `with the call ${name} of ${service} to ${peer}` : `at ${service}: ${name}`}`;

/** One trace as a tree: times, own work, what kept it from ending, and where it failed. */
export function traceView({ startMs, durationMs, spans, services, origins, cut, missing }) {
  const head = ["start", "took", "own work", "critical path", "span"].map((text) => element("th", text));
  return [
    element("p", `${new Date(startMs).toLocaleString()}; ${ms(durationMs)}; ${services.join(", ")}`, "text"),
    ...origins.map((o) => element("p", originText(o), "bad text")),
    within(
      "div",
      [within("table", [within("thead", [within("tr", head)]), within("tbody", spans.map(spanRow))])],
      "wide",
    ),
    ...(cut ? [element("p", "There are more spans: these are the newest.", "soft")] : []),
    ...missing.map((what) => element("p", `Not there to look at: ${what}`, "soft text")),
  ];
}
