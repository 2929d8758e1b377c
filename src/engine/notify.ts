import type { DurableStory } from "../ports/durable.ts";
import type { Notification, Notifier } from "../ports/notifier.ts";

const attemptsMax = 12;
const firstPauseMs = 1_000;
const pauseMaxMs = 300_000;

/** Delivers one notification to every notifier that wants it, durably, each at least once, for about half an hour. */
export function notifyStory(
  notifiers: () => readonly { readonly notifier: Notifier; readonly events: readonly string[] }[],
  failed: (text: string) => void,
): DurableStory {
  return async (run, input) => {
    const notification = input as unknown as Notification;
    const undelivered: string[] = [];
    const wanting = await run.step("who", async () =>
      notifiers().flatMap((n) => (n.events.includes(notification.type) ? [n.notifier.name] : [])),
    );
    for (const name of wanting) if (!(await deliver(run, name, notification, notifiers))) undelivered.push(name);
    if (undelivered.length > 0) failed(`${notification.id} could not be delivered to ${undelivered.join(", ")}`);
    return { undelivered };
  };
}

async function deliver(
  run: Parameters<DurableStory>[0],
  name: string,
  notification: Notification,
  notifiers: () => readonly { readonly notifier: Notifier }[],
): Promise<boolean> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const there = await run.step(`${name} try ${attempt}`, () => tryOnce(name, notification, notifiers));
    if (there) return true;
    await run.sleep(Math.min(pauseMaxMs, firstPauseMs * 2 ** (attempt - 1)));
  }
  return false;
}

async function tryOnce(
  name: string,
  notification: Notification,
  notifiers: () => readonly { readonly notifier: Notifier }[],
): Promise<boolean> {
  const found = notifiers().find((n) => n.notifier.name === name);
  if (!found) return true;
  return found.notifier.notify(notification).then(
    () => true,
    () => false,
  );
}
