/** Masks secrets and personal data in untrusted text before it is stored, logged, audited or sent anywhere (I10). */
export interface Redactor {
  /** The text with each secret or e-mail address replaced by `[redacted:<kind>]`. Never throws; on an internal error the whole text is masked. */
  redact(text: string): string;
}
