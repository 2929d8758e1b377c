import { join } from "node:path";
import { parseArgs } from "node:util";
import { nezhaCases } from "./sets/nezha-trainticket-cases.ts";
import { petshopCases } from "./sets/petshop-cases.ts";
import { errorOf, reliabilityOf, type Answer } from "./sets/reliability.ts";
import { hit, rankCase, type FaultCase } from "./sets/root-cause.ts";
import { sockShopCases } from "./sets/sock-shop-1-cases.ts";
import { withheld, type Withheld } from "./sets/withheld.ts";

/**
 * How far confidences of root causes can be believed: `node bench/calibration.ts --data ../shared/bench [--json]` ranks all cases of
 * three public sets, whole and with evidence withheld, and times without a fault, and prints how many of each confidence are right.
 */
const { values } = parseArgs({ options: { data: { type: "string" }, json: { type: "boolean", default: false } } });
if (values.data === undefined) throw new Error("name the folder that holds the sets: --data DIR");

const casesOf = { "nezha-trainticket": nezhaCases, petshop: petshopCases, "sock-shop-1": sockShopCases };

function answer(fault: FaultCase, { change, isCalm = false }: Withheld, index: number): Answer {
  const ranked = rankCase({ ...fault, recording: change(fault.recording, index) });
  return { confidence: ranked.ranking[0]?.confidence ?? 0, right: isCalm ? 0 : hit(ranked, 1) };
}

const rows: { set: string; evidence: string; cases: number; right: number; confidence: number }[] = [];
const [whole, all]: [Answer[], Answer[]] = [[], []];
for (const set of Object.keys(casesOf) as (keyof typeof casesOf)[]) {
  const cases = casesOf[set](join(values.data, set));
  for (const how of withheld[set]) {
    const answers = cases.map((c, i) => answer(c, how, i));
    const mean = (of: (a: Answer) => number) => answers.reduce((n, a) => n + of(a), 0) / answers.length;
    rows.push({
      set,
      evidence: how.name,
      cases: answers.length,
      right: mean((a) => a.right),
      confidence: mean((a) => a.confidence),
    });
    all.push(...answers);
    if (how.name === "everything") whole.push(...answers);
  }
}

const shownOf = (answers: readonly Answer[]) => ({ error: errorOf(answers), bins: reliabilityOf(answers) });
const document = { rows, whole: shownOf(whole), all: shownOf(all) };
if (values.json) console.log(JSON.stringify(document));
else print();

function print(): void {
  const two = (n: number) => n.toFixed(2).padStart(11);
  console.log(
    `${"set".padEnd(20)}${"evidence".padEnd(24)}${"cases".padStart(6)}${"right".padStart(11)}${"confidence".padStart(11)}`,
  );
  for (const r of rows)
    console.log(
      `${r.set.padEnd(20)}${r.evidence.padEnd(24)}${String(r.cases).padStart(6)}${two(r.right)}${two(r.confidence)}`,
    );
  for (const [name, { error, bins }] of [
    ["everything there", document.whole],
    ["all of these", document.all],
  ] as const) {
    console.log(`\n${name}: expected calibration error ${error.toFixed(3)}`);
    for (const b of bins)
      console.log(
        `  ${b.from.toFixed(1)} to ${(b.from + 0.1).toFixed(1)}${String(b.cases).padStart(6)}${two(b.right)}${two(b.confidence)}`,
      );
  }
}
