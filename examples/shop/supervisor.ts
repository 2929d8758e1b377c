import { parseArgs } from "node:util";
import { supervise } from "./supervisor/main.ts";

/** `node examples/shop/supervisor.ts --dir DIR [--no-load]`: runs in the foreground what `start.ts` laid out. */
const { values } = parseArgs({ options: { dir: { type: "string" }, "no-load": { type: "boolean" } } });
if (values.dir === undefined) throw new Error("no shop to supervise, give --dir DIR");
await supervise({ dir: values.dir, withLoad: values["no-load"] !== true });
