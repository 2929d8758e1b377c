import type { ChangeSignal } from "../signal/signal.ts";
import { flagText, ownActor } from "../signal/observed-change.ts";
import type { Evidence, Hypothesis } from "./diagnosis.ts";
import { onsetOf, ownFindings, type Scene } from "./scene.ts";
import { percent, seconds, type Blame } from "./blame.ts";
import { versionsOf } from "./red-facts.ts";

export type Theory = Pick<Hypothesis, "service" | "cause" | "evidenceFor" | "evidenceAgainst"> &
  Partial<Pick<Hypothesis, "instance" | "subject" | "changeId">>;

const evidence = (kind: string, weight: number, text: string, refs: readonly string[] = []): Evidence => ({
  kind,
  weight,
  text,
  refs,
});

/** How long after a change its symptoms may first show. */
const windowMs = 15 * 60_000;
/** Clocks differ and onsets are known to a bucket: a change this much after the onset may still have caused it. */
const slackMs = 12_000;

/** What may have gone wrong in a service, each with what speaks for and against it beyond the blame of the place. */
export function theories(scene: Scene, at: Blame): Theory[] {
  const found = [
    ...badRelease(scene, at.service),
    ...badConfig(scene, at.service),
    ...badFlag(scene, at.service),
    ...crashLoop(scene, at.service),
    ...hang(scene, at.service),
    ...overload(scene, at.service),
  ];
  const joined = found.map((t) => ({
    ...t,
    evidenceFor: [...at.for, ...t.evidenceFor],
    evidenceAgainst: [...at.against, ...t.evidenceAgainst],
  }));
  const nameless = {
    service: at.service,
    cause: "unknown",
    evidenceFor: at.for,
    evidenceAgainst: [
      ...at.against,
      evidence("no-known-cause", 0.5, "it seems to start here, but nothing known explains why"),
    ],
  };
  return [...joined, nameless];
}

function badRelease(scene: Scene, service: string): Theory[] {
  const change = latest(scene, service, "release");
  const good = scene.knownGood[service]?.release;
  const current = scene.targets[service]?.release;
  const skew = versionSkew(scene, service);
  const drifted = good !== undefined && current !== undefined && good !== current;
  if (!change && !drifted && !skew) return [];
  const pros = [
    ...timing(scene, service, change),
    ...(drifted
      ? [evidence("release-not-known-good", 1.2, `runs ${current}; ${good} is the release last known to be good`)]
      : []),
    ...(skew ? [skew] : []),
  ];
  const cons = [
    ...late(scene, service, change),
    ...(current !== undefined && good === current
      ? [evidence("release-is-known-good", 2.5, `runs ${current}, which is known to be good`)]
      : []),
  ];
  return [
    {
      service,
      cause: "bad-release",
      ...(change ? { changeId: change.id } : {}),
      ...(current ? { subject: current } : {}),
      evidenceFor: pros,
      evidenceAgainst: cons,
    },
  ];
}

/** The new version errs or lags where the old one, at the same time, does not. */
function versionSkew(scene: Scene, service: string): Evidence | undefined {
  const versions = versionsOf(scene, service, scene.incident.sinceMs - 10_000, 8).toSorted(
    (a, b) => b.red.ownErrorShare - a.red.ownErrorShare,
  );
  const [worst, best] = [versions[0], versions.at(-1)];
  if (!worst || !best || worst === best) return undefined;
  if (worst.red.ownErrorShare - best.red.ownErrorShare > 0.05)
    return evidence(
      "version-skew",
      2,
      `${worst.version} fails ${percent(worst.red.ownErrorShare)} of requests, ${best.version} ${percent(best.red.ownErrorShare)}`,
    );
  return undefined;
}

function badConfig(scene: Scene, service: string): Theory[] {
  const now = scene.targets[service]?.config ?? {};
  const good = scene.knownGood[service]?.config ?? {};
  const names = new Set([
    ...Object.keys(now),
    ...scene.changes.filter((c) => c.service === service && c.change === "config").map((c) => c.subject ?? ""),
  ]);
  return [...names].filter(Boolean).flatMap((file) => {
    const change = latest(scene, service, "config", file);
    const drifted = good[file] !== undefined && now[file] !== undefined && good[file] !== now[file];
    if (!drifted && !(change && good[file] === undefined)) return [];
    const pros = [
      ...timing(scene, service, change),
      ...(drifted
        ? [evidence("config-not-known-good", 1.4, `config \`${file}\` differs from what is known to be good`)]
        : []),
    ];
    return [
      {
        service,
        cause: "bad-config",
        subject: file,
        ...(change ? { changeId: change.id } : {}),
        evidenceFor: pros,
        evidenceAgainst: late(scene, service, change),
      },
    ];
  });
}

