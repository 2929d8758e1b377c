import type { Actuator } from "../../../ports/actuator.ts";
import { createCommandActuator } from "./command.ts";
import { createConfigActuator } from "./config.ts";
import { createFlagActuator } from "./flag.ts";
import type { Host } from "./host.ts";
import { createHttpActuator } from "./http.ts";
import { createProcessActuator } from "./process.ts";
import { createReleaseActuator } from "./release.ts";

/** The actuators of a plain host: processes, releases, flag and config files, HTTP calls and commands. */
export const createActuators = (host: Host): Actuator[] => [
  createProcessActuator(host),
  createReleaseActuator(host),
  createFlagActuator(host),
  createConfigActuator(host),
  createHttpActuator(host),
  createCommandActuator(host),
];
