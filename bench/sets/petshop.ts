import { playSet } from "./play-set.ts";
import { petshopCases } from "./petshop-cases.ts";
import { dumpCases, hit, mean, rankCase, shownCase } from "./root-cause.ts";

await playSet("petshop", (dataDir, dumpDir) => {
  const ranked = petshopCases(dataDir).map((c) => rankCase(c));
  dumpCases(dumpDir, ranked);
  const top = (k: number) => mean(ranked.map((c) => hit(c, k)));
  return Promise.resolve({ scores: { top1: top(1), top3: top(3) }, cases: ranked.map(shownCase) });
});