function badFlag(scene: Scene, service: string): Theory[] {
  const good = scene.knownGood[service]?.flags ?? {};
  return Object.entries(scene.targets[service]?.flags ?? {}).flatMap(([flag, value]) => {
    const change = latest(scene, service, "flag", flag);
    const drifted = good[flag] !== undefined && good[flag] !== flagText(value);
    if (!drifted && !change) return [];
    if (good[flag] === flagText(value)) return [];
    const pros = [
      ...timing(scene, service, change),
      ...(drifted
        ? [
            evidence(
              "flag-not-known-good",
              1.4,
              `flag \`${flag}\` is ${flagText(value)}; ${good[flag]} is known to be good`,
            ),
          ]
        : []),
    ];
    return [
      {
        service,
        cause: "bad-flag",
        subject: flag,
        ...(change ? { changeId: change.id } : {}),
        evidenceFor: pros,
        evidenceAgainst: late(scene, service, change),
      },
    ];
  });
}

/** One instance that died again and again lately, or is down now, while its siblings were left alone. */
function crashLoop(scene: Scene, service: string): Theory[] {
  const recent = scene.exits.filter((e) => e.service === service && e.atMs > scene.nowMs - 120_000);
  const names = [
    ...new Set([
      ...recent.map((e) => e.instance),
      ...(scene.targets[service]?.instances ?? []).filter((i) => !i.alive).map((i) => i.name),
    ]),
  ];
  return names.flatMap((instance) => {
    const deaths = recent.filter((e) => e.instance === instance).length;
    const now = scene.targets[service]?.instances?.find((i) => i.name === instance);
    if (deaths < 2 && now?.alive !== false) return [];
    const pros = [
      evidence(
        "instance-exits",
        Math.min(4.5, 1.5 * Math.max(1, deaths)),
        `${instance} ended ${deaths} time${deaths === 1 ? "" : "s"} in the last two minutes${now?.alive === false ? " and is down now" : ""}`,
      ),
      ...(now?.alive === false || now?.healthy === false
        ? [evidence("instance-unhealthy", 1, `${instance} does not pass its health check`)]
        : []),
    ];
    return [{ service, cause: "crash-loop", instance, evidenceFor: pros, evidenceAgainst: [] }];
  });
}

/** Alive by its pid, yet it does not answer its health check. */
function hang(scene: Scene, service: string): Theory[] {
  const instances = scene.targets[service]?.instances ?? [];
  const hung = instances.filter((i) => i.alive && i.healthy === false);
  if (hung.length === 0) return [];
  const starting = scene.exits.some((e) => e.service === service && e.atMs > scene.nowMs - 20_000);
  return [
    {
      service,
      cause: "dependency-hang",
      ...(hung.length === 1 && hung[0] ? { instance: hung[0].name } : {}),
      evidenceFor: [
        evidence(
          "alive-but-silent",
          3,
          `${hung.map((i) => i.name).join(", ")} ${hung.length === 1 ? "is" : "are"} alive and do${hung.length === 1 ? "es" : ""} not answer the health check`,
        ),
      ],
      evidenceAgainst: starting ? [evidence("just-started", 2, "it started less than 20 s ago")] : [],
    },
  ];
}

function overload(scene: Scene, service: string): Theory[] {
  const more = ownFindings(scene, service).find((f) => f.dimension === "rate" && f.direction === "above");
  if (!more) return [];
  return [
    {
      service,
      cause: "overload",
      evidenceFor: [evidence("more-traffic", 1, more.summary, [more.id])],
      evidenceAgainst: [],
    },
  ];
}

const latest = (
  scene: Scene,
  service: string,
  change: ChangeSignal["change"],
  subject?: string,
): ChangeSignal | undefined =>
  scene.changes
    .filter(
      (c) =>
        c.service === service &&
        c.change === change &&
        c.actor !== ownActor &&
        (subject === undefined || c.subject === undefined || c.subject === subject) &&
        c.timeMs > scene.incident.sinceMs - windowMs,
    )
    .at(-1);

/** A change shortly before the first symptom: the closer, the more it speaks. */
function timing(scene: Scene, service: string, change: ChangeSignal | undefined): Evidence[] {
  if (!change) return [];
  const lead = (onsetOf(scene, service) ?? scene.incident.sinceMs) - change.timeMs;
  if (lead < -slackMs || lead > windowMs) return [];
  const weight = lead < 60_000 ? 1.8 : lead < 300_000 ? 1.2 : 0.6;
  return [
    evidence(
      "change-before-onset",
      weight,
      `${change.change} changed ${lead >= 0 ? `${seconds(lead)} before` : "at"} the first symptom (${change.source === "event" ? "announced" : "seen on the target"})`,
      [change.id],
    ),
  ];
}

function late(scene: Scene, service: string, change: ChangeSignal | undefined): Evidence[] {
  const since = onsetOf(scene, service) ?? scene.incident.sinceMs;
  if (!change || change.timeMs <= since + slackMs) return [];
  return [
    evidence(
      "change-after-onset",
      3,
      `the ${change.change} changed ${seconds(change.timeMs - since)} after the first symptom`,
      [change.id],
    ),
  ];
}
