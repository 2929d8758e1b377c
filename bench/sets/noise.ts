import { join } from "node:path";
import { faults, playFault } from "../../test/replay/faults.ts";
import { nabReplays } from "./noise-nab.ts";
import { play, type Replayed } from "./noise-part.ts";
import { petshopReplays } from "./noise-petshop.ts";
import { sockShopReplays } from "./noise-sock-shop.ts";
import { trainTicketReplays } from "./noise-trainticket.ts";
import { playSet } from "./play-set.ts";

/**
 * Telemetry of times in which nothing was wrong, through the detection that is shipped: how many incidents it would have raised; and with the
 * same settings how many of the recorded and of the injected faults raise one. The folder is that of all sets.
 */
await playSet("noise", (dataDir) => {
  const sets = {
    nab: nabReplays,
    petshop: petshopReplays,
    "sock-shop-1": sockShopReplays,
    "nezha-trainticket": trainTicketReplays,
  };
  const cases = Object.entries(sets).flatMap(([set, read]) => read(join(dataDir, set)).map(play));
  if (cases.length === 0) throw new Error(`\`${dataDir}\` holds none of ${Object.keys(sets).join(", ")}`);
  const injected = Object.entries(faults).map(([name, trouble], n) => ({ name, came: playFault(trouble, 100 + n) }));
  const sum = (of: (c: Replayed) => number): number => cases.reduce((n, c) => n + of(c), 0);
  const scores = {
    incidents: sum((c) => c.incidents.length),
    findings: sum((c) => c.findings),
    hours: sum((c) => c.hours),
    streamHours: sum((c) => c.hours * c.streams),
    faults: sum((c) => Number(c.isCaught !== null)),
    faultsCaught: sum((c) => Number(c.isCaught === true)),
    faultsSeen: sum((c) => Number(c.isSeen === true)),
    injected: injected.length,
    injectedCaught: injected.filter((i) => i.came === "caught").length,
  };
  return Promise.resolve({ scores, cases: [...cases.map((c) => ({ ...c })), ...injected] });
});
