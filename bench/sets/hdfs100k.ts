import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { createSessionModel, type SessionVerdict } from "../../src/loop/detection/sessions/session-model.ts";
import { playSet, type SetAnswer } from "./play-set.ts";

interface Session {
  readonly id: string;
  readonly label: number;
  readonly templates: readonly string[];
}

/**
 * Sessions in the order of the file, each judged by those before it and itself, at the shipped threshold; nothing is fitted to the
 * file and only the scorer reads labels.
 */
async function play(dataDir: string, dumpDir: string | undefined): Promise<SetAnswer> {
  const sessions = await readSessions(dataDir);
  const model = createSessionModel();
  const verdicts = sessions.map(({ templates }) => {
    const counts = countsOf(templates);
    const verdict = model.judge(counts);
    model.learn(counts);
    return verdict;
  });
  if (dumpDir !== undefined) await dump(dumpDir, sessions, verdicts);
  const found = verdicts.filter((v) => v.isAnomalous).length;
  const anomalous = sessions.filter((s) => s.label === 1).length;
  const right = sessions.filter((s, i) => s.label === 1 && verdicts[i]?.isAnomalous === true).length;
  const scores = { precision: right / found, recall: right / anomalous, f1: (2 * right) / (found + anomalous) };
  return {
    scores,
    cases: [{ sessions: sessions.length, anomalous, found, right, attainable: attainableF1(sessions) }],
  };
}

const countsOf = (templates: readonly string[]): Map<string, number> =>
  new Map([...Map.groupBy(templates, (t) => t)].map(([template, lines]) => [template, lines.length]));

/**
 * The best F1 that anything could have that answers the same for sessions with the same counts of the same lines, even if it
 * knew the labels: many anomalous sessions are written exactly like normal ones.
 */
function attainableF1(sessions: readonly Session[]): number {
  const alike = Map.groupBy(sessions, ({ templates }) => JSON.stringify([...templates].toSorted()));
  const total = sessions.filter((s) => s.label === 1).length;
  const groups = [...alike.values()]
    .map((group) => ({ size: group.length, right: group.filter((s) => s.label === 1).length }))
    .toSorted((a, b) => b.right / b.size - a.right / a.size);
  let [found, right, best] = [0, 0, 0];
  for (const group of groups) {
    found += group.size;
    right += group.right;
    best = Math.max(best, (2 * right) / (found + total));
  }
  return best;
}

async function readSessions(dataDir: string): Promise<Session[]> {
  const name = (await readdir(dataDir)).find((entry) => /^sessions\.jsonl(\.gz)?$/.test(entry));
  if (name === undefined) throw new Error(`\`${dataDir}\` holds no \`sessions.jsonl.gz\``);
  const bytes = await readFile(join(dataDir, name));
  const text = (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as Session);
}

/** `scores.jsonl`: a session each, in order, with its surprise in nats and whether it is anomalous by that. */
async function dump(dir: string, sessions: readonly Session[], verdicts: readonly SessionVerdict[]): Promise<void> {
  await mkdir(dir, { recursive: true });
  const lines = sessions.map(({ id }, i) => {
    const { surprise, isAnomalous } = verdicts[i] as SessionVerdict;
    return JSON.stringify({ id, score: surprise, anomalous: isAnomalous });
  });
  await writeFile(join(dir, "scores.jsonl"), `${lines.join("\n")}\n`);
}

await playSet("hdfs100k", play);
