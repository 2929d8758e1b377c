import type { ChangeSignal } from "../signal/signal.ts";
import { flagText, ownActor } from "../signal/observed-change.ts";
import { percent, seconds } from "./blame.ts";
import type { Evidence } from "./diagnosis.ts";
import { versionsOf } from "./red-facts.ts";
import { onsetOf, type Scene } from "./scene.ts";
import { evidence, type Theory } from "./theory.ts";

/** How long after a change its symptoms may first show. */
const windowMs = 15 * 60_000;
/** Clocks differ and onsets are known to a bucket: a change this much after the onset may still have caused it. */
const slackMs = 12_000;

/** A release that was changed, that is not the one known to be good, or that does worse than the other one beside it. */
export function badRelease(scene: Scene, service: string): Theory[] {
  const change = latest(scene, service, "release");
  const current = scene.targets[service]?.release;
  const known = againstKnownGood(scene.knownGood[service]?.release, current);
  const drifted = known?.sign === "for" ? [known.evidence] : [];
  const skewed = versionSkew(scene, service);
  const suspicious = [...drifted, ...skewed];
  if (!change && suspicious.length === 0) return [];
  const well = skewed.length === 0 ? newVersionWell(scene, service, current) : [];
  const evidenceAgainst = [
    ...late(scene, service, change),
    ...(known?.sign === "against" ? [known.evidence] : []),
    ...well,
  ];
  const evidenceFor = [...timing(scene, service, change), ...suspicious];
  return [{ service, cause: "bad-release", ...held(change, current), evidenceFor, evidenceAgainst }];
}

/** Which change and what of it is held responsible, as far as known. */
const held = (change: ChangeSignal | undefined, subject: string | undefined): Pick<Theory, "changeId" | "subject"> => ({
  ...(change ? { changeId: change.id } : {}),
  ...(subject === undefined ? {} : { subject }),
});

function againstKnownGood(
  good: string | undefined,
  current: string | undefined,
): { sign: "for" | "against"; evidence: Evidence } | undefined {
  if (good === undefined || current === undefined) return undefined;
  if (good === current)
    return {
      sign: "against",
      evidence: evidence("release-is-known-good", 2.5, `runs ${current}, which is known to be good`),
    };
  return {
    sign: "for",
    evidence: evidence("release-not-known-good", 1.2, `runs ${current}; ${good} is the release last known to be good`),
  };
}

/** The new version errs or lags where the old one, at the same time, does not. */
function versionSkew(scene: Scene, service: string): Evidence[] {
  const versions = versionsOf(scene, service, scene.incident.sinceMs - 10_000, 8).toSorted(
    (a, b) => b.red.ownErrorShare - a.red.ownErrorShare,
  );
  const [worst, best] = [versions[0], versions.at(-1)];
  if (!worst || !best || worst === best) return [];
  if (worst.red.ownErrorShare - best.red.ownErrorShare <= 0.05) return [];
  const text = `${worst.version} fails ${percent(worst.red.ownErrorShare)} of requests, ${best.version} ${percent(best.red.ownErrorShare)}`;
  return [evidence("version-skew", 2, text)];
}

/** The version that runs now answers well by its own telemetry: callers may have felt its roll-out, not its code. */
function newVersionWell(scene: Scene, service: string, current: string | undefined): Evidence[] {
  const found = versionsOf(scene, service, scene.incident.sinceMs - 10_000, 20);
  const now = found.find((v) => v.version === current)?.red;
  if (!now || now.errorShare > 0.02) return [];
  const others = found.filter((v) => v.version !== current).map((v) => v.red.p95Ms);
  // Without another version beside it nothing can be said of how fast it ought to be.
  if (others.length === 0 || now.p95Ms > 1.5 * Math.min(...others)) return [];
  return [
    evidence(
      "new-version-is-well",
      2.5,
      `${current} fails ${percent(now.errorShare)} of ${now.count} requests and is as fast as what it replaces`,
    ),
  ];
}

/** A config file that is not as it was when it was good, or that was changed and nothing is known of before. */
export function badConfig(scene: Scene, service: string): Theory[] {
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

/** A flag that is not as it was when it was good. */
export function badFlag(scene: Scene, service: string): Theory[] {
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
