/** What befalls a controller at a point: it is killed there, or stopped as by SIGSTOP for `pausedMs`. */
export type Blow = "none" | "crash" | { readonly pausedMs: number };

/**
 * The life of one simulated controller. Everything it does passes `gate`: a killed one never gets past it, so that its
 * promises stay open for ever as if the process were gone; a stopped one goes on where it was once it wakes.
 */
export interface Life {
  readonly id: string;
  state(): "alive" | "paused" | "dead";
  gate(point: string): Promise<void>;
  crash(): void;
  pause(): void;
  wake(): void;
}

export interface LifeEvents {
  /** Asked at every point; decides what happens there. */
  readonly strike?: (point: string) => Blow;
  readonly crashed?: (point: string) => void;
  /** Wakes a paused controller that long after. */
  readonly wakeAfter?: (ms: number, wake: () => void) => void;
}

export function createLife(id: string, { strike, crashed, wakeAfter }: LifeEvents = {}): Life {
  let state: "alive" | "paused" | "dead" = "alive";
  let waiting: (() => void)[] = [];
  const life: Life = {
    id,
    state: () => state,
    async gate(point) {
      const blow = state === "alive" ? (strike?.(point) ?? "none") : "none";
      if (blow === "crash") {
        life.crash();
        crashed?.(point);
      } else if (blow !== "none") {
        life.pause();
        wakeAfter?.(blow.pausedMs, life.wake);
      }
      while (state !== "alive") await standStill();
    },
    crash() {
      state = "dead";
      waiting = [];
    },
    pause() {
      if (state === "alive") state = "paused";
    },
    wake() {
      if (state !== "paused") return;
      state = "alive";
      for (const go of waiting.splice(0)) go();
    },
  };
  const standStill = (): Promise<void> =>
    new Promise((resolve) => {
      if (state === "paused") waiting.push(resolve);
    });
  return life;
}
