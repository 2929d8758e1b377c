import type { Clock } from "../../ports/clock.ts";
import type { Redactor } from "../../ports/redactor.ts";
import type { BearerAuth } from "../auth.ts";
import type { Intake } from "../intake.ts";
import type { BodyLimits } from "./http-body.ts";

/** What counts up where people can see it: what was refused, cut or ignored. */
export type ReceiverCounter =
  | "requests_unauthorized"
  | "requests_malformed"
  | "requests_too_large"
  | "requests_not_taken"
  | "otlp_items_rejected"
  | "otlp_items_dropped"
  | "alertmanager_alerts_truncated"
  | "cloudevents_ignored"
  | "control_times_ahead"
  | "control_onsets_old";

/** What every receiver needs of the house. */
export interface ReceiverOptions {
  readonly intake: Intake;
  readonly redactor: Redactor;
  readonly auth: BearerAuth;
  readonly clock: Clock;
  readonly limits?: Partial<BodyLimits>;
  readonly count?: (counter: ReceiverCounter, by: number) => void;
}
