import { afterAll, beforeAll, describe } from "vitest";
import { approvalsSuite } from "./store-suite/approvals.testsuite.ts";
import { auditSuite } from "./store-suite/audit.testsuite.ts";
import { inboxSuite } from "./store-suite/inbox.testsuite.ts";
import { incidentsSuite } from "./store-suite/incidents.testsuite.ts";
import { knownGoodSuite } from "./store-suite/known-good.testsuite.ts";
import { learnedSuite } from "./store-suite/learned.testsuite.ts";
import { leasesSuite } from "./store-suite/leases.testsuite.ts";
import { runsSuite } from "./store-suite/runs.testsuite.ts";
import { stopsSuite } from "./store-suite/stops.testsuite.ts";
import { tokensSuite } from "./store-suite/tokens.testsuite.ts";
import { windowsSuite } from "./store-suite/windows.testsuite.ts";
import type { StoreUnderTest } from "./store-suite/under-test.testsuite.ts";

/** What every store must do. `openStore` is called once; `Store` methods of one test do not meet those of another. */
export function storeSuite(vendor: string, openStore: () => Promise<StoreUnderTest>): void {
  describe(`store ${vendor}`, () => {
    let under: StoreUnderTest;
    const opened = (): StoreUnderTest => under;
    beforeAll(async () => {
      under = await openStore();
    });
    afterAll(() => under?.store.close());

    incidentsSuite(opened);
    runsSuite(opened);
    approvalsSuite(opened);
    stopsSuite(opened);
    leasesSuite(opened);
    knownGoodSuite(opened);
    inboxSuite(opened);
    auditSuite(opened);
    windowsSuite(opened);
    learnedSuite(opened);
    tokensSuite(opened);
  });
}
