import { beforeAll, describe, expect, it } from "vitest";
import type { Incident } from "../../loop/incident/incident.ts";
import type { Store } from "../store.ts";
import { fresh, sampleIncident } from "./samples.testsuite.ts";
import type { StoreUnderTest } from "./under-test.testsuite.ts";

export function incidentsSuite(opened: () => StoreUnderTest): void {
  describe("incidents", () => {
    let store: Store;
    beforeAll(() => {
      store = opened().store;
    });
    async function kept(incident: Incident): Promise<Incident> {
      const snapshot = structuredClone(incident);
      expect(await store.incidents.save(incident, 0)).toBe(true);
      return snapshot;
    }
    it("are written only over the version that was read", async () => {
      const incident = sampleIncident();
      expect(await store.incidents.save(incident, 1)).toBe(false);
      expect(await store.incidents.save(incident, 0)).toBe(true);
      expect(await store.incidents.save(incident, 0)).toBe(false);
      expect(await store.incidents.get(incident.id)).toEqual({ incident, version: 1 });
      const worse = { ...incident, severity: 1 as const };
      expect(await store.incidents.save(worse, 1)).toBe(true);
      expect(await store.incidents.save(incident, 1)).toBe(false);
      expect(await store.incidents.get(incident.id)).toEqual({ incident: worse, version: 2 });
      expect(await store.incidents.get("nobody")).toBeUndefined();
    });

    it("lose no change when many write at once and retry", async () => {
      const { id } = await kept(sampleIncident({ severity: 4, services: [] }));
      const add = async (service: string): Promise<void> => {
        for (let i = 0; i < 100; i++) {
          const found = await store.incidents.get(id);
          if (!found) throw new Error("gone");
          const services = [...found.incident.services, service];
          if (await store.incidents.save({ ...found.incident, services }, found.version)) return;
        }
        throw new Error("never written");
      };
      const names = ["a", "b", "c", "d", "e"];
      await Promise.all(names.map(add));
      expect((await store.incidents.get(id))?.incident.services.toSorted()).toEqual(names);
    });

    it("are listed newest first, by life, environment and time, up to a limit", async () => {
      const environment = fresh("env");
      const [old, mid, recent] = [
        await kept(sampleIncident({ environment, openedAtMs: 1 })),
        await kept(sampleIncident({ environment, openedAtMs: 2, state: "resolved" })),
        await kept(sampleIncident({ environment, openedAtMs: 3 })),
      ];
      expect(await store.incidents.list({ environment, limit: 10 })).toEqual([recent, mid, old]);
      expect(await store.incidents.list({ environment, limit: 2 })).toEqual([recent, mid]);
      expect(await store.incidents.list({ environment, limit: 9, live: true })).toEqual([recent, old]);
      expect(await store.incidents.list({ environment, limit: 9, live: false })).toEqual([mid]);
      expect(await store.incidents.list({ environment, limit: 9, beforeMs: 3 })).toEqual([mid, old]);
      expect((await store.incidents.list({ limit: 1000 })).map((i) => i.id)).toContain(old.id);
    });

    it("move between live and ended as their state does", async () => {
      const environment = fresh("env");
      const incident = await kept(sampleIncident({ environment }));
      await store.incidents.save({ ...incident, state: "resolved" }, 1);
      expect(await store.incidents.list({ environment, limit: 9, live: true })).toEqual([]);
      await store.incidents.save({ ...incident, state: "open" }, 2);
      expect(await store.incidents.list({ environment, limit: 9, live: true })).toHaveLength(1);
    });

    it("share no state with whoever wrote or read them", async () => {
      const services = ["cart"];
      const { id } = await kept(sampleIncident({ services }));
      services.push("changed later");
      const read = await store.incidents.get(id);
      const tamper = () => Object.assign(read?.incident.services ?? [], { 0: "changed by a reader" });
      // Refusing the change is as good as giving a copy.
      if (!Object.isFrozen(read?.incident.services)) tamper();
      expect((await store.incidents.get(id))?.incident.services).toEqual(["cart"]);
    });

    it("keep any text, also NUL, quotes and what is no ASCII", async () => {
      const environment = `${fresh("env")} ' " \\ \\u0000 \u0000 ü 💥`;
      const incident = await kept(sampleIncident({ environment, services: ["a\u0000b", "x\\u0000y", "'; drop--"] }));
      expect((await store.incidents.get(incident.id))?.incident).toEqual(incident);
      expect(await store.incidents.list({ environment, limit: 1 })).toEqual([incident]);
    });
  });
}
