import type { Store } from "../store.ts";

/** A store to hold to the contract. `pass` lets that much time go by on the clock its leases run on. */
export interface StoreUnderTest {
  readonly store: Store;
  pass(ms: number): Promise<void>;
}
