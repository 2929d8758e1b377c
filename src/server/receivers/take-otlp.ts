import type { CleanText } from "./clean-text.ts";
import { decodeOtlp } from "./otlp/decode.ts";
import type { OtlpEncoding, OtlpSignal } from "./otlp/responses.ts";
import type { ReceiverOptions } from "./receiver.ts";

/** What was not taken of a request, or that nothing was. */
export type Taken = { readonly rejected: number; readonly why: string } | { readonly refused: string };

/** Decodes one export request and hands it over: whole, in part, or not at all. Throws Malformed when it is not one. */
export function takeOtlp(
  signal: OtlpSignal,
  encoding: OtlpEncoding,
  body: Buffer,
  clean: CleanText,
  { intake, count, clock }: ReceiverOptions,
): Taken {
  const { signals, rejected, why } = decodeOtlp(signal, encoding, body, { clean, nowMs: clock.nowMs() });
  const { dropped, why: whyDropped } = signals.length > 0 ? intake.telemetry(signals) : { dropped: 0, why: "" };
  // Refused as a whole, the sender keeps it and tries again: nothing is lost, so nothing is counted.
  if (dropped > 0 && dropped >= signals.length) return { refused: `${whyDropped}: try again in 1 s` };
  if (rejected > 0) count?.("otlp_items_rejected", rejected);
  if (dropped > 0) count?.("otlp_items_dropped", dropped);
  const reasons = [why, dropped > 0 ? `${dropped} not taken: ${whyDropped}` : ""].filter((text) => text !== "");
  return { rejected: rejected + dropped, why: reasons.join("; ") };
}
