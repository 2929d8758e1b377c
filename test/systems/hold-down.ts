import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { postmasterOf } from "./given-shop.ts";

const triesMax = 5;

/** Kills the database of a Homeostat that runs, and sits on its port, so that it cannot come back before the end of the hold. */
export async function holdDown(dataDir: string): Promise<{ port: number; release(): Promise<void> }> {
  for (let i = 0; i < triesMax; i++) {
    const { pid, port } = (await postmasterOf(dataDir)) ?? {};
    if (pid === undefined || port === undefined) throw new Error("there is no database to hold down");
    process.kill(pid, "SIGKILL");
    const stranger = await listenOn(port, 900);
    if (stranger) return { port, release: () => new Promise((done) => stranger.close(() => done())) };
    // Homeostat was faster than the look for a free port.
    await sleep(3_000);
  }
  throw new Error("the database's port could not be taken");
}

async function listenOn(port: number, withinMs: number): Promise<Server | undefined> {
  for (const untilMs = Date.now() + withinMs; Date.now() < untilMs; await sleep(2)) {
    const server = createServer((socket) => socket.destroy());
    const listening = once(server.listen(port, "127.0.0.1"), "listening").then(() => true);
    if (await listening.catch(() => false)) return server;
  }
  return undefined;
}
