import { nezhaCases } from "./nezha-trainticket-cases.ts";
import { playSet } from "./play-set.ts";
import { dumpCases, hit, mean, rankCase, shownCase } from "./root-cause.ts";

await playSet("nezha-trainticket", (dataDir, dumpDir) => {
  const ranked = nezhaCases(dataDir).map((c) => rankCase(c));
  dumpCases(dumpDir, ranked);
  const scores = Object.fromEntries([1, 3, 5].map((k) => [`AS@${k}`, mean(ranked.map((c) => hit(c, k)))]));
  return Promise.resolve({ scores, cases: ranked.map(shownCase) });
});
