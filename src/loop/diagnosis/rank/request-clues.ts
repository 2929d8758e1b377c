import type { Clue } from "./clue.ts";
import { deviationsOf } from "./deviations.ts";
import { hurtOf, type Hurt } from "./hurt.ts";
import { lossesOf, type Harm, type Loss } from "./losses.ts";
import type { RankSettings } from "./rank-settings.ts";
import type { Call, Recording } from "./recording.ts";
import { sum } from "./sample.ts";
import { cut, isNow, type Timeline } from "./timeline.ts";
import { figure, percent, timesAs, whole } from "./words.ts";

/** What harms requests, and can be counted: latency times requests is time lost, errors times requests are requests lost. */
const harms: readonly Harm[] = ["latency", "errors"];

/** Failed requests that nobody would look twice at. */
const lostFloor = 1;

/**
 * Harm to requests, counted and put down to where it arises: what a place loses, less what those it calls lose, for a caller waits while its
 * callee does. A place speaks by the share of the harm at the symptoms that its own loss explains, moment by moment, and by how surprising that
 * loss is; harm the symptoms do not name is no more surprising at its cause than it is there.
 */
export function requestClues(recording: Recording, at: Timeline, settings: RankSettings): Clue[] {
  return harms.flatMap((harm) => {
    const losses = lossesOf(recording.series, harm, at);
    const hurt = hurtOf(losses, recording.symptoms ?? [], harm, at, settings);
    return ownLosses(losses, recording.calls, hurt, { harm, at, settings });
  });
}

interface Frame {
  readonly harm: Harm;
  readonly at: Timeline;
  readonly settings: RankSettings;
}

function ownLosses(
  losses: ReadonlyMap<string, Loss>,
  calls: readonly Call[],
  hurt: Hurt | undefined,
  { harm, at, settings }: Frame,
): Clue[] {
  const callees = Map.groupBy(calls, (c) => c.from);
  const own = [...losses].flatMap(([place, loss]) => {
    const below = (callees.get(place) ?? []).filter((c) => c.to !== place).map((c) => losses.get(c.to));
    return loss.isNew
      ? []
      : [
          {
            place,
            ...ownLoss(loss, below.filter((b) => b !== undefined && !b.isNew) as Loss[], { harm, at, settings }),
          },
        ];
  });
  const explained = own.map((o) => (hurt ? hurt.explainedBy(o.byTime) : o.lost));
  const most = hurt ? 1 : Math.max(...explained, Number.MIN_VALUE);
  const share = new Map(own.map((o, i) => [o.place, (explained[i] ?? 0) / most]));
  const lost = new Map(own.map((o) => [o.place, o.lost]));
  return deviationsOf(own, settings, { upOnly: true }).map((d) => ({
    place: d.place,
    kind: "requests",
    dimension: harm,
    nats: Math.min(d.nats, hurt?.nats ?? Infinity),
    share: share.get(d.place) ?? 0,
    text: lossText(harm, losses.get(d.place), lost.get(d.place) ?? 0, share.get(d.place) ?? 0),
    ...(d.sinceMs === undefined ? {} : { sinceMs: d.sinceMs }),
  }));
}

function ownLoss(loss: Loss, below: readonly Loss[], { harm, at, settings }: Frame) {
  const timesMs = [...loss.byTime.keys()];
  const values = timesMs.map(
    (t) => (loss.byTime.get(t) ?? 0) - sum(below.map((b) => Math.max(0, b.byTime.get(t) ?? 0))),
  );
  const total = (of: Loss) => Math.max(0, sum([...of.byTime].filter(([t]) => isNow(at, t)).map(([, v]) => v)));
  return {
    cut: cut(at, { timesMs, values }),
    byTime: new Map(timesMs.map((t, i) => [t, values[i] ?? 0])),
    floor: harm === "errors" ? lostFloor : settings.scaleFloor * loss.usual,
    lost: Math.max(0, total(loss) - sum(below.map(total))),
  };
}

/** What requests lose at a place, in words: what is left when what those it calls lose is taken off. */
function lossText(harm: Harm, loss: Loss | undefined, lost: number, share: number): string {
  const { level = 0, requests = 0 } = loss ?? {};
  if (!(lost > 0 && requests > 0)) return "no more is lost here than at those it calls";
  const explained = `which explains ${percent(share)} of the harm`;
  if (harm === "errors")
    return `${whole(lost)} more of ${whole(requests)} requests than usual failed by its own doing, ${explained}`;
  const times = timesAs(level + lost / requests, level);
  const told = `a request takes ${figure(lost / requests)} longer by its own doing, usually ${figure(level)} in all`;
  return `${told}${times === "" ? "" : `: ${times}`}, ${explained}`;
}
