import { playSet } from "./play-set.ts";
import { sockShopCases } from "./sock-shop-1-cases.ts";
import { dumpCases, hit, mean, rankCase, shownCase } from "./root-cause.ts";

await playSet("sock-shop-1", (dataDir, dumpDir) => {
  const ranked = sockShopCases(dataDir).map((c) => rankCase(c));
  dumpCases(dumpDir, ranked);
  const avg5 = (kind: string) =>
    mean(ranked.filter((c) => c.kind === kind).map((c) => mean([1, 2, 3, 4, 5].map((k) => hit(c, k)))));
  const kinds = [...new Set(ranked.map((c) => c.kind))].toSorted();
  const scores = Object.fromEntries(kinds.map((kind) => [`avg5.${kind}`, avg5(kind)]));
  return Promise.resolve({ scores, cases: ranked.map(shownCase) });
});
